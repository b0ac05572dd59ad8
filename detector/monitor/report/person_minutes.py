"""Adds up for how long people were in view in each state, from the minutes of the store."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import cast

from detector.monitor.report.figures import Counts, Slice
from detector.monitor.report.period import Period
from detector.monitor.report.watched import WatchedTime
from detector.people.states import MinuteCount, State

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class _Cell:
    """What one camera saw in the minutes that belong to the same slices."""

    def __init__(self) -> None:
        self.states = dict.fromkeys(State, 0.0)
        self.not_known = 0.0
        self.seconds_up = 0.0
        self.frames = 0

    def add(self, minute: MinuteCount) -> None:
        for state, seconds in (minute.seconds or {}).items():
            self.states[state] += seconds / 60
        self.not_known += minute.seconds_not_known / 60
        self.seconds_up += minute.seconds_up
        self.frames += minute.frames

    def counts(self) -> Counts:
        return Counts.of(self.states, self.not_known)


class PersonMinutes:
    """Adds up person-minutes by camera, unit, hour and weekday. Minutes are added in the order of time.

    Args:
        period: The period of the report.
        begun: By camera: from when on it could have delivered.

    Attributes:
        watched: By camera: the time in which it was watched.
        last_states: People of minutes that version 0.1 stored, by their last state in each minute. For how long they
            were in that state is not known, so they are in no other figure.
    """

    def __init__(self, period: Period, begun: dict[str, datetime]) -> None:
        self._period, self._starts = period, period.divided()
        self.watched = {name: WatchedTime(name, start) for name, start in begun.items()}
        # By camera, unit of the period, hour and weekday.
        self._cells: defaultdict[tuple[str, int, int, int], _Cell] = defaultdict(_Cell)
        self._minute: datetime | None = None
        self._slices = (0, 0, 0)
        self._last_states: Counter[State] = Counter()

    def add(self, minute: MinuteCount) -> None:
        """Add a minute of one camera."""
        if minute.minute != self._minute:  # once for all cameras: zones are slow to look up
            local = self._period.clock.local(minute.minute)
            unit = bisect_right(self._starts, minute.minute) - 1
            self._minute, self._slices = minute.minute, (unit, local.hour, local.weekday())
        self._cells[minute.camera, *self._slices].add(minute)
        if minute.seconds is None:
            self._last_states.update(minute.counts)
        self.watched[minute.camera].add(minute.minute, minute.seconds_up)

    @property
    def any(self) -> bool:
        """Whether there was a minute."""
        return bool(self._cells)

    @property
    def last_states(self) -> Counts:
        """See the class."""
        return Counts.of(self._last_states)

    def counts(self, camera: str | None = None) -> Counts:
        """The person-minutes of one camera, or of all."""
        return Counts.sum(cell.counts() for cell in self._of(camera))

    def looks(self, camera: str) -> float | None:
        """How often a camera was looked at, per second in which it delivered; None where it did not."""
        cells = self._of(camera)
        seconds = sum(cell.seconds_up for cell in cells)
        return sum(cell.frames for cell in cells) / seconds if seconds else None

    def over_time(self) -> tuple[Slice, ...]:
        """The units of the period."""
        form = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m"}.get(self._period.unit, "%Y-%m-%d %H:%M")
        names = [self._period.clock.local(start).strftime(form) for start in self._starts]
        return self._sliced(1, names, self._starts)

    def by_hour(self) -> tuple[Slice, ...]:
        """The hours of the day."""
        return self._sliced(2, [f"{hour:02}:00" for hour in range(24)])

    def by_weekday(self) -> tuple[Slice, ...]:
        """Monday to Sunday."""
        return self._sliced(3, WEEKDAYS)

    def _of(self, camera: str | None) -> list[_Cell]:
        return [cell for (name, *_), cell in self._cells.items() if camera in (None, name)]

    def _sliced(self, key: int, names: Sequence[str], starts: Sequence[datetime] = ()) -> tuple[Slice, ...]:
        parts: list[list[_Cell]] = [[] for _ in names]
        for place, cell in self._cells.items():
            parts[cast(int, place[key])].append(cell)
        return tuple(
            Slice(name, start, Counts.sum(cell.counts() for cell in cells), sum(cell.seconds_up for cell in cells))
            for name, start, cells in zip_longest(names, starts, parts)
        )
