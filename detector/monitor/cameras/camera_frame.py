"""A picture of a camera, and when it came."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.monitor.cameras.streams import StreamFrame


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """A picture and when it came.

    Attributes:
        stream_frame: The picture as it was read.
        time: When it was taken. For a live camera, when it came. For a file that is read as fast as possible, the start
            of reading plus the time in the video.
        arrived: When it came, by `time.monotonic()`.
    """

    stream_frame: StreamFrame
    time: datetime
    arrived: float
    _image: Callable[[], NDArray[np.uint8]]

    @property
    def clock(self) -> float:
        """Seconds on a clock that is never set, for times between frames: of the video file, or when it came."""
        seconds = self.stream_frame.seconds
        return self.arrived if seconds is None else seconds

    def image(self) -> NDArray[np.uint8]:
        """BGR uint8 (H, W, 3); to be called by one thread at a time.

        Raises:
            SourceError: The picture cannot be converted.
        """
        try:
            return self._image()
        except Exception as error:  # FFmpeg's, of a picture that is damaged in a way of its own
            raise SourceError("picture", f"cannot be converted ({type(error).__name__})") from None
