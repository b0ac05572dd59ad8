"""Turns, brightens and masks the pictures of a camera before anything looks at them."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.inference.finding import gamma_lut
from detector.people.settings import Zone
from detector.people.zones import Zones

_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class PictureAdjustment:
    """What is done to every picture of one camera.

    Args:
        rotate: Degrees clockwise: 0, 90, 180 or 270.
        gamma: Brightens (above 1) or darkens (below 1); None: as it is.
        masks: Parts of the turned picture that become black.
    """

    def __init__(self, rotate: int, gamma: float | None, masks: Sequence[Zone]) -> None:
        self._turn, self._masks = _TURNS.get(rotate), Zones(masks)
        self._lut = None if gamma is None else gamma_lut(gamma)
        self._has_masks = bool(masks)

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The adjusted picture, BGR uint8 (H, W, 3); the given one is not changed."""
        if self._turn is not None:
            image = cv2.rotate(image, self._turn).astype(np.uint8, copy=False)
        if self._lut is not None:
            image = cv2.LUT(image, self._lut).astype(np.uint8, copy=False)
        if self._has_masks:
            image = image.copy()
            for polygon in self._masks.polygons(image.shape):
                cv2.fillPoly(image, [polygon.round().astype(np.int32)], (0, 0, 0))
        return image

    def mask(self, image: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Make black in a picture what is black in the adjusted picture of another size that shows the same.

        Args:
            image: BGR uint8 (H, W, 3), turned already; it is not changed.
            shape: (height, width, ...) of the adjusted picture, which masks in pixels are made for.
        """
        if not self._has_masks:
            return image
        black = np.zeros(shape[:2], np.uint8)
        for polygon in self._masks.polygons(shape):
            cv2.fillPoly(black, [polygon.round().astype(np.int32)], 255)
        black = cv2.resize(black, image.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        seen = (black == 0).astype(np.uint8)  # not the pixels that are covered in part
        return cv2.bitwise_and(image, image, mask=seen).astype(np.uint8, copy=False)
