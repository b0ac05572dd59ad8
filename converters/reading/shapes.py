"""The boxes around shapes that annotation tools draw beside rectangles."""

import math
from collections.abc import Iterable, Sequence

from converters.reading.numbers import is_coordinate, parse_coordinate, parse_corners

_UPRIGHT = 1.0  # degrees; by less a rectangle is turned by mistake, and hardly differs from an upright one

Corners = tuple[float, float, float, float]
"""x1, y1, x2, y2, in the units of the shape."""


def from_width_and_height(values: Sequence[object]) -> Corners:
    """The corners of a rectangle that is given by its left upper corner, width and height.

    Raises:
        ValueError: They are not four finite numbers.
    """
    x, y, width, height = parse_corners(values)
    return x, y, x + width, y + height


def around_points(xs: Sequence[object], ys: Sequence[object]) -> Corners:
    """The smallest rectangle that holds all points of a polygon.

    Raises:
        ValueError: There are fewer than three points, unequal numbers of coordinates, or one is no finite number.
    """
    if len(xs) != len(ys) or len(xs) < 3:
        raise ValueError(f"a polygon of {len(xs)} x and {len(ys)} y, expected three points or more")
    x, y = [parse_coordinate(value) for value in xs], [parse_coordinate(value) for value in ys]
    return min(x), min(y), max(x), max(y)


def around_line(xs: Sequence[object], ys: Sequence[object]) -> Corners:
    """The smallest rectangle that holds a line; at its first point where it has too few to go around something.

    Raises:
        ValueError: There is no point, or one of them is no finite number.
    """
    if len(xs) == len(ys) and len(xs) < 3:
        return at_point(xs[0] if xs else None, ys[0] if ys else None)
    return around_points(xs, ys)


def at_point(x: object, y: object) -> Corners:
    """A point, which is a rectangle without area: its label may be ignored, and a face cannot be placed there.

    Raises:
        ValueError: One of them is no finite number.
    """
    point = parse_coordinate(x), parse_coordinate(y)
    return *point, *point


def check_upright(angle: object) -> None:
    """Refuse a rectangle that is turned: the upright one around it is larger than the face.

    Args:
        angle: By how much it is turned, in degrees; None where the format does not say.

    Raises:
        ValueError: It is turned, or the angle is no finite number.
    """
    if angle is None:
        return
    degrees = parse_coordinate(angle)
    if min(degrees % 360, -degrees % 360) > _UPRIGHT:
        raise ValueError(f"a rectangle turned by {degrees:g} degrees, expected an upright one: draw it again")


def check_rotation(attributes: Iterable[tuple[str, str]]) -> None:
    """Refuse a box that CVAT has turned: most of its exports state the box before that, and an attribute `rotation`.

    Raises:
        ValueError: There is an attribute `rotation` with an angle.
    """
    angle = next((value for name, value in attributes if name == "rotation"), None)
    if angle is not None and is_coordinate(angle):
        check_upright(angle)


def around_ellipse(x: object, y: object, radius_x: object, radius_y: object, angle: float = 0.0) -> Corners:
    """The smallest rectangle that holds an ellipse.

    Args:
        x: Its centre.
        y: Its centre.
        radius_x: Half its width before it is turned.
        radius_y: Half its height before it is turned.
        angle: By how much it is turned, in radians.

    Raises:
        ValueError: One of them is no finite number, or a radius is negative.
    """
    cx, cy, rx, ry = parse_corners((x, y, radius_x, radius_y))
    if min(rx, ry) < 0:
        raise ValueError(f"a radius of {min(rx, ry):g}")
    width = math.hypot(rx * math.cos(angle), ry * math.sin(angle))
    height = math.hypot(rx * math.sin(angle), ry * math.cos(angle))
    return cx - width, cy - height, cx + width, cy + height


def around_turned_rectangle(x: object, y: object, width: object, height: object, angle: object) -> Corners:
    """The smallest upright rectangle that holds a turned one.

    Args:
        x: Its centre.
        y: Its centre.
        width: Its width before it is turned.
        height: Its height before it is turned.
        angle: By how much it is turned, in radians.

    Raises:
        ValueError: One of them is no finite number, or a side is negative.
    """
    cx, cy, w, h = parse_corners((x, y, width, height))
    turn = parse_coordinate(angle)
    if min(w, h) < 0:
        raise ValueError(f"a side of {min(w, h):g}")
    cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
    half_width, half_height = (w * cosine + h * sine) / 2, (w * sine + h * cosine) / 2
    return cx - half_width, cy - half_height, cx + half_width, cy + half_height
