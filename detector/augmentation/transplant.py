"""Blends a part of one face over another: bare skin over a mask, or a mask over bare skin.

All geometry is in face units (see `Face`), in which the eyes are at y = 0, the tip of a nose at about 0.6 and the mouth
at 1, so that one description of a part fits faces of every size, pose and tilt.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.augmentation.landmarks import Face

_SEGMENTED_UNIT = 24  # pixels from eyes to mouth at which cloth and skin are separated
_MARGIN = 0.5  # pixels can change up to this distance from the box, in its longer sides


@dataclass(frozen=True)
class Cloth:
    """The pixels of a mask.

    Attributes:
        alpha: float64 (H, W), 1 on the cloth and 0 elsewhere.
        top: Its upper edge in the middle of the face, face units.
    """

    alpha: NDArray[np.float64]
    top: float


@dataclass(frozen=True)
class Donor:
    """A face to take a part from.

    Attributes:
        image: The surroundings of the face, BGR uint8 (H, W, 3).
        face: In pixels of `image`.
    """

    image: NDArray[np.uint8]
    face: Face

    @classmethod
    def cut(cls, image: NDArray[np.uint8], face: Face) -> "Donor":
        """Copy a face and its surroundings from a picture.

        Args:
            image: BGR uint8 (H, W, 3).
            face: In pixels of `image`.
        """
        rows, columns = _surroundings(image, face)
        offset = np.array([columns.start, rows.start], float)
        moved = Face(face.xyxy - np.tile(offset, 2), face.points - offset)
        return cls(image[rows, columns].copy(), moved)

    def at_most(self, side: int) -> "Donor":
        """The same, shrunk where the longer side of the face's box has more pixels than `side`."""
        scale = side / float(max(self.face.xyxy[2:] - self.face.xyxy[:2]))
        if scale >= 1:
            return self
        image = cv2.resize(self.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        return Donor(np.asarray(image, np.uint8), Face(self.face.xyxy * scale, self.face.points * scale))

    @cached_property
    def cloth(self) -> Cloth | None:
        """The mask that the face wears; None where cloth and skin cannot be separated."""
        return find_cloth(self.image, self.face)


def bare(
    image: NDArray[np.uint8], face: Face, donor: Donor, bottom: float | None = None, dip: float = 0.0
) -> NDArray[np.uint8] | None:
    """Replace the mask of a face, or the upper part of it, by the skin of a bare face.

    Args:
        image: BGR uint8 (H, W, 3). It is left as it is.
        face: The masked face in it.
        donor: A bare face, mirrored where that fits the pose better.
        bottom: The upper edge of the mask that is left, at the sides of the face, in face units; None: no mask is left.
        dip: How much lower this edge lies in the middle of the face, in face units.

    Returns:
        A copy with the changed face; None where mask and face cannot be separated.
    """
    window = _Window.around(image, face)
    cloth = Donor.cut(image, face).cloth
    if cloth is None:
        return None
    alpha = _grown(cloth.alpha, 0.12 * face.unit)
    if bottom is not None:
        x, y = window.units
        left, right, _ = face.extent
        across = ((2 * x - left - right) / (right - left)).clip(-1, 1)
        # The edge of the cloth is as sharp as the picture: it is one pixel wide.
        alpha *= ((bottom + dip * (1 - across**2) - y) * face.unit).clip(0, 1)
    skin_moved = window.warp(donor.image, donor.face, _placed(face, donor.face))
    return window.paste(image, skin_moved * _light(image, face, donor, colour=True), alpha)


def hang_mask(
    image: NDArray[np.uint8], face: Face, donor: Donor, top: float | None = None, height: float = 1.0
) -> NDArray[np.uint8] | None:
    """Put the mask of one face on another.

    Args:
        image: BGR uint8 (H, W, 3). It is left as it is.
        face: The bare face in it that gets the mask.
        donor: A face with a mask, mirrored where that fits the pose better.
        top: Where the mask's upper edge lies in the middle of the face, in face units; None: where it is on the donor.
        height: The mask's height, as a multiple of what it is on the donor; below 1 the cloth is folded together.

    Returns:
        A copy with the changed face; None where the donor's mask and face cannot be separated.
    """
    cloth = donor.cloth
    if cloth is None:
        return None
    window = _Window.around(image, face)
    top = cloth.top if top is None else top
    hung = np.array([[1, 0, 0], [0, height, top - height * cloth.top], [0, 0, 1]])
    placed = hung @ _placed(face, donor.face)
    moved = window.warp(donor.image, donor.face, placed)
    alpha = window.warp(cloth.alpha, donor.face, placed, outside=0)
    return window.paste(image, moved * _light(image, face, donor, colour=False), alpha)


def _surroundings(image: NDArray[np.uint8], face: Face) -> tuple[slice, slice]:
    margin = _MARGIN * float(max(face.xyxy[2:] - face.xyxy[:2]))
    low = np.maximum(np.floor(face.xyxy[:2] - margin), 0).astype(int)
    high = np.minimum(np.ceil(face.xyxy[2:] + margin), image.shape[1::-1]).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


@dataclass(frozen=True)
class _Window:
    """The pixels around a face; other pixels do not change.

    Attributes:
        rows: The rows of the picture that it covers.
        columns: The columns of the picture that it covers.
        face: The face in pixels of the picture.
    """

    rows: slice
    columns: slice
    face: Face

    @classmethod
    def around(cls, image: NDArray[np.uint8], face: Face) -> "_Window":
        return cls(*_surroundings(image, face), face)

    @property
    def offset(self) -> NDArray[np.float64]:
        return np.array([self.columns.start, self.rows.start], float)

    @property
    def units(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where every pixel is, in face units: x and y, each (rows, columns)."""
        rows, columns = np.mgrid[self.rows, self.columns]
        units = self.face.to_units(np.stack([columns, rows], axis=-1).astype(float))
        return units[..., 0], units[..., 1]

    def warp(
        self, image: NDArray[Any], face: Face, placed: NDArray[np.float64], outside: float | None = None
    ) -> NDArray[np.float64]:
        """A picture of another face as it lies over the window, float (rows, columns, ...).

        Args:
            image: The other picture.
            face: The face in it.
            placed: From its face units to those of the window's face (3, 3).
            outside: The value past its edge; None repeats the edge.
        """
        to_window = np.vstack([self.face.to_pixels, [0, 0, 1]])
        to_window[:2, 2] -= self.offset
        matrix = to_window @ placed @ np.linalg.inv(np.vstack([face.to_pixels, [0, 0, 1]]))
        shrink = self.face.unit / face.unit
        if shrink < 0.7:  # warpAffine interpolates four pixels only: more pixels have to be averaged before
            rows, columns = (max(1, round(side * shrink)) for side in image.shape[:2])
            matrix = matrix @ np.diag([image.shape[1] / columns, image.shape[0] / rows, 1.0])
            image = cv2.resize(image, (columns, rows), interpolation=cv2.INTER_AREA)
        size = (self.columns.stop - self.columns.start, self.rows.stop - self.rows.start)
        border = cv2.BORDER_REPLICATE if outside is None else cv2.BORDER_CONSTANT
        colour = (0.0 if outside is None else outside,) * 3
        warped = cv2.warpAffine(
            image.astype(np.float64), matrix[:2], size, flags=cv2.INTER_LINEAR, borderMode=border, borderValue=colour
        )
        return np.asarray(warped, np.float64)

    def paste(
        self, image: NDArray[np.uint8], over: NDArray[np.float64], alpha: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        canvas = image.copy()
        patch = canvas[self.rows, self.columns]
        alpha = alpha[..., None].clip(0, 1)
        patch[:] = (patch * (1 - alpha) + over * alpha).clip(0, 255).round().astype(np.uint8)
        return canvas


def yaw_apart(face: Face, donor: Face) -> float:
    """The difference in yaw between a face and a donor, or the mirrored donor if that is less; face units."""
    return min(abs(donor.yaw - face.yaw), abs(donor.yaw + face.yaw))


def _mirrored(face: Face, donor: Face) -> bool:
    return abs(donor.yaw + face.yaw) < abs(donor.yaw - face.yaw)


def _placed(face: Face, donor: Face) -> NDArray[np.float64]:
    """The transform (3, 3) from the donor's face units to those of the face, by the distance of the eyes."""
    widths = [float(np.hypot(*(each.in_units[1] - each.in_units[0]))) for each in (face, donor)]
    width = float(np.clip(widths[0] / max(widths[1], 0.1), 0.8, 1.25))
    return np.diag([-width if _mirrored(face, donor) else width, 1.0, 1.0])


def _grown(alpha: NDArray[np.float64], pixels: float) -> NDArray[np.float64]:
    """A mask that is enlarged by some pixels and has a soft edge."""
    side = 2 * max(1, round(pixels)) + 1
    grown = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    return cv2.GaussianBlur(grown, (0, 0), max(0.5, pixels / 2)).astype(np.float64)


def _light(image: NDArray[np.uint8], face: Face, donor: Donor, *, colour: bool) -> NDArray[np.float64]:
    """The gain (3,) of the donor's pixels, from the skin around the eyes; without `colour` the same for b, g and r."""
    here, there = skin(image, face), skin(donor.image, donor.face)
    if not colour:
        here, there = np.full(3, here.mean()), np.full(3, there.mean())
    return np.clip(here / there, 0.5, 2.0)


def skin(image: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
    """The median colour between the eyes and beside them, which masks leave bare.

    Args:
        image: BGR uint8 (H, W, 3).
        face: In pixels of `image`.

    Returns:
        BGR float64 (3,), at least 8 each.
    """
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 9), np.linspace(-0.3, 0.15, 5)), axis=-1).reshape(-1, 2)
    pixels = (grid @ face.to_pixels[:, :2].T + face.to_pixels[:, 2]).round().astype(int)
    columns, rows = (pixels[:, axis].clip(0, image.shape[1 - axis] - 1) for axis in (0, 1))
    return np.asarray(np.median(image[rows, columns], axis=0), np.float64).clip(8.0)


