"""The outbox of alerts in the store: alerts that are not delivered wait here, even for the next run."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from detector.errors import StoreError
from detector.monitor.alerts.outbox import DeliveryStatus, Pending
from detector.monitor.store.database import Database, reason
from detector.monitor.store.rows import alert_from_row, alert_to_row, insert_row
from detector.monitor.store.schema import alerts, deliveries, one_at_a_time, runs, snapshots
from detector.monitor.store.writer import HEARTBEAT_SECONDS, Writer
from detector.people.states import Alert

# A run that has not written for so long counts as dead. Its last time may come from another machine's clock.
_DEAD_AFTER = timedelta(seconds=6 * HEARTBEAT_SECONDS)
_TAKE_OVER_SECONDS = 1.0  # the wait for the writer to take alerts over; later ones are in the next answer


class _Mark(NamedTuple):
    status: DeliveryStatus
    attempts: int
    error: str | None
    time: datetime


class AlertOutbox:
    """Implements `detector.monitor.alerts.outbox.Outbox`.

    Rows are kept in memory until they are in the database, so that answers are right while the database cannot be
    written to.

    Args:
        writer: Writes to the store.
        url: Where to read from, on connections of its own: readers do not wait for writers.
        run: The run that alerts belong to.
    """

    def __init__(self, writer: Writer, url: str, run: str) -> None:
        self._writer, self._run = writer, run
        self._database = Database(url, read_only=True)
        self._lock = threading.Lock()
        self._added: dict[str, tuple[Alert, frozenset[str]]] = {}
        self._marks: dict[tuple[str, str], _Mark] = {}
        self._taken_over: dict[str, threading.Event] = {}

    def add(self, alert: Alert, sinks: Sequence[str]) -> None:
        """Keep an alert, pending for each of these sinks; there may be none. Returns at once."""

        def write(connection: Connection) -> None:
            insert_row(connection, alerts, alert_to_row(alert, self._run), alert.time, alert.snapshot)
            for sink in sinks:
                row = {"alert": alert.id, "sink": sink, "run": self._run, "status": DeliveryStatus.PENDING.value}
                connection.execute(insert(deliveries), row | {"attempts": 0, "time": alert.time})

        def arrived() -> None:
            with self._lock:
                self._added.pop(alert.id, None)

        with self._lock:
            self._added[alert.id] = (alert, frozenset(sinks))
        self._writer.put(write, len(alert.snapshot or b""), arrived)

    def mark(
        self, alert_id: str, sink: str, status: DeliveryStatus, attempts: int = 0, error: str | None = None
    ) -> None:
        """Record the outcome of an alert at a sink: still pending, delivered, or dead. Returns at once."""
        key, mark = (alert_id, sink), _Mark(status, attempts, error, datetime.now(UTC))

        def write(connection: Connection) -> None:
            this = (deliveries.c.alert == alert_id, deliveries.c.sink == sink)
            connection.execute(update(deliveries).where(*this).values(mark._asdict() | {"status": status.value}))

        def arrived() -> None:
            with self._lock:
                if self._marks.get(key) is mark:  # else there is a newer one
                    del self._marks[key]

        with self._lock:
            self._marks[key] = mark
        self._writer.put(write, 0, arrived)

    def pending(self, sink: str, limit: int) -> Sequence[Pending]:
        """The oldest alerts that are pending for a sink, of former runs too, oldest first.

        Alerts that a run left behind when it ended or was killed are taken over by the first run that asks. Those of
        another run that is alive are left to it.

        Raises:
            StoreError: The database cannot be read, and no pending alert is in memory.
        """
        self._take_over(sink)
        with self._lock:  # before the database is read, so that what arrives between the two is not missed
            added = [alert for alert, sinks in self._added.values() if sink in sinks]
            marks = {alert_id: mark for (alert_id, name), mark in self._marks.items() if name == sink}
        try:
            found = {item.alert.id: item for item in self._read(sink, limit + len(marks))}
        except SQLAlchemyError as error:
            if not added:
                raise StoreError(self._database.name, f"cannot be read ({reason(error)})") from error
            found = {}
        found |= {alert.id: Pending(alert) for alert in added}
        for alert_id, mark in marks.items():
            if alert_id in found and mark.status is DeliveryStatus.PENDING:
                found[alert_id] = Pending(found[alert_id].alert, mark.attempts)
            else:
                found.pop(alert_id, None)
        return sorted(found.values(), key=lambda item: item.alert.time)[:limit]

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def _take_over(self, sink: str) -> None:
        def write(connection: Connection) -> None:
            one_at_a_time(connection)
            now = datetime.now(UTC)
            heard_of = runs.c.written.between(now - _DEAD_AFTER, now + _DEAD_AFTER)
            alive = select(runs.c.id).where(runs.c.ended.is_(None), heard_of)
            this = (deliveries.c.sink == sink, deliveries.c.status == DeliveryStatus.PENDING.value)
            left_behind = (deliveries.c.run != self._run, deliveries.c.run.not_in(alive))
            connection.execute(update(deliveries).where(*this, *left_behind).values(run=self._run))

        done = self._taken_over.get(sink)
        if done is None or done.is_set():  # else the last one is still waiting for the database
            done = self._taken_over[sink] = threading.Event()
            self._writer.put(write, None, done.set)
        done.wait(_TAKE_OVER_SECONDS)

    def _read(self, sink: str, limit: int) -> list[Pending]:
        statement = (
            select(alerts, deliveries.c.attempts, snapshots.c.jpeg)
            .select_from(alerts.join(deliveries).outerjoin(snapshots, alerts.c.snapshot == snapshots.c.id))
            .where(deliveries.c.sink == sink, deliveries.c.status == DeliveryStatus.PENDING.value)
            .where(deliveries.c.run == self._run)
            .order_by(alerts.c.time, alerts.c.id)
            .limit(limit)
        )
        with self._database.begin() as connection:
            return [Pending(alert_from_row(row, row.jpeg), row.attempts) for row in connection.execute(statement)]
