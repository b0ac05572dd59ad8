"""Collects the figures of a report from the rows of the store, in one pass over each table."""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from sys import intern

from detector.errors import StoreError, UsageError
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.report.figures import AlertFigures, CameraFigures, Counts, Figures, LineFigures, PeopleFigures
from detector.monitor.report.period import Clock, Period
from detector.monitor.report.person_minutes import PersonMinutes
from detector.monitor.store.event_reader import EventReader, Query
from detector.monitor.store.records import Event, RaisedAlert, Run
from detector.people.states import DECIDED, Direction, State

_MOST_ROWS = 200
_MINUTE = timedelta(minutes=1)


def collect(
    reader: EventReader,
    clock: Clock,
    since: datetime | None = None,
    until: datetime | None = None,
    cameras: Collection[str] = (),
    *,
    most_rows: int = _MOST_ROWS,
    now: datetime | None = None,
) -> Figures:
    """Count what a store holds of some time and cameras.

    Args:
        reader: The store.
        clock: Says when days begin.
        since: The first instant; None: the beginning of the store.
        until: The first instant after, no later than now or the end of the store; None: its end.
        cameras: Names; none: all.
        most_rows: Give no more than so many of the events and alerts themselves; all are counted.
        now: The current time; None asks the machine.

    Raises:
        UsageError: There is no such camera, or the period ends before it begins.
        StoreError: The store holds nothing of this time and these cameras, or cannot be read.
    """
    names = _chosen(reader, cameras)
    runs, now = reader.runs(), now or datetime.now(UTC)
    period = _period(reader, names, clock, since, until, runs, now)
    part = Query(period.start, period.end, names)

    minutes = PersonMinutes(period, _watched_from(reader, period, names, runs))
    for minute in reader.minutes(part):
        minutes.add(minute)
    people, newest = _PersonStates(), deque[Event](maxlen=most_rows)
    for event in reader.events(part):
        change = event.change
        people.add((intern(event.run), intern(change.camera), change.track_id), change.before, change.after)
        newest.appendleft(event)
    alerts, alerts_by_camera = _alerts(reader.alerts(part), most_rows)
    if not (minutes.any or people.events or alerts.total):
        raise _nothing(reader, period, names)

    runs = [run for run in runs if run.started < period.end and (run.ended or run.written) > period.start]
    return Figures(
        store=reader.name,
        made=now,
        period=period,
        cameras=_by_camera(minutes, people, alerts_by_camera, period.end),
        chosen=bool(cameras),
        counts=minutes.counts(),
        people=people.figures(),
        over_time=minutes.over_time(),
        by_hour=minutes.by_hour(),
        by_weekday=minutes.by_weekday(),
        alerts=alerts,
        events=people.events,
        newest=tuple(newest),
        dropped=sum(run.dropped for run in runs),
        last_states=minutes.last_states,
        lines=_lines(reader, part),
    )


def _chosen(reader: EventReader, cameras: Collection[str]) -> list[str]:
    """The cameras of the store that are asked for; all where none is named."""
    names = reader.cameras()
    if unknown := sorted(set(cameras) - set(names)):
        held = ", ".join(map(repr, names)) or "none"
        raise UsageError("--camera", ", ".join(map(repr, unknown)), f"cameras of {reader.name}: {held}")
    return [name for name in names if not cameras or name in cameras]


def _by_camera(
    minutes: PersonMinutes, people: "_PersonStates", alerts: Counter[str], end: datetime
) -> tuple[CameraFigures, ...]:
    return tuple(
        CameraFigures(
            name,
            minutes.counts(name),
            people.last(name),
            alerts[name],
            watched.start,
            watched.seconds,
            max((end - watched.start).total_seconds(), 0.0),
            watched.gaps(end),
            minutes.looks(name),
        )
        for name, watched in minutes.watched.items()
    )


def _lines(reader: EventReader, part: Query) -> tuple[LineFigures, ...]:
    def counts(found: Mapping[tuple[Direction, State], int], direction: Direction) -> Counts:
        return Counts.of({state: found.get((direction, state), 0) for state in State})

    return tuple(
        LineFigures(camera, line, counts(found, Direction.IN), counts(found, Direction.OUT))
        for (camera, line), found in reader.line_counts(part).items()
    )


