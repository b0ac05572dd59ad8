"""The tone of the bare skin of a face: the individual typology angle."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.labels import CLASS_NAMES, WITHOUT_MASK

GROUPS = ("light", "intermediate and tan", "brown", "dark")
_EDGES = (
    41.0,
    10.0,
    -30.0,
)  # degrees, of Chardon et al.; "very light" and "light" are one group here, as are the next two

_BARE = CLASS_NAMES.index(WITHOUT_MASK)
# Left, top, right, bottom of the part in which skin is looked for, in sides of the box. What masks leave bare lies
# between the hair and the mask; of bare faces the cheeks are taken too, but neither mouth nor beard.
_BARE_PART = (0.2, 0.15, 0.8, 0.65)
_MASKED_PART = (0.25, 0.12, 0.75, 0.42)

# Colours of skin of any tone in YCrCb (Chai and Ngan, Face segmentation using skin-color map, 1999).
_LEAST_YCRCB, _MOST_YCRCB = (20, 133, 77), (250, 173, 127)
_LEAST_PIXELS = 24
_LEAST_YELLOW = 5.0  # b*
_LEAST_SHARE = 0.25  # of the part's pixels: fewer are rather hair, eyes or background of that colour


@dataclass(frozen=True, slots=True)
class Skin:
    """Bare skin of a face.

    Attributes:
        ita: Its individual typology angle in degrees: above 41 light, below -30 dark.
        pixels: Where it was measured: bool, of the size of `window`.
        window: Left, top, right, bottom of the part that was searched, in pixels of the image.
    """

    ita: float
    pixels: NDArray[np.bool_]
    window: tuple[int, int, int, int]

    @property
    def group(self) -> str:
        """One of `GROUPS`."""
        return GROUPS[sum(self.ita <= edge for edge in _EDGES)]


def measure_skin(image: NDArray[np.uint8], xyxy: NDArray[np.float64], class_id: int) -> Skin | None:
    """Measure the skin of a face.

    Args:
        image: BGR uint8 (H, W, 3), with colours.
        xyxy: The box of the face (4,), pixels.
        class_id: Whether it wears a mask, which hides the lower half.

    Returns:
        None where too little skin is to be seen.
    """
    window = _window(image, xyxy, _BARE_PART if class_id == _BARE else _MASKED_PART)
    left, top, right, bottom = window
    part = image[top:bottom, left:right]
    if not part.size:
        return None
    pixels = cv2.inRange(cv2.cvtColor(part, cv2.COLOR_BGR2YCrCb), _LEAST_YCRCB, _MOST_YCRCB) > 0
    if pixels.sum() < _LEAST_PIXELS or pixels.mean() < _LEAST_SHARE:
        return None
    # The brighter half: hair, eyebrows, eyes and shadows of such colours are darker than the skin around them.
    grey = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    pixels &= grey >= np.median(grey[pixels])
    ita = typology_angle(part[pixels])
    return None if ita is None else Skin(ita, pixels, window)


def typology_angle(colours: NDArray[np.uint8]) -> float | None:
    """The individual typology angle of the median colour: atan((L* - 50) / b*) in degrees.

    From Chardon, Cretois and Hourseau, Skin colour typology and suntanning pathways, 1991.

    Args:
        colours: BGR uint8 (N, 3), N at least 1, taken for sRGB.

    Returns:
        None where the colour is that of the light rather than of skin: without yellow the angle has no meaning.
    """
    lab = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_BGR2Lab)[0]
    lightness, _, yellow = (float(value) for value in np.median(lab, axis=0))
    return math.degrees(math.atan2(lightness - 50, yellow)) if yellow >= _LEAST_YELLOW else None


def _window(
    image: NDArray[np.uint8], xyxy: NDArray[np.float64], part: tuple[float, float, float, float]
) -> tuple[int, int, int, int]:
    """A part of a box in whole pixels, inside the image."""
    origin, sides = np.tile(xyxy[:2], 2), np.tile(xyxy[2:] - xyxy[:2], 2)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = np.round(origin + np.array(part) * sides).astype(int)
    return max(int(x1), 0), max(int(y1), 0), min(int(x2), width), min(int(y2), height)
