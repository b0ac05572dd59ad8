"""Annotated video of every camera, in files of some minutes each."""

import contextlib
import itertools
import logging
import os
import queue
import re
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from detector.files import make_folder
from detector.monitor.annotated import annotated
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.watch import RecordConfig
from detector.monitor.recording.video_file import NAME_TIME, VideoFile, rename_or_remove
from detector.people.settings import Zone
from detector.people.zones import Zones

logger = logging.getLogger(__name__)

# Frames that wait for a slow disk, at most; more are dropped. A frame of 4K is 25 MB, and there may be many cameras.
_WAITING_FRAMES = 30
_WAITING_BYTES = 64 * 2**20
_POLL_SECONDS = 0.1
_ROOM_POLL_SECONDS = 0.01
_RETRY_SECONDS = 30.0  # until a disk that failed is tried again
_NAME = re.compile(r"(?P<slug>.+)_(?P<time>\d{8}T\d{6}Z)(?:-\d+)?\.mp4")
_PART = re.compile(r"\.(?P<name>.+\.mp4)\.(?P<pid>\d+)\.part")


class Recorder:
    """A folder of recordings: `CAMERA_20261121T160000Z.mp4`, by the time of their first frame in UTC.

    A file in progress has a hidden name. It is fragmented MP4: if the program is killed, it plays up to its last two
    seconds. The next start of the program gives it its name.

    Args:
        config: Where to, and for how long.
        cameras: Their names.

    Raises:
        UsageError: The folder cannot be written to.
    """

    def __init__(self, config: RecordConfig, cameras: Sequence[str]) -> None:
        if config.folder is None:
            raise ValueError("no folder to record to")
        self._config, self._folder = config, config.folder
        make_folder(self._folder)
        self._slugs = _slugs(cameras)
        self._recover()

    def begin(self, camera: str, zones: Sequence[Zone] = (), *, blur: bool = False) -> "Recording":
        """Begin to record a camera.

        Args:
            camera: Its name.
            zones: Are outlined.
            blur: Make faces unrecognisable.
        """
        recording = Recording(self._folder, self._slugs[camera], self._config, zones, blur=blur)
        recording.start()
        return recording

    def _recover(self) -> None:
        """Give the files of a killed run their names, and remove those without a whole fragment."""
        for part in _files(self._folder, ".*.part"):
            match = _PART.fullmatch(part.name)
            name = match and _NAME.fullmatch(match["name"])
            if not match or not name or name["slug"] not in self._slugs.values() or _is_running(int(match["pid"])):
                continue
            with contextlib.suppress(OSError):
                rename_or_remove(part, self._folder / match["name"])


class Recording(threading.Thread):
    """Draws and writes the video of one camera in a thread of its own, so that no camera waits for it.

    Attributes:
        dropped: Frames that came faster than they could be written, while the disk failed, or too near the end.
    """

    def __init__(self, folder: Path, slug: str, config: RecordConfig, zones: Sequence[Zone], *, blur: bool) -> None:
        super().__init__(name=f"recording {slug}", daemon=True)
        self.dropped = 0
        self._folder, self._slug, self._zones, self._blur = folder, slug, Zones(zones), blur
        self._length, self._keep = timedelta(minutes=config.minutes), config.keep
        self._queue: queue.SimpleQueue[FrameResult] = queue.SimpleQueue()
        self._finishing = threading.Event()
        self._write_until = 0.0
        self._file: VideoFile | None = None
        self._retry_at = 0.0

    def put(self, result: FrameResult, *, wait: bool = False) -> None:
        """Record a frame.

        Args:
            result: The result of the frame.
            wait: Wait until there is room for it, rather than drop it.
        """
        room = min(_WAITING_FRAMES, max(1, _WAITING_BYTES // result.image.nbytes))
        while self._queue.qsize() >= room:
            if not wait or self._finishing.is_set():
                self.dropped += 1
                return
            time.sleep(_ROOM_POLL_SECONDS)
        self._queue.put(result)

    def finish(self, seconds: float) -> None:
        """Write waiting frames for so many seconds at most, and close the file; `join` waits for that."""
        self._write_until = time.monotonic() + seconds
        self._finishing.set()

    def run(self) -> None:
        """Write until the end."""
        self._clean()
        while True:
            try:
                result = self._queue.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._finishing.is_set():
                    break
                continue
            now = time.monotonic()
            if now < self._retry_at or (self._finishing.is_set() and now > self._write_until):
                self.dropped += 1
                continue
            try:
                self._write(result)
            except Exception as error:  # FFmpeg's errors are of many kinds; a full disk is the usual one
                self.dropped += 1
                self._failed(error)
        self._close()

    def _write(self, result: FrameResult) -> None:
        image, at = annotated(result, self._zones, blur=self._blur), result.people.time
        if self._file is not None and not self._file.takes(image, at, self._length):
            self._close()
            self._clean()
        if self._file is None:
            self._file = VideoFile(self._folder, self._slug, at, image, result.frame.stream_frame.rate)
        self._file.write(image, at)

    def _close(self) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except Exception as error:
            self._failed(error)
        self._file = None

    def _failed(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or type(error).__name__
        logger.error("%s: video cannot be written (%s); trying again in %.0f s", self._folder, reason, _RETRY_SECONDS)
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        file, self._file = self._file, None
        if file is not None:
            file.abandon()

    def _clean(self) -> None:
        """Delete the files of this camera that are older than `keep`, by the time in their names."""
        if self._keep is None:
            return
        oldest = datetime.now(UTC) - self._keep
        for path in _files(self._folder, "*.mp4"):
            name = _NAME.fullmatch(path.name)
            if name and name["slug"] == self._slug and _time_in(name) < oldest:
                try:
                    path.unlink()
                except OSError as error:
                    logger.warning("%s: cannot be deleted (%s)", path, error.strerror)


def _files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder by a glob pattern; none while it cannot be listed, which the next write reports."""
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def _is_running(pid: int) -> bool:
    """Whether another process with this id is running."""
    if sys.platform == "win32":  # where nobody can rename a file that another process has open
        return False
    if pid == os.getpid():  # in containers, every program may have the same number
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _slugs(cameras: Sequence[str]) -> dict[str, str]:
    """A file name for every camera. All differ, even on file systems that ignore case."""
    slugs: dict[str, str] = {}
    taken: set[str] = set()
    for camera in cameras:
        base = slug = re.sub(r"[^\w.-]+", "_", camera).strip("._")[:60] or "camera"
        for number in itertools.count(2):
            if slug.lower() not in taken:
                break
            slug = f"{base}-{number}"
        taken.add(slug.lower())
        slugs[camera] = slug
    return slugs


def _time_in(name: re.Match[str]) -> datetime:
    try:
        return datetime.strptime(name["time"], NAME_TIME).replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)  # not a time, so the file is not one of ours
