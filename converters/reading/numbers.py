"""Reading the numbers of annotation files."""

import math
from collections.abc import Sequence

from converters.plurals import quantity

_MOST = 1e9  # sums and squares of what is smaller stay finite; no picture has so many pixels in a row


def parse_coordinate(value: object) -> float:
    """Read one coordinate.

    Args:
        value: A number, or text that is one.

    Returns:
        The number.

    Raises:
        ValueError: It is missing, no number, not finite, or absurdly large.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("no number" if value is None else f"{type(value).__name__}, expected a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"{str(value)[:40]!r}, expected a number") from None
    if -_MOST <= number <= _MOST:
        return number
    raise ValueError(f"{number:g}, expected a {'coordinate' if math.isfinite(number) else 'finite number'}")


def is_coordinate(value: object) -> bool:
    """Whether `parse_coordinate` reads it."""
    try:
        parse_coordinate(value)
    except ValueError:
        return False
    return True


def parse_corners(values: Sequence[object]) -> tuple[float, float, float, float]:
    """Read the four numbers of a box.

    Raises:
        ValueError: They are not four, or one of them is no finite number.
    """
    if len(values) != 4:
        raise ValueError(f"{quantity(len(values), 'coordinate')}, expected 4")
    a, b, c, d = values
    return parse_coordinate(a), parse_coordinate(b), parse_coordinate(c), parse_coordinate(d)


def size_in(width: object, height: object) -> tuple[int, int] | None:
    """The (width, height) of a picture that two values state, or None where they are no numbers."""
    try:
        return int(parse_coordinate(width)), int(parse_coordinate(height))
    except ValueError:
        return None
