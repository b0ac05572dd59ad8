"""Types of values of the configuration: durations, hours of the day, names."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any, NamedTuple, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from detector.media.addresses import camera_number
from detector.monitor.config.redaction import Address
from detector.monitor.config.yaml_file import check_fields


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is tuple or any(_is_list(part) for part in get_args(annotation) if part is not ...)


class Section(BaseModel):
    """A part of the configuration: unknown fields are errors, nothing changes later, and secrets are not printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _known_fields(cls, data: Any) -> Any:
        return cls._lists_of_one(check_fields(data, list(cls.model_fields)))

    @classmethod
    def _lists_of_one(cls, data: Any) -> Any:
        """Make a list of a text that stands where a list of texts is meant."""
        if not isinstance(data, Mapping):
            return data
        lists = {name for name, field in cls.model_fields.items() if _is_list(field.annotation)}
        return {name: [value] if name in lists and isinstance(value, str) else value for name, value in data.items()}


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", re.IGNORECASE)
_SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "rtp", "srt", "udp", "tcp")
_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*%\s*")
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
    """Hours of a day. If the end is not after the start, they go over midnight; equal times mean the whole day.

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
    """Turn the number of a camera or device into text, because YAML reads it as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def percent_as_fraction(value: Any) -> Any:
    """Turn texts such as 12.5% into fractions, in a list and the lists below it; other values stay."""
    if isinstance(value, list | tuple):
        return [percent_as_fraction(item) for item in value]
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    return float(match[1]) / 100 if match else value


def _camera_address(value: Address) -> Address:
    if (number := camera_number(value.get_secret_value())) is not None:
        return Address(str(number))
    scheme, separator, _ = value.get_secret_value().partition("://")
    if separator and scheme.lower() not in _SCHEMES:
        raise ValueError(f"a camera number, a video file, or an address of {', '.join(_SCHEMES)}")
    return value


def _view_address(value: Address) -> Address:
    if "://" not in value.get_secret_value():
        raise ValueError(f"an address of {', '.join(_SCHEMES)}")
    return value


Name = Annotated[str, AfterValidator(_name)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
CameraAddress = Annotated[
    Address, BeforeValidator(number_as_text), Field(min_length=1), AfterValidator(_camera_address)
]
ViewAddress = Annotated[CameraAddress, AfterValidator(_view_address)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
