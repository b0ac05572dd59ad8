"""The period of a report, and the clock that divides it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from detector.errors import UsageError
from detector.monitor.config.types import parse_duration

_EXPECTED = 'a date such as 2026-11-21, "2026-11-21 08:00", or 7d for seven days ago'
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a time zone, as the readers of a report see it.

    Attributes:
        name: Name of its time zone.
        zone: The time zone. None: that of the machine, if it has no name.
    """

    name: str
    zone: ZoneInfo | None

    @classmethod
    def of(cls, name: str | None = None) -> "Clock":
        """The clock of a time zone by its name; by default that of this machine.

        Raises:
            UsageError: There is no such time zone.
        """
        if name is None:
            name = _name_here()
        if name is None:
            return cls(f"UTC{datetime.now().astimezone().isoformat()[-6:]}", None)
        try:
            return cls(name, ZoneInfo(name))
        except (ValueError, KeyError, OSError):
            raise UsageError("--timezone", repr(name), "the name of a time zone such as Europe/Berlin") from None

    def local(self, time: datetime) -> datetime:
        """An instant as this clock shows it."""
        return time.astimezone(self.zone)

    def utc(self, wall: datetime) -> datetime:
        """The instant at which this clock shows a time without a zone; the first one if it shows the time twice."""
        return (wall.astimezone() if self.zone is None else wall.replace(tzinfo=self.zone)).astimezone(UTC)


def _name_here() -> str | None:
    set_here = os.environ.get("TZ")  # a name, a path or a rule such as CET-1CEST; it comes before the machine's zone
    name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2] if set_here is None else set_here.lstrip(":")
    try:
        return ZoneInfo(name).key
    except (ValueError, KeyError, OSError):
        return None


def is_duration(text: str) -> bool:
    """Whether a time is one like 7d, which counts back from now."""
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def parse_time(text: str, option: str, clock: Clock, now: datetime, *, end: bool = False) -> datetime:
    """A time as users write it.

    Args:
        text: A date, a date with a time, both as in ISO 8601, or a duration such as 7d, counted back from now.
        option: Where it was given, for errors.
        clock: For times without a zone.
        now: The current time.
        end: A date alone means the end of that day, rather than its beginning.

    Raises:
        UsageError: It is something else.
    """
    text = text.strip()
    try:
        if is_duration(text):
            return now - parse_duration(text)
        found = datetime.fromisoformat(text)
        if end and _is_day(text):
            found += _DAY
        time = clock.utc(found) if found.tzinfo is None else found.astimezone(UTC)
        clock.local(time)  # the first and the last days of the calendar have no local time everywhere
        return time
    except (ValueError, OverflowError):
        raise UsageError(option, repr(text), _EXPECTED) from None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Period:
    """A period with a beginning and an end.

    Attributes:
        start: The first instant.
        end: The first instant after.
        clock: The clock that divides it into hours and days.
    """

    start: datetime
    end: datetime
    clock: Clock

    @property
    def end_shown(self) -> datetime:
        """The end as it is shown, in whole minutes: a minute that has begun is included."""
        return self.end + (datetime.min.replace(tzinfo=UTC) - self.end) % _MINUTE

    @property
    def unit(self) -> str:
        """What to divide it into, so that a chart has up to about a hundred columns."""
        length = self.end - self.start
        for unit, longest in (
            ("minute", 1.5 * _HOUR),
            ("quarter of an hour", _DAY),
            ("hour", 4 * _DAY),
            ("day", 100 * _DAY),
            ("week", 700 * _DAY),
        ):
            if length <= longest:
                return unit
        return "month"

    def divided(self) -> list[datetime]:
        """The first instants of its units, by the clock; the first of them may be before the period."""
        return list(self._starts())

    def _starts(self) -> Iterator[datetime]:
        unit, wall = self.unit, self.clock.local(self.start).replace(second=0, microsecond=0)
        steps = {"minute": _MINUTE, "quarter of an hour": 15 * _MINUTE, "hour": _HOUR}
        if unit in steps:  # a fixed length of time, not affected by daylight saving time
            wall = wall.replace(minute=wall.minute // 15 * 15 if "quarter" in unit else 0) if unit != "minute" else wall
            time = wall.astimezone(UTC)
            while time < self.end:
                yield time
                time += steps[unit]
            return
        day = wall.date()  # a length on the calendar, where a day can have 23 hours
        if unit == "week":
            day -= timedelta(days=day.weekday())
        elif unit == "month":
            day = day.replace(day=1)
        while (time := self.clock.utc(datetime.combine(day, datetime.min.time()))) < self.end:
            yield time
            day += {"day": _DAY, "week": 7 * _DAY, "month": 32 * _DAY}[unit]
            if unit == "month":
                day = day.replace(day=1)
