"""Annotated videos that every browser plays."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.files import writing
from detector.media.videos import Timing

_BT709 = 1  # the colours of HD video, named in the file: without a name players guess, each its own way
_HIGHEST_TICKS = 2**31 - 1  # of an MP4's clock, per second


class VideoWriter:
    """Writes H.264 in MP4, 4:2:0, ready to play before it is loaded whole, at the times of the source's frames.

    The format takes even sizes only: the last row or column of an odd one is repeated. There is no sound.

    Args:
        path: The file to write; it appears when the video is closed.
        image: The first frame, for its size: BGR uint8 (H, W, 3).
        timing: Its timing, for the frame rate.
    """

    def __init__(self, path: Path, image: NDArray[np.uint8], timing: Timing) -> None:
        import av

        self._stack = ExitStack()
        temporary = self._stack.enter_context(writing(path))
        self._container: Any = self._stack.enter_context(
            av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"})
        )
        self._rate = timing.rate
        # A clock that meets every frame of a steady video exactly, and others to a millisecond.
        self._ticks = -(-1000 // self._rate) if self._rate < 1000 else 1
        if self._rate.numerator * self._ticks > _HIGHEST_TICKS:
            self._rate = self._rate.limit_denominator(1001)
        self._size = image.shape[:2]
        self._stream: Any = self._container.add_stream("libx264", rate=self._rate)
        self._stream.width, self._stream.height = (side + side % 2 for side in self._size[::-1])
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"crf": "20", "preset": "veryfast"}
        self._stream.codec_context.colorspace = _BT709
        self._stream.codec_context.color_primaries = _BT709
        self._stream.codec_context.color_trc = _BT709
        self._stream.codec_context.time_base = 1 / (self._rate * self._ticks)
        self._last = -1

    def write(self, image: NDArray[np.uint8], timing: Timing) -> None:
        """Append a frame."""
        import av

        if image.shape[:2] != self._size:  # some streams change their size on the way
            image = cv2.resize(image, self._size[::-1]).astype(np.uint8)
        height, width = self._size
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=_BT709)
        self._last = max(self._last + 1, self._pts(timing))
        frame.pts, frame.time_base = self._last, self._stream.codec_context.time_base
        self._container.mux(self._stream.encode(frame))

    def _pts(self, timing: Timing) -> int:
        index = round(timing.seconds * self._rate)
        if abs(timing.seconds - index / self._rate) <= timing.tick:  # the source's clock is too coarse to tell
            return index * self._ticks
        return round(timing.seconds * self._rate * self._ticks)

    def close(self) -> None:
        """Finish the file."""
        with self._stack:
            self._container.mux(self._stream.encode(None))
