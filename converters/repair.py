"""Making boxes valid. Every change is recorded."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.labels import LabelMap
from converters.pictures import Header
from converters.placement import Placement, unplaceable
from converters.plurals import quantity
from converters.problems import Problems


def repair(
    annotations: Sequence[AnnotatedImage], header: Header, placement: Placement, labels: LabelMap, problems: Problems
) -> AnnotatedImage | None:
    """Merge all annotations of one picture into one valid annotation.

    Args:
        annotations: All annotations of one picture, at least one, with the source's labels.
        header: The picture's header.
        placement: How the coordinates of the set are read.
        labels: The classes of the labels; boxes with an ignored label are left out.
        problems: Where every change is recorded.

    Returns:
        One annotation with class names as labels: boxes inside the picture as displayed, with an area, none twice; size
        is the displayed size. None where a face cannot be placed: without it, it would count as background.

    Raises:
        InputError: `problems` is strict, and a face cannot be placed.
    """
    first = annotations[0]
    if len(annotations) > 1:
        files = ", ".join(str(annotation.annotation) for annotation in annotations)
        problems.repaired("several annotations of one picture", first.path, files, "merged")
    if not any(annotation.boxes for annotation in annotations):
        problems.repaired("no objects", first.annotation, "no box", "kept as background")
    kept: dict[Box, None] = {}
    for annotation in annotations:
        boxes = placement.place(annotation, header, problems)
        if boxes is None:
            return None
        faces = [
            (number, _in_order(box, name, annotation.annotation, number, problems))
            for number, box in enumerate(boxes, start=1)
            if (name := labels.class_of(box.label))
        ]
        if _reports_unplaceable(annotation, faces, header.displayed, problems):
            return None
        for number, box in faces:
            fixed = _clipped(box, annotation.annotation, number, header.displayed, problems)
            count = len(kept)
            kept[fixed] = None
            if len(kept) == count:
                value = f"{box.label} {_show(box)}"
                problems.repaired("exact duplicate", annotation.annotation, value, "dropped", number)
    return replace(first, boxes=tuple(kept), size=header.displayed, units="pixels")


def _in_order(box: Box, name: str, file: Path, number: int, problems: Problems) -> Box:
    """The box with its class name as its label, and its corners in order."""
    if box.x1 <= box.x2 and box.y1 <= box.y2:
        return Box(box.x1, box.y1, box.x2, box.y2, name)
    problems.repaired("inverted corners", file, _show(box), "swapped", number)
    x1, x2 = sorted((box.x1, box.x2))
    y1, y2 = sorted((box.y1, box.y2))
    return Box(x1, y1, x2, y2, name)


def _reports_unplaceable(
    image: AnnotatedImage, faces: Sequence[tuple[int, Box]], size: tuple[int, int], problems: Problems
) -> bool:
    """Whether a face cannot be placed; the first such face is recorded, and how many more there are."""
    reasons = [(number, box, reason) for number, box in faces if (reason := unplaceable(box, size))]
    if not reasons:
        return False
    number, box, reason = reasons[0]
    more = f" and {quantity(len(reasons) - 1, 'more face')}" if len(reasons) > 1 else ""
    value = f"{_show(box)}{more} in {size[0]} x {size[1]}"
    problems.left_out(reason, image.annotation, value, f"picture {image.path.name} left out", number)
    return True


def _clipped(box: Box, file: Path, number: int, size: tuple[int, int], problems: Problems) -> Box:
    width, height = size
    if box.x1 >= 0 and box.y1 >= 0 and box.x2 <= width and box.y2 <= height:
        return box
    problems.repaired("past the edge", file, f"{_show(box)} in {width} x {height}", "clipped", number)
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (box.y1, box.y2))
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2)


def _show(box: Box) -> str:
    return f"({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g})"
