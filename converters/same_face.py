"""Boxes that are drawn around one face."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from converters.annotation import AnnotatedImage, Box

# Two faces of one picture hardly overlap by more than half. Within one annotation the limit is higher, since each box
# was drawn on purpose.
_OVERLAP = 0.8  # IoU of two boxes of one annotation
_OVERLAP_OF_SEVERAL = 0.5  # IoU of boxes of two annotations of a picture


@dataclass(slots=True, eq=False)  # not frozen: that would take twice the time
class Face:
    """A box that is ready to be written, and where it was found.

    Attributes:
        box: In pixels of the picture, inside it, labelled with its class.
        image: The annotation that holds it.
        number: Its number in that annotation, counted from 1.
    """

    box: Box
    image: AnnotatedImage
    number: int


def same_faces(faces: Sequence[Face]) -> Iterator[tuple[Face, Face]]:
    """Find boxes of one face: in two annotations of the picture, or with two labels in one of them.

    Args:
        faces: The faces of one picture.

    Yields:
        Pairs of boxes that overlap so much that they are on one face, in the order in which they were given.
    """
    if len({(face.box.label, id(face.image)) for face in faces}) < 2:
        return
    order = sorted(range(len(faces)), key=lambda index: faces[index].box.x1)
    for start, index in enumerate(order, start=1):
        face = faces[index]
        for position in range(start, len(order)):
            other = faces[order[position]]
            if other.box.x1 - face.box.x1 > face.box.width * (1 - _OVERLAP_OF_SEVERAL):
                break  # no box further to the right can overlap by the limit
            several = face.image is not other.image
            limit = _OVERLAP_OF_SEVERAL if several else _OVERLAP
            if (several or face.box.label != other.box.label) and _iou(face.box, other.box) >= limit:
                yield (face, other) if index < order[position] else (other, face)


def _iou(a: Box, b: Box) -> float:
    # One pair at a time: for the few pairs of a picture, arrays take ten times as long.
    width, height = min(a.x2, b.x2) - max(a.x1, b.x1), min(a.y2, b.y2) - max(a.y1, b.y1)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.width * a.height + b.width * b.height - shared)
