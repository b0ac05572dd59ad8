"""One file of a recording, which plays even if the program is killed while it is written."""

import contextlib
import itertools
import os
from collections.abc import Collection
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.media.video_writer import FRAGMENTED, H264Writer, join_fragments

NAME_TIME = "%Y%m%dT%H%M%SZ"
_LONGEST_GAP = timedelta(seconds=10)  # without frames; after a longer one a new file begins
_TICKS = 1000  # of the clock of a file, per second


def path_for(folder: Path, slug: str, at: datetime) -> Path:
    """The name of a video of a camera, by its file name and a time."""
    return folder / f"{slug}_{at:{NAME_TIME}}.mp4"


class VideoFile:
    """One file of video in progress, hidden until it is whole.

    Args:
        path: Its name once it is whole.
        at: The time of its first frame.
        image: The first frame, for its size: BGR uint8 (H, W, 3).
        rate: Frames per second, about.
        joined: Join the fragments at the end, as players like it; that copies the file.

    Raises:
        av.error.FFmpegError: It cannot be written; also of the methods.
    """

    def __init__(
        self, path: Path, at: datetime, image: NDArray[np.uint8], rate: float, *, joined: bool = False
    ) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.{os.getpid()}.part")
        self._start, self._last, self._shape, self._joined = at, at, image.shape, joined
        self._ticks = -1
        fraction = Fraction(rate).limit_denominator(1001)
        self._video = H264Writer(self._part, image.shape, fraction, Fraction(1, _TICKS), FRAGMENTED)

    def takes(self, image: NDArray[np.uint8], at: datetime, length: timedelta) -> bool:
        """Whether a frame belongs to this file."""
        same = image.shape == self._shape and self._last <= at < self._start + length
        return same and at - self._last < _LONGEST_GAP

    def write(self, image: NDArray[np.uint8], at: datetime) -> None:
        """Append a frame, shown as long after the first as it was taken."""
        self._ticks = max(self._ticks + 1, round((at - self._start).total_seconds() * _TICKS))
        self._last = at
        self._video.write(image, self._ticks)

    def close(self) -> None:
        """Finish the file, which gets its name."""
        self._video.close()
        if self._joined:
            join_fragments(self._part)
        self._part.replace(free(self._path))

    def abandon(self) -> None:
        """Close a file that cannot be written; whole fragments of it are kept."""
        self._video.abandon()
        with contextlib.suppress(OSError):
            rename_or_remove(self._part, self._path)


def rename_or_remove(part: Path, path: Path) -> None:
    """Give an unfinished file its name if it plays; otherwise remove it."""
    if _plays(part):
        part.replace(free(path))
    else:
        part.unlink()


def _plays(path: Path) -> bool:
    import av

    try:
        with av.open(str(path)) as container:
            return next(container.decode(video=0), None) is not None
    except Exception:
        return False


def free(path: Path, taken: Collection[Path] = ()) -> Path:
    """The path, with a number where there is such a file, or it is taken."""
    names = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], names) if name not in taken and not name.exists())
