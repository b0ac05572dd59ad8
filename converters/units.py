"""Whether the boxes of a set are in pixels or in fractions: decided for the whole set, never for one picture.

A face of two pixels is too small to be annotated, and no face is more than twice as large as its picture. So a box with
a side of more than 2 is in pixels, and one of which all corners lie between -2 and 2 is in fractions.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from converters.annotation import AnnotatedImage, Box, Units
from converters.errors import ConversionError, InputError
from converters.plurals import quantity
from converters.problems import Problems

_LIMIT = 2.0
_PERCENT = 100
_Look = Literal["pixels", "fractions", "either"]


@dataclass(slots=True)
class UnitEvidence:
    """What the boxes of a set say about the unit that they are in.

    Attributes:
        counts: Boxes by the unit of their format and the unit that they seem to be in.
        first: The first of each, with its picture.
        farthest: The largest number of a corner, where the format states fractions.
        smallest: The shortest side of a picture, there.
    """

    counts: Counter[tuple[Units, _Look]] = field(default_factory=Counter)
    first: dict[tuple[Units, _Look], tuple[AnnotatedImage, Box]] = field(default_factory=dict)
    farthest: float = 0.0
    smallest: int | None = None

    def add(self, image: AnnotatedImage, faces: Sequence[Box], size: tuple[int, int]) -> None:
        """Count the faces of one picture of a size (width, height)."""
        if faces and image.units == "fractions":
            self.farthest = max(self.farthest, *(max(box.x2, box.y2) for box in faces))
            self.smallest = min(size) if self.smallest is None else min(self.smallest, *size)
        for box in faces:
            look = _look(box, image.units)
            if look is None:
                continue
            self.counts[image.units, look] += 1
            if (image.units, look) not in self.first:
                self.first[image.units, look] = image, box

    def decide(self, problems: Problems) -> Mapping[Units, Units]:
        """Decide which unit the boxes are in.

        Args:
            problems: Where it is noted if that is not the unit of the format.

        Returns:
            The unit of the boxes, for each unit that a format may state.

        Raises:
            ConversionError: Some boxes are in pixels, and some in fractions; or they may be in percent.
            InputError: `problems` is strict, and the boxes are not in the unit of the format.
        """
        return {"pixels": self._decide("pixels", problems), "fractions": self._decide("fractions", problems)}

    def _decide(self, stated: Units, problems: Problems) -> Units:
        pixels, fractions = self.counts[stated, "pixels"], self.counts[stated, "fractions"]
        if pixels and fractions:
            raise self._mixed(stated)
        if stated == "pixels" and not pixels and (fractions or self.counts[stated, "either"]):
            return self._other_unit(stated, "fractions", "All boxes lie between 0 and 1", problems)
        if stated == "fractions" and pixels and self.farthest < _PERCENT + 1 < (self.smallest or 0) / 2:
            image, _ = self.first[stated, "pixels"]
            found = f"boxes between 0 and {_PERCENT} in pictures of at least {self.smallest} pixels: perhaps percent"
            raise ConversionError(image.annotation, found, "fractions: divide the numbers by 100")
        if stated == "fractions" and pixels:
            return self._other_unit(stated, "pixels", "All boxes are larger than their pictures", problems)
        return stated

    def _other_unit(self, stated: Units, unit: Units, reason: str, problems: Problems) -> Units:
        if problems.strict:
            image, _ = next(first for (of, _), first in self.first.items() if of == stated)
            raise InputError(image.annotation, f"{reason.lower()}, as if they were {unit} and not {stated}")
        problems.notes.append(f"{reason}: they were read as {unit} of the picture, not as {stated}.")
        return unit

    def _mixed(self, stated: Units) -> ConversionError:
        pixels, fractions = self.counts[stated, "pixels"], self.counts[stated, "fractions"]
        rare: Units = "pixels" if pixels < fractions else "fractions"
        usual: Units = "fractions" if pixels < fractions else "pixels"
        image, box = self.first[stated, rare]
        corners = f"x1 {box.x1:g}, y1 {box.y1:g}, x2 {box.x2:g}, y2 {box.y2:g}"
        boxes = quantity(pixels, "box looks", "boxes look")
        return ConversionError(
            image.annotation,
            f"mixed units in the set: {boxes} like pixels, {fractions} like fractions of the picture; "
            f"the first in {rare} is {corners} of {image.path.name}",
            f"all in {usual}: correct the others, or convert the two kinds apart",
        )


def _look(box: Box, stated: Units) -> _Look | None:
    """The unit that a box seems to be in; None where it says nothing."""
    width, height = abs(box.x2 - box.x1), abs(box.y2 - box.y1)
    if width > _LIMIT or height > _LIMIT:
        return "pixels"
    corners = (box.x1, box.y1, box.x2, box.y2)
    if not width or not height or max(map(abs, corners)) > _LIMIT:
        return None
    # Whole numbers are fractions where a face fills its picture, else a mark of one pixel.
    whole = stated == "pixels" and all(float(corner).is_integer() for corner in corners)
    return "either" if whole else "fractions"
