"""The outbox, which keeps alerts until they are delivered."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Protocol

from detector.people.states import Alert


class DeliveryStatus(StrEnum):
    """The outcome of an alert at one sink."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Pending:
    """An alert that a sink has not taken yet.

    Attributes:
        alert: The alert.
        attempts: How often it was tried.
    """

    alert: Alert
    attempts: int = 0


class Outbox(Protocol):
    """Keeps alerts until they are delivered, beyond the end of the program. The event store is one.

    Every method may be called from any thread. `add` and `mark` return at once: cameras wait for them. Each method sees
    the effects of earlier calls, even before they are written to disk.
    """

    def add(self, alert: Alert, sinks: Sequence[str]) -> None:
        """Keep an alert, pending for each of these sinks; there may be none."""

    def pending(self, sink: str, limit: int) -> Sequence[Pending]:
        """The oldest alerts that are pending for a sink, of former runs too, oldest first."""

    def mark(
        self, alert_id: str, sink: str, status: DeliveryStatus, attempts: int = 0, error: str | None = None
    ) -> None:
        """Record the outcome of an alert at a sink: still pending after so many attempts, delivered, or dead."""


class MemoryOutbox:
    """An outbox that ends with the program, for tests.

    Attributes:
        marks: Status, attempts and error by alert id and sink.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self.marks: dict[tuple[str, str], tuple[DeliveryStatus, int, str | None]] = {}

    def add(self, alert: Alert, sinks: Sequence[str]) -> None:
        """See `Outbox`."""
        with self._lock:
            self._alerts[alert.id] = alert
            for sink in sinks:
                self.marks[alert.id, sink] = (DeliveryStatus.PENDING, 0, None)

    def pending(self, sink: str, limit: int) -> list[Pending]:
        """See `Outbox`."""
        with self._lock:
            waiting = (
                Pending(self._alerts[alert_id], attempts)
                for (alert_id, name), (status, attempts, _) in self.marks.items()
                if name == sink and status is DeliveryStatus.PENDING
            )
            return list(islice(waiting, limit))

    def mark(
        self, alert_id: str, sink: str, status: DeliveryStatus, attempts: int = 0, error: str | None = None
    ) -> None:
        """See `Outbox`."""
        with self._lock:
            self.marks[alert_id, sink] = (status, attempts, error)