def find_cloth(image: NDArray[np.uint8], face: Face) -> Cloth | None:
    """Separate a mask from the face that wears it (GrabCut: Rother, Kolmogorov and Blake, 2004).

    Args:
        image: The face and its surroundings, BGR uint8 (H, W, 3).
        face: In pixels of `image`.

    Returns:
        None where the result does not have the place and size of a mask.
    """
    scale = _SEGMENTED_UNIT / face.unit
    width, height = max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    factor = np.array([width / image.shape[1], height / image.shape[0]])
    units = face.to_units(np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) / factor)
    x, y = units[..., 0], units[..., 1]
    left, right, chin = face.extent
    likely = (y > 0.4) & (y < chin) & (x > 0.9 * left) & (x < 0.9 * right)
    certain = (y > 0.75) & (y < 1.15) & (x > 0.35 * left) & (x < 0.35 * right)
    never = (y < 0.08) | (y > chin + 0.25) | (x < 1.1 * left) | (x > 1.1 * right)
    labels = np.full(x.shape, cv2.GC_PR_BGD, np.uint8)
    labels[likely], labels[never], labels[certain] = cv2.GC_PR_FGD, cv2.GC_BGD, cv2.GC_FGD
    if not certain.any() or not never.any():
        return None
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)
    cv2.grabCut(small, labels, None, *models, 3, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    cloth = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    cloth = cv2.medianBlur(cloth, 5).astype(bool)
    centre = cloth & (np.abs(x) < 0.3)
    if (cloth & likely).sum() < 0.5 * likely.sum() or not centre.any():
        return None
    soft = cv2.GaussianBlur(cloth.astype(np.float64), (3, 3), 0)
    alpha = cv2.resize(soft, image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return Cloth(alpha.astype(np.float64), float(np.percentile(y[centre], 2)))
