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
from converters.same_face import Face, same_faces
from converters.split import SPLITS

_ROUNDING = 1e-6  # of the width or height: the six decimals of a YOLO label file move an edge by less
IN_TWO_SPLITS = "picture in two splits"


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
        is the displayed size. None where a face cannot be placed, which would count as background without its box, or
        has two labels.

    Raises:
        InputError: `problems` is strict, and the picture has to be left out.
    """
    first = annotations[0]
    if not any(annotation.boxes for annotation in annotations):
        problems.repaired("no objects", first.annotation, "no box", "kept as background")
    found = []
    for annotation in annotations:
        faces = _faces(annotation, header, placement, labels, problems)
        if faces is None:
            return None
        found.append(faces)
    boxes = _merged(found, problems)
    if boxes is None:
        return None
    _report_several(annotations, found, problems)
    return replace(first, boxes=boxes, size=header.displayed, split=_one_split(annotations, problems), units="pixels")


def _faces(
    image: AnnotatedImage, header: Header, placement: Placement, labels: LabelMap, problems: Problems
) -> list[Face] | None:
    """The valid faces of one annotation; None where one of them cannot be placed."""
    boxes = placement.place(image, header, problems)
    if boxes is None:
        return None
    size = header.displayed
    numbered = [
        (number, _in_order(box, name, image.annotation, number, problems))
        for number, box in enumerate(boxes, start=1)
        if (name := labels.class_of(box.label))
    ]
    if _reports_unplaceable(image, numbered, size, problems):
        return None
    faces: dict[Box, Face] = {}
    for number, box in numbered:
        fixed = _clipped(box, image.annotation, number, size, problems)
        face = Face(fixed, image, number)
        if faces.setdefault(fixed, face) is not face:
            problems.repaired("exact duplicate", image.annotation, f"{box.label} {_show(box)}", "dropped", number)
    return list(faces.values())


def _merged(found: Sequence[Sequence[Face]], problems: Problems) -> tuple[Box, ...] | None:
    """The boxes of all annotations of a picture, each face once; None where a face has two labels."""
    faces = [face for group in found for face in group]
    dropped: set[Face] = set()
    for face, again in same_faces(faces):
        if face.box.label != again.box.label:
            problems.two_labels.append((face.image.path, face.box, again.box))
            value = f"{_show_face(face)} and {_show_face(again)}"
            action = f"picture {face.image.path.name} left out"
            problems.left_out("one face with two labels", again.image.annotation, value, action, again.number)
            return None
        if face not in dropped and again not in dropped:
            dropped.add(again)
            if face.box != again.box:
                value = f"{_show_face(again)}, and {_show(face.box)} in {face.image.annotation}"
                problems.repaired("face annotated twice", again.image.annotation, value, "dropped", again.number)
    return tuple(face.box for face in faces if face not in dropped)


def _report_several(images: Sequence[AnnotatedImage], found: Sequence[Sequence[Face]], problems: Problems) -> None:
    if len(images) == 1:
        return
    files = sorted({str(image.annotation) for image in images})
    alike = len({frozenset(face.box for face in faces) for faces in found}) == 1
    if len(files) > 1 or not alike:
        action = "alike, used once" if alike else "merged"
        problems.repaired("several annotations of one picture", images[0].path, ", ".join(files), action)


def _one_split(images: Sequence[AnnotatedImage], problems: Problems) -> str | None:
    """The split of a picture. Of several, train is taken: a test on a picture of train would measure memory."""
    given = [split for split in SPLITS if any(image.split == split for image in images)]
    if len(given) > 1:
        problems.repaired(IN_TWO_SPLITS, images[0].path, " and ".join(given), f"kept in {given[0]} alone")
    return given[0] if given else None


def _in_order(box: Box, name: str, file: Path, number: int, problems: Problems) -> Box:
    """The box with its class name as its label, and its corners in order."""
    if box.x1 <= box.x2 and box.y1 <= box.y2:
        same = box.label == name and not box.attributes
        return box if same else Box(box.x1, box.y1, box.x2, box.y2, name)
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
    past = max(-box.x1 / width, -box.y1 / height, box.x2 / width - 1, box.y2 / height - 1)
    if past > _ROUNDING:
        problems.repaired("past the edge", file, f"{_show(box)} in {width} x {height}", "clipped", number)
    x1, x2 = (min(max(x, 0.0), float(width)) for x in (box.x1, box.x2))
    y1, y2 = (min(max(y, 0.0), float(height)) for y in (box.y1, box.y2))
    return replace(box, x1=x1, y1=y1, x2=x2, y2=y2)


def _show_face(face: Face) -> str:
    return f"{face.box.label} {_show(face.box)}"


def _show(box: Box) -> str:
    return f"({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g})"