def _period(
    reader: EventReader,
    names: list[str],
    clock: Clock,
    since: datetime | None,
    until: datetime | None,
    runs: Sequence[Run],
    now: datetime,
) -> Period:
    span = reader.span(names)
    if span is None:
        raise StoreError(reader.name, "no events yet", "a store that `detector watch` has written to")
    start = (since or span[0]).replace(second=0, microsecond=0)
    ends = (run.ended or run.written for run in runs)
    last = max((time for time in ends if span[1] - _MINUTE < time < span[1]), default=span[1])
    last = max(last, reader.last_event(names) or last)  # a file that is read fast has events after the end of its run
    if until is not None and start >= until:
        raise UsageError("--to", f"{_shown(clock, until)}, not after {_shown(clock, start)}", "a later time")
    # Time that has not come yet is no gap. (A file that is read fast is ahead of the clock.)
    end = max(last if until is None else min(until, max(now, last)), start)
    return Period(start, end, clock)


def _watched_from(reader: EventReader, period: Period, names: list[str], runs: Sequence[Run]) -> dict[str, datetime]:
    """The time from which each camera could deliver: its first minute, or the start of a run within that minute."""
    first = reader.first_minutes()
    begun = {}
    for name in names:
        minute = first.get(name, period.end)
        started = (run.started for run in runs if minute <= run.started < minute + _MINUTE)
        begun[name] = max(period.start, min(started, default=minute))
    return begun


def _nothing(reader: EventReader, period: Period, names: list[str]) -> StoreError:
    clock, span = period.clock, reader.span(names)
    found = f"nothing from {_shown(clock, period.start)} to {_shown(clock, period.end)} ({clock.name})"
    return StoreError(reader.name, f"{found} of {', '.join(names)}", _holds(clock, span) if span else None)


def _shown(clock: Clock, time: datetime) -> str:
    return f"{clock.local(time):%Y-%m-%d %H:%M}"


def _holds(clock: Clock, span: tuple[datetime, datetime]) -> str:
    return f"a time between {_shown(clock, span[0])} and {_shown(clock, span[1])}"


class _PersonStates:
    """Follows every person through the events, in the order of time."""

    def __init__(self) -> None:
        self.events = 0
        self._states: dict[tuple[str, str, int], tuple[State, State]] = {}
        self._changes: Counter[tuple[State, State]] = Counter()

    def add(self, person: tuple[str, str, int], before: State, after: State) -> None:
        self.events += 1
        if after not in DECIDED:
            return
        if before in DECIDED:  # by this event: the event before it may lie outside the period
            self._changes[before, after] += 1
        first, _ = self._states.get(person, (after, after))
        self._states[person] = (first, after)

    def last(self, camera: str) -> Counts:
        return Counts.of(Counter(last for person, (_, last) in self._states.items() if person[1] == camera))

    def figures(self) -> PeopleFigures:
        first, last = (Counts.of(Counter(states[i] for states in self._states.values())) for i in (0, 1))
        return PeopleFigures(first, last, tuple((*pair, number) for pair, number in self._changes.most_common()))


def _alerts(raised: Iterable[RaisedAlert], most_rows: int) -> tuple[AlertFigures, Counter[str]]:
    """The figures of alerts in the order of time, and how many each camera raised."""
    rules, cameras = Counter[str](), Counter[str]()
    deliveries: defaultdict[str, Counter[DeliveryStatus]] = defaultdict(Counter)
    newest = deque[RaisedAlert](maxlen=most_rows)
    for one in raised:
        rules[one.alert.rule] += 1
        cameras[one.alert.camera] += 1
        newest.appendleft(one)
        for outcome in one.outcomes:
            deliveries[outcome.sink][outcome.status] += 1
    sinks = {
        sink: {status.value: found[status] for status in DeliveryStatus} for sink, found in sorted(deliveries.items())
    }
    return AlertFigures(rules.total(), dict(rules.most_common()), sinks, tuple(newest)), cameras
