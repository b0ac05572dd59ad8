"""Zones: which faces of an image count, and which zones they are in."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.people.lines import draw_lines, misfit_of_lines
from detector.people.points import UNITS, are_pixels, in_pixels, scaled
from detector.people.settings import Line, Zone

_GREY = (150, 150, 150)
_CORNER = 100  # pixels
_SMALLEST_SIDE = 16


class Zones:
    """The zones of one camera, and its lines.

    A face is in a zone if its centre is. The edge belongs to the zone.

    Args:
        zones: As configured; none: every face counts.
        lines: They are drawn with the zones, and must lie in the picture as these must.
    """

    def __init__(self, zones: Sequence[Zone] = (), lines: Sequence[Line] = ()) -> None:
        self._zones, self._lines = tuple(zones), tuple(lines)
        # For the last shape of pictures. In one variable, since several threads may draw.
        self._polygons: tuple[tuple[int, ...], list[NDArray[np.float32]]] = ((), [])

    def counts(self, xyxy: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Decide which faces count: those in a counting zone, if there are any, and not in an ignored zone.

        Args:
            xyxy: float32 (N, 4): left, top, right, bottom, in pixels of the picture.
            shape: (height, width, ...) of the picture.

        Returns:
            bool (N,).
        """
        inside = self._inside(xyxy, shape)
        counting = np.array([zone.count for zone in self._zones], bool)
        wanted = inside[:, counting].any(axis=1) if counting.any() else np.ones(len(xyxy), bool)
        return np.asarray(wanted & ~inside[:, ~counting].any(axis=1))

    def names(self, xyxy: NDArray[np.float32], shape: tuple[int, ...]) -> list[set[str]]:
        """The names of the counting zones that each face is in.

        Args:
            xyxy: float32 (N, 4): left, top, right, bottom, in pixels of the picture.
            shape: (height, width, ...) of the picture.
        """
        return [
            {zone.name for zone, is_in in zip(self._zones, row, strict=True) if is_in and zone.count}
            for row in self._inside(xyxy, shape)
        ]

    def _inside(self, xyxy: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which faces are in which zones: bool (faces, zones)."""
        polygons = self.polygons(shape)
        centres = (xyxy[:, :2] + xyxy[:, 2:]) / 2
        return np.array(
            [
                [cv2.pointPolygonTest(polygon, centre, False) >= 0 for polygon in polygons]
                for centre in centres.tolist()
            ],
            bool,
        ).reshape(len(centres), len(polygons))

    def outside(self, shape: tuple[int, ...]) -> list[str]:
        """The names of zones that reach outside the picture, for example because their pixels are of another size.

        Args:
            shape: (height, width, ...) of the picture.
        """
        size = shape[1::-1]
        polygons = zip(self._zones, self.polygons(shape), strict=True)
        return [zone.name for zone, polygon in polygons if (polygon > size).any()]

    def misfit(self, shape: tuple[int, ...]) -> str | None:
        """Why a zone or line in pixels cannot be meant for pictures of this size; None where all can.

        Args:
            shape: (height, width, ...) of the picture.
        """
        height, width = shape[:2]
        for zone, polygon in zip(self._zones, self.polygons(shape), strict=True):
            if are_pixels(zone.polygon) and (why := _misfit(polygon, width, height)):
                return f"zone {zone.name!r} {why} of {width} x {height}; expected {UNITS}"
        return misfit_of_lines(self._lines, shape)

    def outline(self, image: NDArray[np.uint8]) -> None:
        """Draw them into a picture, BGR uint8 (H, W, 3), in place."""
        for polygon in self.polygons(image.shape):
            cv2.polylines(image, [polygon.round().astype(np.int32)], True, _GREY)
        draw_lines(image, self._lines)

    def scaled(self, x: float, y: float) -> "Zones":
        """The same zones and lines for a picture that is `x` times as wide and `y` times as high."""
        zones = [replace(zone, polygon=scaled(zone.polygon, x, y)) for zone in self._zones]
        return Zones(zones, [replace(line, points=scaled(line.points, x, y)) for line in self._lines])

    def polygons(self, shape: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """The corners of each zone in pixels of a picture: float32 (corners, 2).

        Args:
            shape: (height, width, ...) of the picture.
        """
        size, polygons = self._polygons
        if size != shape[:2]:
            polygons = [np.array(in_pixels(zone.polygon, shape), np.float32) for zone in self._zones]
            self._polygons = (shape[:2], polygons)
        return polygons


def _misfit(polygon: NDArray[np.float32], width: int, height: int) -> str | None:
    """What is wrong with a polygon in pixels."""
    if (polygon[:, 0] >= width).all() or (polygon[:, 1] >= height).all():
        return "lies outside the picture"
    if cv2.contourArea(polygon) < _SMALLEST_SIDE**2:
        return f"is smaller than a face of {_SMALLEST_SIDE} pixels in the picture"
    if polygon.max() <= _CORNER and min(width, height) > 2 * _CORNER:  # per cent without the sign
        return f"lies within {_CORNER} pixels of the corner of the picture"
    return None
