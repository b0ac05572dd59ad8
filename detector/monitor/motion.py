"""Motion first: where in the pictures of a camera the network has to look.

While nothing moves, what the last look found still holds. The network looks

- where the picture differs from what was last looked at there, and for a moment afterwards;
- while the last look left something open: somebody is not decided, was not found, or looks otherwise than decided;
- at the whole picture every few seconds in any case, so that nobody who stands still is lost.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.people.identity import Xyxy

_CELL = 8  # pixels: the mean of so many in each direction is compared; the smallest faces that vote have two of them
_DIFFERENT = 12  # grey values, of a cell in any colour; noise and compression change means of 64 pixels by less
_MOMENT_SECONDS = 0.5
_OPEN_SECONDS = 5.0  # what looks could not settle within so long, more looks at the same picture will not
_FULL_LOOK_SECONDS = 2.0


class MotionFilter:
    """Chooses where in the pictures of one camera to look. It is used by one thread at a time.

    Args:
        gap_seconds: People who are not seen for so long have left: the whole picture is looked at twice as often.
    """

    def __init__(self, gap_seconds: float) -> None:
        self._longest = min(_FULL_LOOK_SECONDS, gap_seconds / 2)
        # Each cell as it was when it was last looked at, and when it last differed from that.
        self._looked_at: NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)
        self._moved: NDArray[np.float64] = np.empty((0, 0))
        self._looked = self._looked_at_whole = 0.0
        self._open: Sequence[Xyxy] = ()
        self._open_since: float | None = None

    def needs_look(self, image: NDArray[np.uint8], clock: float) -> Xyxy | None:
        """Where the network has to look in the next picture; later ones are compared with what it sees there.

        Args:
            image: BGR uint8 (H, W, 3).
            clock: Its time, in seconds of a clock that is never set.

        Returns:
            Left, top, right and bottom of everything that has to be looked at, in pixels; None: nothing has to.
        """
        cells = _cells(image)
        self._note_motion(cells, clock)
        moving = clock - self._moved <= _MOMENT_SECONDS
        is_open = self._open_since is not None and clock - self._open_since <= _OPEN_SECONDS
        is_due = clock - self._looked_at_whole >= self._longest
        if not (is_due or is_open or moving.any()):
            return None
        places = [whole(image)] if is_due else [*_pixels(moving, image), *self._open]
        part = _around(places, image)
        self._looked = clock
        if part == whole(image):
            self._looked_at_whole = clock
        seen = tuple(slice(int(part[i]) // _CELL, -(-int(part[i + 2]) // _CELL)) for i in (1, 0))
        self._looked_at[seen] = cells[seen]
        return part

    def note_look(self, open_faces: Sequence[Xyxy]) -> None:
        """Note what the look left open.

        Args:
            open_faces: The faces for which more looks may tell more, in pixels.
        """
        self._open = open_faces
        if not open_faces:
            self._open_since = None
        elif self._open_since is None:
            self._open_since = self._looked

    def _note_motion(self, cells: NDArray[np.uint8], clock: float) -> None:
        if self._looked_at.shape != cells.shape:
            self._looked_at, self._moved = cells.copy(), np.full(cells.shape[:2], clock)
            return
        differ = cv2.absdiff(cells, self._looked_at).max(axis=2) > _DIFFERENT
        if differ.any():
            self._moved[differ] = clock
            self._open_since = None if self._open_since is None else clock


def whole(image: NDArray[np.uint8]) -> Xyxy:
    """The whole picture, as `MotionFilter.needs_look` gives it."""
    return 0, 0, image.shape[1], image.shape[0]


def _cells(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The means of its cells: uint8 (H / 8, W / 8, 3)."""
    height, width = (max(size // _CELL, 1) for size in image.shape[:2])
    full = image[: height * _CELL, : width * _CELL]
    return cv2.resize(full, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _pixels(moving: NDArray[np.bool_], image: NDArray[np.uint8]) -> list[Xyxy]:
    """The box around cells, in pixels; what is left beside the last whole cell belongs to that. None without cells."""
    if not moving.any():
        return []
    columns, rows = np.flatnonzero(moving.any(axis=0)), np.flatnonzero(moving.any(axis=1))
    right = image.shape[1] if columns[-1] == moving.shape[1] - 1 else _CELL * (columns[-1] + 1)
    bottom = image.shape[0] if rows[-1] == moving.shape[0] - 1 else _CELL * (rows[-1] + 1)
    return [(int(_CELL * columns[0]), int(_CELL * rows[0]), int(right), int(bottom))]


def _around(places: Sequence[Xyxy], image: NDArray[np.uint8]) -> Xyxy:
    """The box around boxes, in whole pixels of the picture."""
    table = np.array(places)
    left, top = np.floor(table[:, :2].min(axis=0)).clip(0, None)
    right, bottom = np.ceil(table[:, 2:].max(axis=0)).clip(None, image.shape[1::-1])
    return int(left), int(top), int(right), int(bottom)
