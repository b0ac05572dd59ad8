"""Where boxes lie in their pictures."""

from converters.annotation import Box

_DECIMALS = 6  # of a YOLO label file; a box whose side rounds to 0 there has no area


def unplaceable(box: Box, size: tuple[int, int]) -> str | None:
    """Say why a box cannot be placed in its picture.

    Args:
        box: In pixels of the picture, its corners in order.
        size: (width, height) of the picture.

    Returns:
        "zero area", "outside the picture", or None where a part of the box with an area lies in the picture.
    """
    width, height = size
    if not _has_area(box.width, box.height, size):
        return "zero area"
    inside = min(box.x2, width) - max(box.x1, 0), min(box.y2, height) - max(box.y1, 0)
    return None if _has_area(*inside, size) else "outside the picture"


def _has_area(width: float, height: float, size: tuple[int, int]) -> bool:
    return round(width / size[0], _DECIMALS) > 0 and round(height / size[1], _DECIMALS) > 0
