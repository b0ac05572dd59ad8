"""Videos: cut into parts, read in actors from the disk of their machine, and joined again."""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from detector.cluster.storage import attempts, is_address, open_filesystem, reason_of
from detector.cluster.tables import Answer, face_rows
from detector.errors import DamagedVideoError, MaskDetectorError
from detector.inference.detector import Detector
from detector.inference.ordered_threads import OrderedThreads
from detector.media.sources import Ended, Source
from detector.media.video_cutting import VideoSegment, find_segments, read_segment

if TYPE_CHECKING:
    import pyarrow as pa

PART_SECONDS = 60.0
"""How long the parts of a long video are, at least."""

_BATCH = 16  # frames of a part that are in memory together


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


def watch_part(detector: Detector, path: str, part: VideoSegment) -> Answer:
    """Find the faces in a part of a video; its frames are counted from 0.

    Args:
        detector: What finds them.
        path: A path or an address.
        part: Of those that `cut_videos` found.
    """
    began = time.perf_counter()
    answer = Answer("video")
    try:
        with _local(path) as file, closing(read_segment(file, part)) as frames:
            while batch := list(islice(frames, _BATCH)):
                answer.height, answer.width = batch[0][0].shape[:2]
                found = detector.predict([image for image, _ in batch])
                for faces, (_, seconds) in zip(found, batch, strict=True):
                    answer.faces += face_rows(faces, answer.frames, float(seconds))
                    answer.frames += 1
    except (OSError, MaskDetectorError) as error:
        answer.outcome, answer.reason = "failed", reason_of(error)
    answer.milliseconds = 1000 * (time.perf_counter() - began)
    return answer


def cut_videos(table: "pa.Table", seconds: float) -> "pa.Table":
    """A row for each part of the videos of a table, with its place: `part`, `parts`, `start`, `end`, `origin`.

    Args:
        table: With the column `path`. A video that is not cut keeps its one row.
        seconds: How long a part is, at least.
    """
    import pyarrow as pa

    rows = []
    for row in table.to_pylist():
        parts: list[VideoSegment | None] = [*_cut(row["path"], seconds)] or [None]
        for number, part in enumerate(parts):
            place = {"start": None, "end": None, "origin": None} if part is None else asdict(part)
            rows.append({**row, "part": number, "parts": len(parts), **place})
    numbers = [(name, pa.int64()) for name in ("part", "parts", "start", "end", "origin")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*table.schema, *numbers]))


def part_of(row: dict[str, Any]) -> VideoSegment | None:
    """The part that a row of `cut_videos` stands for; None for a whole video."""
    return None if row.get("start") is None else VideoSegment(row["start"], row["end"], row["origin"])


def _cut(path: str, seconds: float) -> list[VideoSegment]:
    try:
        with _local(path) as file:
            return find_segments(file, seconds)
    except OSError:
        return []  # whoever reads it says what is wrong


class PartJoiner:
    """Joins the parts of each video, in their order."""

    def __init__(self) -> None:
        self._waiting: dict[int, dict[int, dict[str, Any]]] = {}

    def join(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Take rows of `detect` in any order; give those of videos that are whole.

        A video of which a part could not be read is not given: it is to be read in one piece, which then says where it
        is damaged.
        """
        for row in rows:
            if row["parts"] == 1:
                yield row
                continue
            parts = self._waiting.setdefault(row["input"], {})
            parts[row["part"]] = row
            if len(parts) == row["parts"]:
                del self._waiting[row["input"]]
                if all(part["outcome"] == "read" for part in parts.values()):
                    yield _joined([parts[number] for number in range(len(parts))])


def _joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    faces, frames = [], 0
    for part in parts:
        faces += [{**face, "frame": face["frame"] + frames} for face in part["faces"]]
        frames += part["frames"]
    milliseconds = sum(part["milliseconds"] for part in parts)
    return {**parts[0], "faces": faces, "frames": frames, "milliseconds": milliseconds}


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
