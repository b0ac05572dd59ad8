"""A video that can be cut off at any moment: H.264 in fragments of MP4."""

import contextlib
import itertools
import os
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

NAME_TIME = "%Y%m%dT%H%M%SZ"
_LONGEST_GAP = timedelta(seconds=10)  # without frames; after a longer one a new file begins
_FRAGMENT_SECONDS = 2.0  # of video: what a kill loses
_TICKS = 1000  # of the clock of a file, per second
_BT709 = 1


class VideoFile:
    """One file of video in progress, hidden until it is whole.

    Args:
        folder: Where it belongs.
        slug: The file name of its camera.
        at: The time of its first frame.
        image: The first frame, for its size: BGR uint8 (H, W, 3).
        rate: Frames per second, about.

    Raises:
        av.error.FFmpegError: It cannot be written.
    """

    def __init__(self, folder: Path, slug: str, at: datetime, image: NDArray[np.uint8], rate: float) -> None:
        import av

        self._path = folder / f"{slug}_{at:{NAME_TIME}}.mp4"
        self._part = folder / f".{self._path.name}.{os.getpid()}.part"
        self._start, self._last, self._shape = at, at, image.shape
        self._pts = -1
        options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
        self._container: Any = av.open(str(self._part), "w", format="mp4", options=options)
        self._stream: Any = self._container.add_stream("libx264", rate=Fraction(rate).limit_denominator(1001))
        height, width = self._shape[:2]
        self._stream.width, self._stream.height = width + width % 2, height + height % 2
        self._stream.pix_fmt = "yuv420p"
        # One thread, and no frames held back: the cores are for the network.
        self._stream.options = {"crf": "24", "preset": "veryfast", "tune": "zerolatency", "threads": "1", "g": "1000"}
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.time_base = Fraction(1, _TICKS)
        self._next_key = 0

    def takes(self, image: NDArray[np.uint8], at: datetime, length: timedelta) -> bool:
        """Whether a frame belongs to this file."""
        same = image.shape == self._shape and self._last <= at < self._start + length
        return same and at - self._last < _LONGEST_GAP

    def write(self, image: NDArray[np.uint8], at: datetime) -> None:
        """Append a frame, shown as long after the first as it was taken."""
        import av
        from av.video.frame import PictureType

        height, width = image.shape[:2]
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p", dst_colorspace=_BT709)
        self._pts = max(self._pts + 1, round((at - self._start).total_seconds() * _TICKS))
        frame.pts, frame.time_base = self._pts, self._stream.codec_context.time_base
        if self._pts >= self._next_key:
            frame.pict_type = PictureType.I
            self._next_key = self._pts + round(_FRAGMENT_SECONDS * _TICKS)
        self._last = at
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file, which gets its name."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        self._part.replace(_free(self._path))

    def abandon(self) -> None:
        """Let go of a file that cannot be written; what is whole of it is kept."""
        with contextlib.suppress(Exception):
            self._container.close()
        with contextlib.suppress(OSError):
            settle(self._part, self._path)


def settle(part: Path, path: Path) -> None:
    """Give an unfinished file its name if it plays, or else remove it."""
    if _plays(part):
        part.replace(_free(path))
    else:
        part.unlink()


def _plays(path: Path) -> bool:
    import av

    try:
        with av.open(str(path)) as container:
            return next(container.decode(video=0), None) is not None
    except Exception:
        return False


def _free(path: Path) -> Path:
    """The path, with a number where there is such a file."""
    names = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(name for name in itertools.chain([path], names) if not name.exists())
