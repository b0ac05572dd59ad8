"""Videos in an actor: read by the same code as on one machine, from the disk of the machine that the actor is on."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from detector.cluster.storage import attempts, is_address, open_filesystem, reason_of
from detector.cluster.tables import Answer, face_rows
from detector.errors import DamagedVideoError
from detector.inference.detector import Detector
from detector.inference.ordered_threads import OrderedThreads
from detector.media.sources import Ended, Source


def watch_video(detector: Detector, path: str, *, track: bool) -> Answer:
    """Find the faces in all frames of a video.

    Args:
        detector: What finds them.
        path: A path or an address; what lies at an address is copied to this machine first.
        track: Number the faces.
    """
    began = time.perf_counter()
    try:
        with _local(path) as file:
            answer = _watch(detector, file, track)
    except OSError as error:
        answer = Answer(None, "failed", reason_of(error))
    answer.milliseconds = 1000 * (time.perf_counter() - began)
    return answer


def _watch(detector: Detector, file: Path, track: bool) -> Answer:
    answer = Answer("video")
    source = Source(str(file), "video", PurePath(file.name))
    with OrderedThreads() as threads:
        for step in detector.steps([source], threads, track=track):
            if isinstance(step, Ended):
                if step.error is not None:
                    answer.outcome = "damaged" if isinstance(step.error, DamagedVideoError) else "failed"
                    answer.reason = step.error.found
                continue
            frame, faces = step
            answer.height, answer.width = frame.image.shape[:2]
            answer.frames += 1
            answer.faces += face_rows(faces, frame.index, frame.seconds)
    if not answer.frames:
        answer.kind = None
    return answer


@contextmanager
def _local(path: str) -> Iterator[Path]:
    """The file itself, or a copy of what lies at an address."""
    if not is_address(path):
        yield Path(path)
        return
    filesystem, remote = open_filesystem(path)
    folder = Path(tempfile.mkdtemp(prefix="mask-detector-"))
    try:
        copy = folder / PurePath(remote).name
        attempts(lambda: filesystem.get_file(remote, str(copy)))
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)
