"""The figures of a report as plain values; `docs/report.md` defines them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from detector.monitor.report.period import Period
from detector.monitor.store.records import Event, RaisedAlert
from detector.people.states import DECIDED, State


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people, or person-minutes, were in each state.

    A person-minute is a minute in which one person is in view, or the half of it in which two are.

    Attributes:
        not_known: Person-minutes in which frames came too slowly to know states; in none of the others.
    """

    with_mask: float = 0
    without_mask: float = 0
    mask_worn_incorrectly: float = 0
    undecided: float = 0
    not_known: float = 0

    @classmethod
    def of(cls, numbers: Mapping[State, float], not_known: float = 0) -> "Counts":
        """From a number by state; states that are not there have none."""
        return cls(**{state.value: numbers.get(state, 0) for state in State}, not_known=not_known)

    @classmethod
    def sum(cls, parts: Iterable["Counts"]) -> "Counts":
        """All of several together."""
        every = list(parts)
        return cls(*(sum(getattr(part, each.name) for part in every) for each in fields(cls)))

    def __getitem__(self, state: State) -> float:
        return float(getattr(self, state.value))

    @property
    def decided(self) -> float:
        """The number of decided ones."""
        return sum(self[state] for state in DECIDED)

    @property
    def total(self) -> float:
        """All, undecided ones and what is not known included."""
        return sum(self[state] for state in State) + self.not_known

    def share(self, state: State) -> float | None:
        """The part of the decided ones that is in a state, 0 to 1; None where nobody was decided."""
        return self[state] / self.decided if self.decided else None

    @property
    def compliance(self) -> float | None:
        """The part of the decided ones with a mask, worn correctly."""
        return self.share(State.WITH_MASK)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the time: an hour of 9 November, all Mondays, all hours from eight to nine.

    Attributes:
        name: What it is called.
        start: Its first instant; None where it is no single time.
        counts: Person-minutes.
        seconds_watched: For how long cameras delivered, all of them added up.
    """

    name: str
    start: datetime | None
    counts: Counts
    seconds_watched: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Whole minutes without a picture from a camera.

    Attributes:
        camera: Name of the camera.
        start: The first instant.
        end: The first instant after.
        running: A program watched the camera, which was down. Otherwise no program watched it.
    """

    camera: str
    start: datetime
    end: datetime
    running: bool

    @property
    def length(self) -> timedelta:
        """How long it was."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class PeopleFigures:
    """Distinct people with at least one decided state in the period.

    Attributes:
        first: By the state that was decided first.
        last: By the state that was decided last.
        changes: How often people went from one decided state to another: (before, after, how often), frequent first.
    """

    first: Counts
    last: Counts
    changes: tuple[tuple[State, State, int], ...]

    @property
    def number(self) -> int:
        """How many people."""
        return round(self.last.total)


@dataclass(frozen=True, slots=True)
class CameraFigures:
    """What one camera saw.

    Attributes:
        name: Name of the camera.
        counts: Person-minutes.
        people: Distinct people by the state that was decided last.
        alerts: How many were raised.
        since: The beginning of the period, or its first minute in the store if that is later.
        seconds_watched: Seconds in which it delivered.
        seconds: Seconds in which it could have delivered: from `since` to the end of the period.
        gaps: Times in which it did not deliver, in order.
        looks: How often it was looked at, per second in which it delivered; None where it did not.
    """

    name: str
    counts: Counts
    people: Counts
    alerts: int
    since: datetime
    seconds_watched: float
    seconds: float
    gaps: tuple[Gap, ...]
    looks: float | None = None

    @property
    def watched(self) -> float | None:
        """The part of the time in which it delivered, 0 to 1; None before its first minute."""
        return min(self.seconds_watched / self.seconds, 1.0) if self.seconds > 0 else None


@dataclass(frozen=True, slots=True)
class AlertFigures:
    """The alerts.

    Attributes:
        total: How many were raised.
        by_rule: How many by rule, frequent first.
        deliveries: By sink: how many it took, are pending, and were given up ("delivered", "pending", "dead").
        rows: The newest of them, newest first.
    """

    total: int
    by_rule: dict[str, int]
    deliveries: dict[str, dict[str, int]]
    rows: tuple[RaisedAlert, ...]


@dataclass(frozen=True, slots=True)
class LineFigures:
    """Who crossed a line.

    Attributes:
        camera: Name of the camera.
        line: Name of the line.
        people_in: How often people crossed it inwards, by their state.
        people_out: How often outwards.
    """

    camera: str
    line: str
    people_in: Counts
    people_out: Counts


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a report.

    Attributes:
        store: The path of the file, or the URL without its password.
        made: When the figures were computed.
        period: What they are about.
        cameras: In the order of their names.
        chosen: Only some of the cameras of the store were asked for.
        counts: Person-minutes.
        people: Distinct people.
        over_time: The units of the period, in order.
        by_hour: 24 hours of the day, by the clock of the period.
        by_weekday: Monday to Sunday.
        alerts: The alerts.
        events: How many changes of state there were.
        newest: The newest of them, newest first.
        dropped: Rows of this time that were lost because the store could not be written to; they are in no figure.
        last_states: People of minutes that version 0.1 stored, by their last state in each minute; in no other figure.
        lines: Who crossed lines, by camera and line; those that nobody crossed are not there.
    """

    store: str
    made: datetime
    period: Period
    cameras: tuple[CameraFigures, ...]
    chosen: bool
    counts: Counts
    people: PeopleFigures
    over_time: tuple[Slice, ...]
    by_hour: tuple[Slice, ...]
    by_weekday: tuple[Slice, ...]
    alerts: AlertFigures
    events: int
    newest: tuple[Event, ...]
    dropped: int
    last_states: Counts = Counts()
    lines: tuple[LineFigures, ...] = ()

    @property
    def watched(self) -> float | None:
        """The part of the time in which cameras delivered, all of them together."""
        seconds = sum(camera.seconds for camera in self.cameras)
        return min(sum(camera.seconds_watched for camera in self.cameras) / seconds, 1.0) if seconds > 0 else None

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """When cameras were not watched, longest first."""
        return tuple(sorted((gap for c in self.cameras for gap in c.gaps), key=lambda gap: gap.length, reverse=True))
