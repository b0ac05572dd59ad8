"""What to make of stated sizes that are not those of the pictures: decided for the whole set, never for one picture.

A stated size may be wrong while the boxes are right, or right while the pictures were resized or turned later. A
picture whose boxes fit only one of the two sizes shows which it is. Boxes that fit both sizes say little, unless one
size is at least twice the other: then some of many faces would lie outside the smaller one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from converters.annotation import Box

Frame = Literal["picture", "stated size", "unknown"]
"""What boxes were drawn on: the picture as it is, a picture of the stated size, or one that cannot be known."""

_ROUNDING = 2  # pixels by which a stated size may differ without any effect on boxes
_SOME = 0.05  # share of the pictures that must fit one size only to decide
_STRAY = 0.01  # share of the pictures that may contradict, since single boxes are wrong
_FAR = 2.0  # one size is so many times the other
_MANY = 10  # pictures that fit both sizes, one far larger than the other, until they decide


@dataclass(slots=True)
class FrameEvidence:
    """Counts of pictures with faces whose stated size disagrees.

    Attributes:
        total: All of them.
        picture_only: Those whose boxes fit the picture, and not the stated size.
        stated_only: Those whose boxes fit the stated size, and not the picture.
        both: Those whose boxes fit both.
        far_smaller_picture: Those whose boxes fit both, and the picture is far smaller than the stated size.
        far_larger_picture: The same, and the picture is far larger.
    """

    total: int = 0
    picture_only: int = 0
    stated_only: int = 0
    both: int = 0
    far_smaller_picture: int = 0
    far_larger_picture: int = 0

    def add(self, faces: Sequence[Box], stated: tuple[int, int], real: tuple[int, int]) -> None:
        """Count one picture.

        Args:
            faces: Its boxes, at least one.
            stated: (width, height) that the annotation states.
            real: (width, height) of the picture.
        """
        right = max(max(box.x1, box.x2) for box in faces)
        bottom = max(max(box.y1, box.y2) for box in faces)
        in_picture, in_stated = (_fits(right, bottom, size) for size in (real, stated))
        self.total += 1
        self.picture_only += in_picture and not in_stated
        self.stated_only += in_stated and not in_picture
        both = in_picture and in_stated
        self.both += both
        self.far_smaller_picture += both and _far(stated, real)
        self.far_larger_picture += both and _far(real, stated)

    def decide(self, otherwise: Frame) -> Frame:
        """Decide what the boxes were drawn on.

        Args:
            otherwise: The answer where all boxes fit both sizes.
        """
        some, stray = self.total * _SOME, self.total * _STRAY
        if self.stated_only > some and self.picture_only <= stray:
            return "stated size"
        if self.picture_only > some and self.stated_only <= stray:
            return "picture"
        if max(self.stated_only, self.picture_only) > stray:
            return "unknown"
        if self.far_smaller_picture >= _MANY and not self.far_larger_picture:
            return "picture"
        if self.far_larger_picture >= _MANY and not self.far_smaller_picture:
            return "stated size"
        return otherwise

    def __str__(self) -> str:
        return f"{self.stated_only} fit the stated size only, {self.picture_only} the picture only, {self.both} both"


def disagree(stated: tuple[int, int], real: tuple[int, int]) -> bool:
    """Whether a stated size differs from the picture's by more than rounding. A size of 0 states nothing."""
    return min(stated) > 0 and max(abs(stated[0] - real[0]), abs(stated[1] - real[1])) > _ROUNDING


def same_shape(stated: tuple[int, int], real: tuple[int, int]) -> bool:
    """Whether one size is the other one scaled, up to a rounded pixel."""
    return abs(stated[0] * real[1] - stated[1] * real[0]) <= max(*stated, *real)


def _fits(right: float, bottom: float, size: tuple[int, int]) -> bool:
    # A few pixels past the edge come from rounding, not from another size.
    return right <= size[0] * 1.05 + 2 and bottom <= size[1] * 1.05 + 2


def _far(larger: tuple[int, int], smaller: tuple[int, int]) -> bool:
    return larger[0] >= _FAR * smaller[0] and larger[1] >= _FAR * smaller[1]
