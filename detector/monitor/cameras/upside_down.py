"""Notices a camera that hangs upside down: faces are found when its picture is turned, and hardly without."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.boxes import iou
from detector.detections import Detections

_CHECKS = 10  # in the time after which it is down: two looks each
_FEWEST = 3  # checks have to find the faces of somebody who moved
# Of 45 pictures of people, 32 had scores twice as high the right way up, and none had them upside down.
_CLEARLY = 2.0
_SURE_SCORE, _LEAST_SCORE = 0.5, 0.25
_SAME_PLACE_IOU = 0.9  # something that looks like a face and never moves is none


class UpsideDown:
    """Looks from time to time whether the faces of one camera are found only in the turned picture.

    Args:
        seconds: For how long this has to be so until the camera is of no use; None: it is not checked.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._due = 0.0
        self._reason: str | None = None
        self._since: float | None = None
        self._found = 0
        self._before = np.empty((0, 4), np.float32)

    def update(
        self, image: NDArray[np.uint8], clock: float, find: Callable[[NDArray[np.uint8]], Detections]
    ) -> str | None:
        """Check the next picture, if it is time to.

        Args:
            image: BGR uint8 (H, W, 3).
            clock: When it came, in seconds of a clock that is never set.
            find: Finds the faces in a picture.

        Returns:
            Why the camera is of no use; None where it is, or where it is not known.
        """
        if self._seconds is None or clock < self._due:
            return self._reason
        self._due = clock + self._seconds / _CHECKS
        turned = np.asarray(cv2.rotate(image, cv2.ROTATE_180), np.uint8)
        as_it_is, other = find(image), find(turned)
        if _clearly_more(as_it_is, other):
            self._reason, self._since, self._found = None, None, 0
        elif _clearly_more(other, as_it_is) and self._has_moved(other):
            self._since = clock if self._since is None else self._since
            self._found += 1
            if self._found >= _FEWEST and clock - self._since >= self._seconds:
                self._reason = "upside down: faces are found only when the picture is turned (rotate: 180)"
        return self._reason

    def _has_moved(self, faces: Detections) -> bool:
        """Whether a face is not where one was the time before."""
        before, self._before = self._before, faces[faces.confidence > _SURE_SCORE].xyxy
        return not len(before) or bool((iou(self._before, before).max(axis=1) < _SAME_PLACE_IOU).any())


def _clearly_more(faces: Detections, others: Detections) -> bool:
    """Whether faces are found, one of them for sure, and with far higher scores in all."""
    scores, other_scores = (np.asarray(each.confidence, float) for each in (faces, others))
    if not (scores > _SURE_SCORE).any():
        return False
    found, other = (each[each > _LEAST_SCORE].sum() for each in (scores, other_scores))
    return bool(found >= _CLEARLY * other)
