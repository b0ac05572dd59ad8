"""The size classes in which faces are counted."""

from bisect import bisect_right

from converters.annotation import Box

SIZES = ("under 16", "16 to 32", "32 to 96", "larger")
_AREA_LIMITS = (16**2, 32**2, 96**2)  # in pixels; an area on a limit belongs to the larger class


def size_of(box: Box) -> str:
    """The size class of a box, one of SIZES."""
    area = box.width * box.height
    return SIZES[bisect_right(_AREA_LIMITS, area)]
