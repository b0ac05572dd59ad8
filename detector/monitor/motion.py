"""Motion first: which pictures of a camera the network has to look at.

While nothing moves, what the last look found still holds. A picture needs a look

- where it differs from the picture that was last looked at, and for a moment afterwards;
- while the last look left something open: somebody is not decided, was not found, or looks otherwise than decided;
- every few seconds in any case, so that nobody who stands still is lost.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

_CELL = 8  # pixels: the mean of so many in each direction is compared; the smallest faces that vote have two of them
_DIFFERENT = 12  # grey values, of a cell in any colour; noise and compression change means of 64 pixels by less
_MOMENT_SECONDS = 0.5
_OPEN_SECONDS = 5.0  # what looks could not settle within so long, more looks at the same picture will not
_FULL_LOOK_SECONDS = 2.0


class MotionFilter:
    """Chooses the pictures of one camera that need a look. It is used by one thread at a time.

    Args:
        gap_seconds: People who are not seen for so long have left: there is a look twice as often.
    """

    def __init__(self, gap_seconds: float) -> None:
        self._longest = min(_FULL_LOOK_SECONDS, gap_seconds / 2)
        self._looked_at: NDArray[np.uint8] | None = None
        self._looked = self._moved = 0.0
        self._open_since: float | None = None

    def needs_look(self, image: NDArray[np.uint8], clock: float) -> bool:
        """Whether the network has to look at the next picture; if so, later ones are compared with it.

        Args:
            image: BGR uint8 (H, W, 3).
            clock: Its time, in seconds of a clock that is never set.
        """
        cells = _cells(image)
        if self._looked_at is None or _differ(cells, self._looked_at):
            self._moved = clock
            self._open_since = None if self._open_since is None else clock
        just_moved = clock - self._moved <= _MOMENT_SECONDS
        is_open = self._open_since is not None and clock - self._open_since <= _OPEN_SECONDS
        needed = just_moved or is_open or clock - self._looked >= self._longest
        if needed:
            self._looked_at, self._looked = cells, clock
        return needed

    def note_look(self, *, is_open: bool) -> None:
        """Note whether the look that was needed left something open."""
        if not is_open:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = self._looked


def _cells(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The means of its cells: uint8 (H / 8, W / 8, 3)."""
    height, width = (max(size // _CELL, 1) for size in image.shape[:2])
    whole = image[: height * _CELL, : width * _CELL]
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _differ(cells: NDArray[np.uint8], before: NDArray[np.uint8]) -> bool:
    return cells.shape != before.shape or cv2.norm(cells, before, cv2.NORM_INF) > _DIFFERENT
