"""The points of the polygons and lines of users: checked, and in pixels of a picture."""

import math
from collections.abc import Sequence

from detector.errors import UsageError

Point = tuple[float, float]
# What is in pixels has a coordinate of at least this. A largest coordinate such as 1.2 is a wrong fraction.
_FEWEST_PIXELS = 10
UNITS = "pixels of this picture, per cent (10%) or fractions (0.1)"
"""What is expected in place of pixels that do not fit a picture."""


def check_polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Refuse corners that form no simple polygon.

    Args:
        points: (x, y) of the corners in order, as fractions of the image or in pixels.

    Raises:
        UsageError: There are fewer than three corners, a number is negative or not finite, fractions and pixels are
            mixed, the sides cross each other, or there is no area inside.
    """
    if len(points) < 3:
        raise _refused(points, "at least 3 points")
    _check_units(points, "polygon")
    sides = list(zip(points, points[1:] + points[:1], strict=True))
    for i, side in enumerate(sides):
        for other in sides[i + 2 : len(sides) - (i == 0)]:  # neighbours share a corner
            if _cross(*side, *other):
                raise _refused(points, "corners in their order around the polygon (its sides cross)")
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides) / 2
    if not area:
        raise _refused(points, "a polygon with an area")
    return points


def check_line(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Refuse points that form no line.

    Args:
        points: (x, y) of both ends, as fractions of the image or in pixels.

    Raises:
        UsageError: They are not two, are the same, are negative or not finite, or mix fractions and pixels.
    """
    if len(points) != 2 or points[0] == points[1]:
        raise _refused(points, "two different points", "line")
    _check_units(points, "line")
    return points


def are_pixels(points: Sequence[Point]) -> bool:
    """Whether points are in pixels. Numbers up to 1 are fractions: as pixels, all would lie within the first one."""
    return any(number > 1 for point in points for number in point)


def in_pixels(points: Sequence[Point], shape: tuple[int, ...]) -> tuple[Point, ...]:
    """Points in pixels of a picture of a shape (height, width, ...)."""
    height, width = shape[:2]
    return tuple(points) if are_pixels(points) else tuple((x * width, y * height) for x, y in points)


def scaled(points: tuple[Point, ...], x: float, y: float) -> tuple[Point, ...]:
    """The same points for a picture that is `x` times as wide and `y` times as high."""
    return tuple((px * x, py * y) for px, py in points) if are_pixels(points) else points


def _check_units(points: tuple[Point, ...], what: str) -> None:
    numbers = [number for point in points for number in point]
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise _refused(points, "coordinates from 0, as fractions of the picture or in pixels", what)
    if are_pixels(points) and (max(numbers) < _FEWEST_PIXELS or any(0 < number < 1 for number in numbers)):
        expected = "fractions of the picture from 0 to 1, per cent (10%), or pixels"
        raise UsageError(what, f"{max(numbers):g} in it", expected)


def _refused(points: tuple[Point, ...], expected: str, what: str = "polygon") -> UsageError:
    return UsageError(what, f"a list of {len(points)}", expected)


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two sides have a point in common."""

    def turn(p: Point, q: Point, r: Point) -> int:
        product = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return (product > 0) - (product < 0)

    def touches(p: Point, q: Point, r: Point) -> bool:
        inside = min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])
        return turn(p, q, r) == 0 and inside

    if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
        return True
    return touches(a, b, c) or touches(a, b, d) or touches(c, d, a) or touches(c, d, b)
