"""Making boxes valid. Every change is recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.labels import LabelMap
from converters.pictures import Header
from converters.problems import Problems

_DECIMALS = 6  # of a YOLO label file; a box whose side rounds to 0 there has no area


def repair(
    annotations: Sequence[AnnotatedImage], header: Header, labels: LabelMap, problems: Problems
) -> AnnotatedImage:
    """Merge all annotations of one picture into one valid annotation.

    Args:
        annotations: All annotations of one picture, at least one, with the source's labels.
        header: The picture's header.
        labels: The classes of the labels; boxes with an ignored label are left out.
        problems: Where every change is recorded.

    Returns:
        One annotation with class names as labels: boxes inside the picture as displayed, with an area, none twice; size
        is the displayed size.
    """
    first = annotations[0]
    if len(annotations) > 1:
        files = ", ".join(str(annotation.annotation) for annotation in annotations)
        problems.repaired("several annotations of one picture", first.path, files, "merged")
    if not any(annotation.boxes for annotation in annotations):
        problems.repaired("no objects", first.annotation, "no box", "kept as background")
    kept: dict[Box, None] = {}
    for annotation in annotations:
        for number, box in enumerate(_in_displayed_frame(annotation, header, problems), start=1):
            name = labels.class_of(box.label)
            if name is None:
                continue
            fixed = _fit(annotation.annotation, number, box, header.displayed, problems)
            if fixed is None:
                continue
            count = len(kept)
            kept[fixed if name == box.label else replace(fixed, label=name)] = None
            if len(kept) == count:
                problems.repaired("exact duplicate", annotation.annotation, f"{name} {_show(box)}", "dropped", number)
    return replace(first, boxes=tuple(kept), size=header.displayed)


def _in_displayed_frame(image: AnnotatedImage, header: Header, problems: Problems) -> Sequence[Box]:
    """The boxes in pixels of the displayed picture. They may have been made on the stored or on a larger one."""
    boxes, claimed, real = image.boxes, image.size, header.displayed
    if claimed is None or claimed == real:
        return boxes
    action = "boxes used as they stand"
    if header.orientation > 4 and claimed == (header.width, header.height):
        boxes = tuple(_turn(box, header) for box in boxes)
        action = f"boxes turned with the picture (EXIF orientation {header.orientation})"
    elif _made_on_larger_copy(boxes, claimed, real):
        x, y = real[0] / claimed[0], real[1] / claimed[1]
        boxes = tuple(Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y, box.label) for box in boxes)
        action = "boxes scaled: they lie outside the picture but fit the size stated"
    found = f"{claimed[0]} x {claimed[1]}, picture {real[0]} x {real[1]}"
    problems.repaired("size disagrees with the picture", image.annotation, found, action)
    return boxes


def _turn(box: Box, header: Header) -> Box:
    """Turn a box from the stored to the displayed picture, for orientations that exchange width and height."""
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
    # A few pixels past the edge come from rounding, not from another size.
    outside = right > real[0] * 1.05 + 2 or bottom > real[1] * 1.05 + 2
    return outside and right <= claimed[0] + 2 and bottom <= claimed[1] + 2


def _fit(file: Path, number: int, box: Box, size: tuple[int, int], problems: Problems) -> Box | None:
    """The box with its corners in order and inside the picture, or None where nothing of it is left."""
    if _is_inside(box, size) and _has_area(box, size):
        return box
    if box.x2 < box.x1 or box.y2 < box.y1:
        x1, x2 = sorted((box.x1, box.x2))
        y1, y2 = sorted((box.y1, box.y2))
        problems.repaired("inverted corners", file, _show(box), "swapped", number)
        box = Box(x1, y1, x2, y2, box.label)
    if not _has_area(box, size):
        problems.repaired("zero area", file, _show(box), "dropped", number)
        return None
    if _is_inside(box, size):
        return box
    width, height = size
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (box.y1, box.y2))
    clipped = Box(x1, y1, x2, y2, box.label)
    value = f"{_show(box)} in {width} x {height}"
    if not _has_area(clipped, size):
        problems.repaired("outside the picture", file, value, "dropped", number)
        return None
    problems.repaired("past the edge", file, value, "clipped", number)
    return clipped


def _is_inside(box: Box, size: tuple[int, int]) -> bool:
    return box.x1 >= 0 and box.y1 >= 0 and box.x2 <= size[0] and box.y2 <= size[1]


def _has_area(box: Box, size: tuple[int, int]) -> bool:
    return round(box.width / size[0], _DECIMALS) > 0 and round(box.height / size[1], _DECIMALS) > 0


def _show(box: Box) -> str:
    return f"({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g})"
