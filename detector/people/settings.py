"""Settings of `PeopleTracker`: when frames decide the state of a person, zones in which faces count, and lines."""

import math
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from detector.errors import UsageError
from detector.people.points import Point, check_line, check_polygon

_BOUNDS = "bounds"
_IN_WORDS = {"gt": "greater than", "ge": "greater than or equal to", "le": "less than or equal to"}


def _number(default: float, **bounds: float) -> Any:  # Any: a dataclass field stands for a value of the annotated type
    """A field for a number.

    Args:
        default: Its default.
        bounds: The limits of its values: `gt` is exclusive, `ge` and `le` are inclusive.
    """
    return field(default=default, metadata={_BOUNDS: bounds})


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionSettings:
    """The settings of decisions about a person's state; `decision.py` has the rules. All times are those of frames.

    Attributes:
        first_seconds: A first decision takes looks at the face for so many seconds.
        change_seconds: A change takes looks for so many seconds more that say the new state than others.
        share: The part of the looks, weighted by confidence, that one state needs: above 0.5, up to 1.
        gap_seconds: How long a gap may be: people who are not seen stay in view for so long, and keep their number.
        min_fps: Looks at a camera per second below which nobody's state is known.
        min_face: A face votes if its longer side has at least so many pixels.

    Raises:
        UsageError: A value is out of bounds; the message names the field.
    """

    first_seconds: float = _number(0.7, gt=0)
    change_seconds: float = _number(1.5, gt=0)
    share: float = _number(0.7, gt=0.5, le=1)
    gap_seconds: float = _number(4.0, gt=0)
    min_fps: float = _number(4.0, ge=0)
    min_face: float = _number(16, ge=0)

    @property
    def longest_step(self) -> float:
        """The most seconds that one look stands for: those between two looks at `min_fps`."""
        return 1 / self.min_fps if self.min_fps else math.inf

    def __post_init__(self) -> None:
        for option in fields(self):
            _check_bounds(option, getattr(self, option.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of the image in which faces count, or are ignored.

    Attributes:
        polygon: Its corners (x, y): fractions of the image, or pixels where any number is above 1.
        name: What it is called.
        count: True: only faces in such zones count. False: faces in it are ignored, whatever other zones say.

    Raises:
        UsageError: The corners form no simple polygon.
    """

    polygon: tuple[Point, ...]
    name: str = "zone"
    count: bool = True

    def __post_init__(self) -> None:
        check_polygon(self.polygon)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line over which people are counted.

    Attributes:
        points: Its two ends (x, y): fractions of the image, or pixels where any number is above 1. Somebody who looks
            from the first to the second has what is called in on the right.
        name: What it is called.

    Raises:
        UsageError: The points form no line.
    """

    points: tuple[Point, ...]
    name: str = "line"

    def __post_init__(self) -> None:
        check_line(self.points)


def bounds_of(option: "Field[Any]") -> Mapping[str, float]:
    """The limits of a field for numbers, by `gt` (exclusive), `ge` and `le` (inclusive); empty for other fields."""
    bounds: Mapping[str, float] = option.metadata.get(_BOUNDS, {})
    return bounds


def _check_bounds(option: "Field[Any]", value: float) -> None:
    for name, bound in bounds_of(option).items():
        within = {"gt": value > bound, "ge": value >= bound, "le": value <= bound}[name]
        if not within:
            raise UsageError(option.name, f"{value:g}", f"a number {_IN_WORDS[name]} {bound:g}")
