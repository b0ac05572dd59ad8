"""Keeps the newest frames of a camera as JPEGs, for the seconds before an event."""

from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

_MOST_BYTES = 64 * 2**20
_QUALITY = 90


class LatestFrames:
    """The frames of the last seconds, encoded.

    Args:
        seconds: For how long frames are kept.
        most_bytes: The oldest are given up where all together take more.
    """

    def __init__(self, seconds: float, most_bytes: int = _MOST_BYTES) -> None:
        self._seconds, self._most = seconds, most_bytes
        self._frames: deque[tuple[float, NDArray[np.uint8]]] = deque()
        self._bytes = 0

    def add(self, clock: float, image: NDArray[np.uint8]) -> None:
        """Keep a frame.

        Args:
            clock: When it was taken, in seconds. Before the last one: another video has begun.
            image: BGR uint8 (H, W, 3).
        """
        if self._frames and clock < self._frames[-1][0]:
            self.clear()
        _, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        self._frames.append((clock, jpeg.astype(np.uint8, copy=False)))
        self._bytes += jpeg.nbytes
        while self._frames and (self._frames[0][0] < clock - self._seconds or self._bytes > self._most):
            self._bytes -= self._frames.popleft()[1].nbytes

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self._bytes = 0

    def __iter__(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        """The times and pictures, BGR uint8 (H, W, 3), oldest first; each is decoded when it is its turn."""
        for clock, jpeg in self._frames:
            yield clock, np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)

    def __len__(self) -> int:
        return len(self._frames)
