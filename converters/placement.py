"""Where boxes lie in their pictures: units and stated sizes are decided once, for the whole set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from converters.annotation import AnnotatedImage, Box, Units
from converters.corners import CornerEvidence
from converters.errors import PictureError
from converters.labels import LabelMap
from converters.pictures import Header
from converters.plurals import quantity
from converters.problems import Problems
from converters.stated_size import Frame, FrameEvidence, disagree, same_shape
from converters.units import UnitEvidence

_DISAGREES = "size disagrees with the picture"
_Treatment = Literal["as they stand", "scaled", "turned", "unknown", "stretched"]
_ACTIONS: dict[_Treatment, str] = {
    "as they stand": "boxes used as they stand",
    "scaled": "boxes scaled from the stated size",
    "turned": "boxes turned with the picture, as its EXIF orientation says",
    "unknown": "picture left out: its boxes fit both sizes, and other pictures do not tell; correct the stated size",
    "stretched": "picture left out: its boxes are on the stated size, and it was resized in other proportions",
}
OUTSIDE = "outside the picture"
_FEWEST_OUTSIDE, _SHARE_OUTSIDE = 10, 0.05  # pictures with a face outside, from which on single mistakes are unlikely
_LEAST_SIDE = 0.99  # pixels; a side of 1 becomes a little less in the six decimals of a label file


def unplaceable(box: Box, size: tuple[int, int]) -> str | None:
    """Say why a box cannot be placed in its picture.

    Args:
        box: In pixels of the picture, its corners in order.
        size: (width, height) of the picture.

    Returns:
        "zero area", "smaller than a pixel", "outside the picture", or None where a part of the box lies in the picture
        that is at least a pixel wide and high.
    """
    width, height = box.x2 - box.x1, box.y2 - box.y1
    if width <= 0 or height <= 0:
        return "zero area"
    if width < _LEAST_SIDE or height < _LEAST_SIDE:
        return "smaller than a pixel"
    if box.x1 >= 0 and box.y1 >= 0 and box.x2 <= size[0] and box.y2 <= size[1]:
        return None
    inside = min(box.x2, size[0]) - max(box.x1, 0), min(box.y2, size[1]) - max(box.y1, 0)
    return OUTSIDE if min(inside) < _LEAST_SIDE else None


@dataclass(frozen=True, slots=True)
class Placement:
    """How the coordinates of a set are read.

    Attributes:
        labels: The classes of the labels. Boxes with an ignored label do not matter.
        units: The unit of the boxes, for each unit that their format states.
        resized: What boxes were drawn on, where the stated size is not that of the picture.
        turned: The same, where the stated size is that of the picture before its EXIF rotation.
    """

    labels: LabelMap
    units: Mapping[Units, Units]
    resized: Frame
    turned: Frame

    def place(self, image: AnnotatedImage, header: Header, problems: Problems) -> Sequence[Box] | None:
        """Give the boxes of one picture in pixels of the picture as displayed.

        Args:
            image: The picture and its boxes, as a reader yields them.
            header: The picture's header.
            problems: Where a stated size that disagrees is recorded.

        Returns:
            The boxes, or None where it cannot be known where they lie, which is recorded.

        Raises:
            InputError: `problems` is strict, and it cannot be known where the boxes lie.
        """
        stated, real = image.size, header.displayed
        if self.units[image.units] == "fractions":
            return _scaled(image.boxes, *real)
        if not stated or stated == real or not _faces(image, self.labels):
            return image.boxes
        treatment = self._treatment(stated, header)
        found = f"{stated[0]} x {stated[1]} stated, picture {real[0]} x {real[1]}"
        if treatment in ("unknown", "stretched"):
            problems.left_out(_DISAGREES, image.annotation, found, _ACTIONS[treatment])
            return None
        problems.repaired(_DISAGREES, image.annotation, found, _ACTIONS[treatment])
        if treatment == "turned":
            return [_turn(box, header) for box in image.boxes]
        return _scaled(image.boxes, real[0] / stated[0], real[1] / stated[1]) if treatment == "scaled" else image.boxes

    def _treatment(self, stated: tuple[int, int], header: Header) -> _Treatment:
        if not disagree(stated, header.displayed):
            return "as they stand"
        turned = _is_turned(stated, header)
        frame = self.turned if turned else self.resized
        if frame == "stated size":
            return "turned" if turned else "scaled" if same_shape(stated, header.displayed) else "stretched"
        return "as they stand" if frame == "picture" else "unknown"


def decide_placement(
    pictures: Iterable[Sequence[AnnotatedImage]],
    headers: Iterable[Header | PictureError],
    labels: LabelMap,
    problems: Problems,
) -> Placement:
    """Decide how the coordinates of a set are read.

    Args:
        pictures: All annotations of each picture.
        headers: The header of each picture.
        labels: The classes of the labels. Boxes with an ignored label do not matter.
        problems: Where the decisions are noted.

    Returns:
        The decision for the whole set.

    Raises:
        ConversionError: Some boxes are in pixels, and some in fractions; or all are two corners in place of a size.
        InputError: `problems` is strict, and the boxes are not in the unit of their format.
    """
    units, corners, resized, turned = UnitEvidence(), CornerEvidence(), FrameEvidence(), FrameEvidence()
    for annotations, header in zip(pictures, headers, strict=True):
        if isinstance(header, PictureError):
            continue
        for image in annotations:
            faces = _faces(image, labels)
            units.add(image, faces, header.displayed)
            corners.add(image, faces, header.displayed)
            if faces and image.size and disagree(image.size, header.displayed):
                evidence = turned if _is_turned(image.size, header) else resized
                evidence.add(faces, image.size, header.displayed)
    unit_of = units.decide(problems)
    corners.check()
    placement = Placement(labels, unit_of, resized.decide("unknown"), turned.decide("stated size"))
    if "pixels" in unit_of.values():
        _note_sizes(resized, placement.resized, "scaled where the proportions are the same", problems)
        _note_sizes(turned, placement.turned, "turned with the pictures (EXIF)", problems)
    return placement


def warn_of_another_size(pictures: int, problems: Problems) -> None:
    """Warn where so many pictures have a face outside that the boxes may belong to pictures of another size.

    Args:
        pictures: How many pictures were looked at.
        problems: What was found in them, and where the warning goes.
    """
    outside = problems.counts("left out").get(OUTSIDE, 0)
    if outside >= _FEWEST_OUTSIDE and outside >= _SHARE_OUTSIDE * pictures:
        problems.warnings.append(
            f"{outside} of {pictures} pictures have a face outside the picture: perhaps they were resized or cut after "
            "they were annotated, and then the boxes on the other pictures are wrong too."
        )


def _faces(image: AnnotatedImage, labels: LabelMap) -> list[Box]:
    return [box for box in image.boxes if labels.class_of(box.label)]


def _is_turned(stated: tuple[int, int], header: Header) -> bool:
    """Whether a stated size is that of the picture before its EXIF rotation by a quarter."""
    return header.orientation > 4 and stated == (header.width, header.height) != header.displayed


def _note_sizes(evidence: FrameEvidence, frame: Frame, before: str, problems: Problems) -> None:
    if not evidence.total:
        return
    decisions = {
        "picture": "their boxes fit the pictures, and are used as they stand",
        "stated size": f"their boxes are on the stated size, and are {before}",
        "unknown": "whether their boxes are on the stated size cannot be known, so these pictures are left out",
    }
    pictures = quantity(evidence.total, "picture has", "pictures have")
    problems.notes.append(f"{pictures} another size than stated: {decisions[frame]}. {evidence}.")


def _scaled(boxes: Iterable[Box], x: float, y: float) -> list[Box]:
    return [Box(box.x1 * x, box.y1 * y, box.x2 * x, box.y2 * y, box.label, box.attributes) for box in boxes]


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
    return Box(*corners, box.label, box.attributes)
