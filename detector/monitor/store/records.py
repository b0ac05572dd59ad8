"""Rows of the store, as its readers get them."""

from dataclasses import dataclass
from datetime import datetime

from detector.monitor.alerts.outbox import DeliveryStatus
from detector.people.states import Alert, LineCrossing, StateChange


@dataclass(frozen=True, slots=True)
class Event:
    """A change of state as it was kept.

    Attributes:
        run: The run of the program; with camera and track id it names a person.
        change: The change, without its picture.
        snapshot: Number of the picture for `EventReader.snapshot`, if one was kept.
    """

    run: str
    change: StateChange
    snapshot: int | None


@dataclass(frozen=True, slots=True)
class Crossed:
    """The crossing of a line as it was kept.

    Attributes:
        run: The run of the program; with camera and track id it names a person.
        crossing: The crossing.
    """

    run: str
    crossing: LineCrossing


@dataclass(frozen=True, slots=True)
class SinkOutcome:
    """The outcome of an alert at one of its sinks.

    Attributes:
        sink: Name of the sink.
        status: Pending, delivered, or dead: given up.
        attempts: How often it was tried.
        error: Why the last attempt failed; None if it did not.
        time: The time of the last attempt; before the first attempt, the time of the alert.
    """

    sink: str
    status: DeliveryStatus
    attempts: int
    error: str | None
    time: datetime


@dataclass(frozen=True, slots=True)
class RaisedAlert:
    """An alert as it was kept.

    Attributes:
        run: The run of the program.
        alert: The alert, without its picture.
        snapshot: Number of the picture for `EventReader.snapshot`, if one was kept.
        outcomes: Its outcome at every sink; empty if it has no sinks.
    """

    run: str
    alert: Alert
    snapshot: int | None
    outcomes: tuple[SinkOutcome, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the program.

    Attributes:
        id: Its name.
        started: When it began.
        written: When it last wrote.
        ended: When it ended; None if it goes on, or was killed.
        dropped: Rows that were lost because the store could not be written to.
    """

    id: str
    started: datetime
    written: datetime
    ended: datetime | None
    dropped: int
