"""Masks drawn onto faces; only the box of the face is needed."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.errors import OptionError

SURGICAL_BLUE = (214, 187, 150)  # BGR
_SUPERSAMPLING = 4
_PLEATS = 3


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where a mask's edges lie, as shares of the face box's height: in the middle of the face and at its sides."""

    top: float
    top_sides: float
    bottom: float
    bottom_sides: float


_SHAPES = {
    "correctly": _Shape(top=0.42, top_sides=0.55, bottom=1.02, bottom_sides=0.78),
    "slipped": _Shape(top=0.69, top_sides=0.65, bottom=1.08, bottom_sides=0.90),
}


def draw_mask(
    image: NDArray[np.uint8],
    xyxy: ArrayLike,
    worn: Literal["correctly", "slipped"] = "correctly",
    colour: tuple[int, int, int] = SURGICAL_BLUE,
) -> NDArray[np.uint8]:
    """Draw a pleated mask with ear loops over the lower part of a face seen from the front.

    Args:
        image: BGR uint8 (H, W, 3). It is left as it is.
        xyxy: The face's box: left, top, right, bottom in pixels.
        worn: "correctly" covers nose and mouth; "slipped" covers mouth and chin, and leaves the nose bare.
        colour: BGR of the cloth in full light; it is darkened to the light on the face.

    Returns:
        A copy with the mask.

    Raises:
        UsageError: `worn` is neither of the two.
    """
    if worn not in _SHAPES:
        raise OptionError("worn", f"{worn!r}", " or ".join(map(repr, _SHAPES)))
    x1, y1, x2, y2 = np.asarray(xyxy, float).tolist()
    height, width = image.shape[:2]
    # The part of the picture that can change: ear loops and chin lie a little outside the box.
    left, right = max(0, int(x1 - 0.1 * (x2 - x1))), min(width, int(np.ceil(x2 + 0.1 * (x2 - x1))))
    top, bottom = max(0, int(y1)), min(height, int(np.ceil(y2 + 0.15 * (y2 - y1))))
    canvas = image.copy()
    if right - left < 1 or bottom - top < 1:
        return canvas
    patch = canvas[top:bottom, left:right]
    ys, xs = np.mgrid[top:bottom, left:right] + 0.5
    u, v = (xs - x1) / max(x2 - x1, 1e-6), (ys - y1) / max(y2 - y1, 1e-6)
    shape = _SHAPES[worn]
    to_pixels = (x1 - left, y1 - top, x2 - x1, y2 - y1)
    light = _light(patch)
    cloth = _cloth(u, v, shape)[..., None] * np.array(colour) * light
    loops = _coverage(patch.shape, _loops(shape), to_pixels, closed=False)[..., None]
    mask = _coverage(patch.shape, [_outline(shape)], to_pixels, closed=True)[..., None]
    mixed = patch * (1 - 0.8 * loops) + 0.8 * loops * 235 * light
    patch[:] = (mixed * (1 - mask) + cloth * mask).clip(0, 255).astype(np.uint8)
    return canvas


def _outline(shape: _Shape) -> NDArray[np.float64]:
    """The mask's edge as points (N, 2) in shares of the box."""
    t = np.linspace(0, 1, 40)
    arch = np.sin(np.pi * t)
    across = 0.02 + 0.96 * t
    upper = np.stack([across, shape.top_sides + (shape.top - shape.top_sides) * arch**1.5], axis=1)
    narrowing = 0.5 + (across[::-1] - 0.5) * (1 - 0.12 * arch)
    lower = np.stack([narrowing, shape.bottom_sides + (shape.bottom - shape.bottom_sides) * arch**0.7], axis=1)
    return np.vstack([upper, lower])


def _loops(shape: _Shape) -> list[NDArray[np.float64]]:
    """Lines from each corner of the mask to the ear."""
    ear = 0.45
    return [
        np.array([[0.5 + side * 0.48, height], [0.5 + side * 0.55, ear]])
        for side in (-1, 1)
        for height in (shape.top_sides, shape.bottom_sides)
    ]


def _coverage(
    size: tuple[int, ...], lines: list[NDArray[np.float64]], box: tuple[float, ...], *, closed: bool
) -> NDArray[np.float64]:
    """How much of each pixel is covered, 0 to 1, by a closed shape or by lines."""
    x, y, width, height = box
    canvas = np.zeros((size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING), np.uint8)
    points = [np.round((line * (width, height) + (x, y)) * _SUPERSAMPLING).astype(np.int32) for line in lines]
    if closed:
        cv2.fillPoly(canvas, points, 255)
    else:
        cv2.polylines(canvas, points, False, 255, max(1, round(_SUPERSAMPLING * width / 70)))
    return cv2.resize(canvas, (size[1], size[0]), interpolation=cv2.INTER_AREA).astype(np.float64) / 255


def _cloth(u: NDArray[np.float64], v: NDArray[np.float64], shape: _Shape) -> NDArray[np.float64]:
    """Brightness of the cloth, about 1: darker where it curves away, with pleats across and a bright upper seam."""
    down = (v - shape.top) / (shape.bottom - shape.top)
    sag = 0.06 * (1 - (2 * u - 1) ** 2)
    curve = 1.04 - 0.28 * np.abs(2 * u - 1) ** 2.5 - 0.12 * down.clip(0, 1)
    phase = (down - sag) * (_PLEATS + 1)
    pleats = 0.10 * np.exp(-(((phase % 1) - 0.5) ** 2) / 0.012)
    seam = 0.06 * (np.abs(down - 0.03) < 0.03)
    return curve - pleats + seam


def _light(face: NDArray[np.uint8]) -> float:
    """The brightness of the face relative to one in full light; a high percentile leaves out hair and clothes."""
    return float(np.clip(np.percentile(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), 75) / 150, 0.4, 1.15))
