"""Notices a camera that shows nothing new: its picture is frozen, black, or covered."""

import cv2
import numpy as np
from numpy.typing import NDArray

_CHECK_SECONDS = 0.5  # useful pictures are checked so often: it takes longer than to see whether something moved
_STEP = 4  # every fourth pixel of every fourth row is compared: a living picture has noise in all of them
_SMALL = (64, 36)
_BLACK = 16  # the grey value of the brightest parts of a black picture
# Details in relation to brightness. The least of 1000 pictures of people was 0.08, also in the dark. Behind a cloth
# (blurred by an eighth of the width, with noise) 99 of 100 had less than 0.042.
_LEAST_DETAIL = 0.05
_SMOOTH_SIGMA = 5.0  # of 64 pixels: what is smoother is the light on a cloth, a hand or a lid


class PictureHealth:
    """Says why the pictures of one camera are of no use.

    Args:
        frozen_seconds: The same picture for so long is frozen; None: never.
        covered_seconds: A picture that is black or without details for so long shows nothing; None: never.
    """

    def __init__(self, frozen_seconds: float | None, covered_seconds: float | None) -> None:
        self._frozen_seconds, self._covered_seconds = frozen_seconds, covered_seconds
        self._frozen, self._covered = _Stopwatch(), _Stopwatch()
        self._pixels = b""
        self._checked = -_CHECK_SECONDS
        self._reason: str | None = None

    def update(self, image: NDArray[np.uint8], clock: float, *, may_repeat: bool = False) -> str | None:
        """Look at the next picture.

        Args:
            image: BGR uint8 (H, W, 3).
            clock: When it came, in seconds of a clock that is never set.
            may_repeat: The same picture for long is as it should be.

        Returns:
            Why it is of no use; None where it is.
        """
        if self._reason is not None or clock - self._checked >= _CHECK_SECONDS:
            self._checked = clock
            frozen = None if may_repeat else self._check_frozen(image, clock)
            self._reason = self._check_covered(image, clock) or frozen
        return self._reason

    def _check_frozen(self, image: NDArray[np.uint8], clock: float) -> str | None:
        if self._frozen_seconds is None:
            return None
        pixels = image[::_STEP, ::_STEP].tobytes()
        seconds = self._frozen.run(clock, holds=pixels == self._pixels)
        self._pixels = pixels
        return None if seconds < self._frozen_seconds else f"frozen: the same picture for {seconds:.0f} s"

    def _check_covered(self, image: NDArray[np.uint8], clock: float) -> str | None:
        if self._covered_seconds is None:
            return None
        why = _why_nothing_is_seen(image)
        seconds = self._covered.run(clock, holds=why is not None)
        return None if seconds < self._covered_seconds else why


class _Stopwatch:
    """Measures for how long something holds without a break."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._last = 0.0

    def run(self, clock: float, *, holds: bool) -> float:
        """The seconds since it holds; counted from the picture before the first one of which it held."""
        last, self._last = self._last, clock
        if not holds:
            self._since = None
            return -1.0
        if self._since is None:
            self._since = last or clock
        return clock - self._since


def _why_nothing_is_seen(image: NDArray[np.uint8]) -> str | None:
    small = cv2.cvtColor(cv2.resize(image, _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    brightest = float(np.percentile(small, 99))
    if brightest < _BLACK:
        return "black: the picture shows nothing"
    grey = small.astype(np.float32)
    detail = float((grey - cv2.GaussianBlur(grey, (0, 0), _SMOOTH_SIGMA)).std())
    return "covered: the picture has no details" if detail < _LEAST_DETAIL * brightest else None
