"""A folder of videos that are named after a camera and a time."""

import contextlib
import itertools
import logging
import os
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from detector.files import make_folder
from detector.monitor.recording.video_file import NAME_TIME, rename_or_remove

logger = logging.getLogger(__name__)

_NAME = re.compile(r"(?P<slug>.+)_(?P<time>\d{8}T\d{6}Z)(?:-\d+)?\.mp4")
_PART = re.compile(r"\.(?P<name>.+\.mp4)\.(?P<pid>\d+)\.part")


class VideoFolder:
    """Videos such as `CAMERA_20261121T160000Z.mp4`, by a time in UTC.

    A file in progress has a hidden name. It is fragmented MP4: if the program is killed, it plays up to its last two
    seconds. The next start of the program gives it its name.

    Args:
        path: The folder, made where it is not there.
        cameras: The names of the cameras.

    Attributes:
        slugs: The file name of each camera.

    Raises:
        UsageError: The folder cannot be written to.
    """

    def __init__(self, path: Path, cameras: Sequence[str]) -> None:
        self.path, self.slugs = path, _slugs(cameras)
        make_folder(path)
        self._recover()

    def delete_before(self, oldest: datetime, slug: str) -> None:
        """Delete the files of a camera that are older, by the time in their names."""
        for path in _files(self.path, "*.mp4"):
            name = _NAME.fullmatch(path.name)
            if name and name["slug"] == slug and _time_in(name) < oldest:
                try:
                    path.unlink()
                except OSError as error:
                    logger.warning("%s: cannot be deleted (%s)", path, error.strerror)

    def _recover(self) -> None:
        """Give the files of a killed run their names, and remove those without a whole fragment."""
        for part in _files(self.path, ".*.part"):
            match = _PART.fullmatch(part.name)
            name = match and _NAME.fullmatch(match["name"])
            if not match or not name or name["slug"] not in self.slugs.values() or _is_running(int(match["pid"])):
                continue
            with contextlib.suppress(OSError):
                rename_or_remove(part, self.path / match["name"])


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
