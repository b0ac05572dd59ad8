"""Settings of `PeopleTracker`: when frames decide the state of a person, and the zones in which faces count."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from detector.errors import UsageError
from detector.people.polygon import Point, check_polygon

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
    """The settings of decisions about a person's state; `decision.py` has the rules.

    Attributes:
        needed: The number of frames with a face that a first decision takes, 1 to 1000. A change takes three times as
            many.
        share: The part of the votes, weighted by confidence, that one state needs: above 0.5, up to 1.
        window_seconds: The frames of so many seconds vote. People who are not seen stay in view for so long.
        min_face: A face votes if its longer side has at least so many pixels.

    Raises:
        UsageError: A value is out of bounds; the message names the field.
    """

    needed: int = _number(6, ge=1, le=1000)
    share: float = _number(0.7, gt=0.5, le=1)
    window_seconds: float = _number(2.0, gt=0)
    min_face: float = _number(16, ge=0)

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


def bounds_of(option: "Field[Any]") -> Mapping[str, float]:
    """The limits of a field for numbers, by `gt` (exclusive), `ge` and `le` (inclusive); empty for other fields."""
    bounds: Mapping[str, float] = option.metadata.get(_BOUNDS, {})
    return bounds


def _check_bounds(option: "Field[Any]", value: float) -> None:
    for name, bound in bounds_of(option).items():
        within = {"gt": value > bound, "ge": value >= bound, "le": value <= bound}[name]
        if not within:
            raise UsageError(option.name, f"{value:g}", f"a number {_IN_WORDS[name]} {bound:g}")
