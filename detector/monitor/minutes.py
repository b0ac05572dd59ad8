"""Counts people, their time in each state, frames and the time in which a camera delivered, by the minute."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from detector.people.states import MinuteCount, PeopleInView, State, count_states

_MINUTE = timedelta(minutes=1)
# Frames of a minute may still be on their way when it is over.
_GRACE = timedelta(seconds=2)
# A longer silence means that the clock was set. The time between may be years, so it gets no minutes.
_LONGEST_SILENCE = timedelta(days=1)
_DIGITS = 3  # of person-seconds


@dataclass(slots=True)
class _MinuteTotals:
    """The counts of one minute.

    Attributes:
        states: The last state of each person.
        seconds: Person-seconds by state; by None where the state was not known.
        given: What `Minutes.take_minutes` gave last.
    """

    states: dict[int, State] = field(default_factory=dict)
    seconds: defaultdict[State | None, float] = field(default_factory=lambda: defaultdict(float))
    frames: int = 0
    seconds_up: float = 0.0
    given: MinuteCount | None = None

    def count(self, camera: str, minute: datetime) -> MinuteCount:
        """The counts as they are now."""
        return MinuteCount(
            camera,
            minute,
            len(self.states),
            count_states(self.states.values()),
            self.frames,
            min(self.seconds_up, _MINUTE.total_seconds()),
            {state: round(self.seconds[state], _DIGITS) for state in State},
            round(self.seconds[None], _DIGITS),
        )


class Minutes:
    """The minutes of one camera, those without people, frames or pictures included.

    Args:
        camera: Its name.
        start: From when on it is watched.
    """

    def __init__(self, camera: str, start: datetime) -> None:
        self._camera = camera
        self._ended = False
        self._open = {_minute(start): _MinuteTotals()}

    def add_frame(self, people: PeopleInView) -> None:
        """Count a frame that was processed."""
        if self._ended:
            return
        totals = self._totals_of(people.time)
        totals.frames += 1
        totals.states.update(people.states)
        for number, seconds in people.seconds.items():
            state = people.states[number] if people.known else None
            for start, part in _by_minute(people.time - timedelta(seconds=seconds), people.time):
                self._totals_of(start).seconds[state] += part

    def add_up_time(self, start: datetime, end: datetime) -> None:
        """Count the time in which the camera delivered, from `start` to `end`."""
        if not self._ended:
            for begun, part in _by_minute(start, end):
                self._totals_of(begun).seconds_up += part

    def take_minutes(self, now: datetime, *, last: bool = False) -> tuple[list[MinuteCount], list[MinuteCount]]:
        """Give the counts since the last call.

        Args:
            now: The camera's time; minutes before it begin and end.
            last: This is the last call; later frames are not counted.

        Returns:
            The differences to what was given before, for a store that adds them up (the number of a state is negative
            where people have left it); and whole minutes that are over.
        """
        if self._ended:
            return [], []
        self._ended = last
        self._begin_until(now)
        parts, whole = [], []
        for minute, totals in sorted(self._open.items()):
            total = totals.count(self._camera, minute)
            if total != totals.given:
                parts.append(total if totals.given is None else _difference(total, totals.given))
                totals.given = total
            if last or minute + _MINUTE + _GRACE <= now:
                whole.append(total)
                del self._open[minute]
        return parts, whole

    def _totals_of(self, time: datetime) -> _MinuteTotals:
        # What comes too late, or after the clock was set back, goes to the oldest minute that is still open.
        return self._open.setdefault(max(_minute(time), min(self._open)), _MinuteTotals())

    def _begin_until(self, now: datetime) -> None:
        minute = max(self._open) + _MINUTE
        if now - minute > _LONGEST_SILENCE:
            minute = _minute(now)
        while minute <= now:
            self._open[minute] = _MinuteTotals()
            minute += _MINUTE


def _minute(time: datetime) -> datetime:
    return time.replace(second=0, microsecond=0)


def _by_minute(start: datetime, end: datetime) -> Iterator[tuple[datetime, float]]:
    """Divide a time at full minutes: the start of each part, and its seconds."""
    while start < end:
        until = min(end, _minute(start) + _MINUTE)
        yield start, (until - start).total_seconds()
        start = until


def _difference(total: MinuteCount, given: MinuteCount) -> MinuteCount:
    seconds, before = total.seconds or {}, given.seconds or {}
    return MinuteCount(
        total.camera,
        total.minute,
        total.people - given.people,
        {state: total.counts[state] - given.counts[state] for state in State},
        total.frames - given.frames,
        total.seconds_up - given.seconds_up,
        {state: seconds[state] - before[state] for state in State},
        total.seconds_not_known - given.seconds_not_known,
    )
