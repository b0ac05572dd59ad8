"""Values that the configuration is made of: durations, hours of the day, polygons."""

import math
import re
from datetime import datetime, time, timedelta
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from detector.monitor.config.redaction import Address
from detector.monitor.config.yaml_file import check_fields, wrong


class Section(BaseModel):
    """A part of the configuration: unknown fields are errors, nothing changes later, and secrets are not printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, data: Any) -> Any:
        return check_fields(data, list(cls.model_fields))


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", re.IGNORECASE)
_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "rtp", "srt", "udp", "tcp")
_HOURS = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


def parse_duration(value: Any) -> timedelta:
    """A duration such as 90s, 15m, 12h, 30d or 2w.

    Raises:
        ValueError: It is something else, or not longer than nothing.
    """
    if isinstance(value, timedelta) and value > timedelta():
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    try:
        duration = timedelta(**{_UNITS[match[2].lower()]: float(match[1])}) if match else timedelta()
    except OverflowError:
        duration = timedelta()
    if duration <= timedelta():
        raise ValueError("a duration such as 90s, 15m, 12h, 30d or 2w")
    return duration


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


class Hours(NamedTuple):
    """Hours of a day, over midnight where the end is not after the start; the same twice is the whole day.

    Attributes:
        start: The first instant.
        end: The first instant after.
    """

    start: time
    end: time

    def weekday_at(self, local: datetime) -> int | None:
        """The weekday (0 is Monday) on which these hours began, if they hold at a local time; None if they do not."""
        now = local.time()
        if self.start < self.end:
            return local.weekday() if self.start <= now < self.end else None
        if now >= self.start:
            return local.weekday()
        return (local.weekday() - 1) % 7 if now < self.end else None


def parse_hours(value: Any) -> Hours:
    """Hours such as 08:00-18:00 or 22:00-06:00; 24:00 is midnight.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(value, Hours):
        return value
    match = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        start, end = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
        if start <= (23, 59) and end <= (24, 0) and start[1] < 60 and end[1] < 60:
            return Hours(time(*start), time(end[0] % 24, end[1]))
    raise ValueError('hours such as "08:00-18:00"')


HoursOfDay = Annotated[Hours, BeforeValidator(parse_hours)]


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, KeyError, OSError):  # a bad name, an unknown one, the name of a folder of zones
        raise ValueError("the name of a time zone such as Europe/Berlin") from None
    return value


def _name(value: str) -> str:
    if not value.strip() or len(value) > 100 or not value.isprintable():
        raise ValueError("a name of 1 to 100 printable characters")
    return value.strip()


def number_as_text(value: Any) -> Any:
    """YAML reads a camera or device number as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _camera_address(value: Address) -> Address:
    scheme, separator, _ = value.get_secret_value().partition("://")
    if separator and scheme.lower() not in _SCHEMES:
        raise ValueError(f"a camera number, a video file, or an address of {', '.join(_SCHEMES)}")
    return value


Name = Annotated[str, AfterValidator(_name)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
CameraAddress = Annotated[
    Address, BeforeValidator(number_as_text), Field(min_length=1), AfterValidator(_camera_address)
]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

Point = tuple[float, float]
_FEWEST_PIXELS = 10  # nobody draws a zone into the first few: 1.2 is a slip of who meant a fraction


def check_polygon(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Refuse what is no simple polygon.

    Args:
        points: (x, y) of the corners in order, as fractions of the picture or in pixels.

    Raises:
        ValueError: There are fewer than three corners, a number is negative or not finite, fractions and pixels are
            mixed, the sides cross each other, or there is no area inside.
    """
    if len(points) < 3:
        raise ValueError("at least 3 points")
    if not all(math.isfinite(n) and n >= 0 for point in points for n in point):
        raise ValueError("coordinates from 0, as fractions of the picture or in pixels")
    numbers = [n for point in points for n in point]
    if max(numbers) > 1 and (max(numbers) < _FEWEST_PIXELS or any(0 < n < 1 for n in numbers)):
        raise wrong(f"{max(numbers):g} in it", "fractions of the picture from 0 to 1, or pixels")
    sides = list(zip(points, points[1:] + points[:1], strict=True))
    for i, side in enumerate(sides):
        for other in sides[i + 2 : len(sides) - (i == 0)]:  # neighbours share a corner
            if _cross(*side, *other):
                raise ValueError("corners in their order around the polygon (its sides cross)")
    area = sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in sides) / 2
    if not area:
        raise ValueError("a polygon with an area")
    return points


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two sides have a point in common."""

    def turn(p: Point, q: Point, r: Point) -> int:
        product = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return (product > 0) - (product < 0)

    def touches(p: Point, q: Point, r: Point) -> bool:
        inside = min(p[0], q[0]) <= r[0] <= max(p[0], q[0]) and min(p[1], q[1]) <= r[1] <= max(p[1], q[1])
        return turn(p, q, r) == 0 and inside

    if turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0:
        return True
    return touches(a, b, c) or touches(a, b, d) or touches(c, d, a) or touches(c, d, b)
