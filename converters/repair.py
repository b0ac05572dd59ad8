"""Making boxes valid: every change is recorded, none is silent."""

from collections.abc import Iterable
from dataclasses import replace

from converters.annotation import AnnotatedImage, Box
from converters.pictures import Header
from converters.problems import Problems

_DECIMALS = 6  # of a YOLO label file: a box thinner than they can say has no area there


def repair(annotations: list[AnnotatedImage], header: Header, problems: Problems) -> AnnotatedImage:
    """Turn everything that is said about one picture into one valid annotation.

    Args:
        annotations: All annotations of one picture, at least one.
        header: The picture's header.
        problems: Where every change is recorded.

    Returns:
        One annotation: boxes inside the picture as displayed, with an area, none twice; size is the displayed size.
    """
    first = annotations[0]
    if len(annotations) > 1:
        others = ", ".join(str(other.annotation) for other in annotations[1:])
        problems.repaired("several annotations of one picture", first.path, f"{first.annotation}, {others}", "merged")
    numbered = [item for annotation in annotations for item in _in_displayed_frame(annotation, header, problems)]
    valid = []
    for image, number, box in numbered:
        fixed = _fit(image, number, box, header.displayed, problems)
        if fixed is not None:
            valid.append((image, number, fixed))
    boxes = _without_duplicates(valid, problems)
    if not any(annotation.boxes for annotation in annotations):
        problems.repaired("no objects", first.annotation, "no box", "kept as background")
    return replace(first, boxes=boxes, size=header.displayed)


_Numbered = tuple[AnnotatedImage, int, Box]


def _in_displayed_frame(image: AnnotatedImage, header: Header, problems: Problems) -> list[_Numbered]:
    """The boxes in pixels of the picture as displayed, where the annotation shows that it meant another frame."""
    boxes = list(image.boxes)
    claimed, real = image.size, header.displayed
    if claimed is not None and claimed != real:
        found = f"{claimed[0]} x {claimed[1]}, picture {real[0]} x {real[1]}"
        action = "boxes used as they stand"
        if header.orientation > 4 and claimed == (header.width, header.height):
            boxes = [_turn(box, header) for box in boxes]
            action = f"boxes turned with the picture (EXIF orientation {header.orientation})"
        elif _made_on_larger_copy(boxes, claimed, real):
            x, y = real[0] / claimed[0], real[1] / claimed[1]
            boxes = [replace(box, x1=box.x1 * x, y1=box.y1 * y, x2=box.x2 * x, y2=box.y2 * y) for box in boxes]
            action = "boxes scaled: they lie outside the picture but fit the size stated"
        problems.repaired("size disagrees with the picture", image.annotation, found, action)
    return [(image, number, box) for number, box in enumerate(boxes, start=1)]


def _turn(box: Box, header: Header) -> Box:
    """A box of the stored picture in the displayed one, for the orientations that exchange width and height."""
    width, height = header.width, header.height
    if header.orientation == 5:
        corners = box.y1, box.x1, box.y2, box.x2
    elif header.orientation == 6:
        corners = height - box.y2, box.x1, height - box.y1, box.x2
    elif header.orientation == 7:
        corners = height - box.y2, width - box.x2, height - box.y1, width - box.x1
    else:
        corners = box.y1, width - box.x2, box.y2, width - box.x1
    return Box(*corners, box.label)


def _made_on_larger_copy(boxes: Iterable[Box], claimed: tuple[int, int], real: tuple[int, int]) -> bool:
    """Whether boxes only make sense in the size that the annotation claims, a multiple of the real one."""
    if min(claimed) < 1 or abs(claimed[0] * real[1] - claimed[1] * real[0]) > max(*claimed, *real):
        return False
    right = max((max(box.x1, box.x2) for box in boxes), default=0)
    bottom = max((max(box.y1, box.y2) for box in boxes), default=0)
    # A few pixels over the edge are a rounding of the annotator's, not another size.
    outside = right > real[0] * 1.05 + 2 or bottom > real[1] * 1.05 + 2
    return outside and right <= claimed[0] + 2 and bottom <= claimed[1] + 2


def _fit(image: AnnotatedImage, number: int, box: Box, size: tuple[int, int], problems: Problems) -> Box | None:
    """The box with its corners in order and inside the picture, or None where nothing of it is left."""
    width, height = size
    if box.x2 < box.x1 or box.y2 < box.y1:
        x1, x2 = sorted((box.x1, box.x2))
        y1, y2 = sorted((box.y1, box.y2))
        problems.repaired("inverted corners", image.annotation, _show(box), "swapped", number)
        box = Box(x1, y1, x2, y2, box.label)
    if not _has_area(box, size):
        problems.repaired("zero area", image.annotation, _show(box), "dropped", number)
        return None
    if box.x1 >= 0 and box.y1 >= 0 and box.x2 <= width and box.y2 <= height:
        return box
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (box.y1, box.y2))
    clipped = Box(x1, y1, x2, y2, box.label)
    value = f"{_show(box)} in {width} x {height}"
    if not _has_area(clipped, size):
        problems.repaired("outside the picture", image.annotation, value, "dropped", number)
        return None
    problems.repaired("past the edge", image.annotation, value, "clipped", number)
    return clipped


def _has_area(box: Box, size: tuple[int, int]) -> bool:
    return round(box.width / size[0], _DECIMALS) > 0 and round(box.height / size[1], _DECIMALS) > 0


def _without_duplicates(numbered: list[_Numbered], problems: Problems) -> tuple[Box, ...]:
    kept: dict[Box, None] = {}
    for image, number, box in numbered:
        if box in kept:
            problems.repaired("exact duplicate", image.annotation, f"{box.label} {_show(box)}", "dropped", number)
        kept[box] = None
    return tuple(kept)


def _show(box: Box) -> str:
    return f"({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g})"
