"""Reads the store of events."""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from detector.errors import StoreError
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.store import schema
from detector.monitor.store.database import Database, reason
from detector.monitor.store.records import Crossed, Event, RaisedAlert, Run, SinkOutcome
from detector.monitor.store.rows import alert_from_row, change_from_row, crossing_from_row, minute_from_numbers
from detector.people.states import Direction, MinuteCount, State

_ROWS_AT_ONCE = 2000
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Query:
    """A part of the store.

    Attributes:
        since: The first instant; None: from the beginning.
        until: The first instant after; None: to the end.
        cameras: Names; None: all.
    """

    since: datetime | None = None
    until: datetime | None = None
    cameras: Collection[str] | None = None

    def of(self, table: Table, *columns: Any) -> Select[Any]:
        """A statement for the rows of a table that are in this part."""
        time = time_of(table)
        statement = select(*(columns or (table,)))
        if self.since is not None:
            statement = statement.where(time >= self.since)
        if self.until is not None:
            statement = statement.where(time < self.until)
        if self.cameras is not None:
            statement = statement.where(table.c.camera.in_(self.cameras))
        return statement


EVERYTHING = Query()


def time_of(table: Table) -> ColumnElement[datetime]:
    """The column with the time of a row."""
    return table.c.minute if table is schema.minutes else table.c.time


class EventReader:
    """Reads a store, even while a run writes to it. All answers show its state at the time of the first one.

    Open it with `EventReader.open`, and close it, or use it in a `with` statement.

    Attributes:
        name: The path of the file, or the URL without its password.
    """

    def __init__(self, database: Database, connection: Connection) -> None:
        self.name = database.name
        self._database, self._connection = database, connection

    @classmethod
    def open(cls, url: str) -> "EventReader":
        """Open a store to read it.

        Args:
            url: A URL of SQLAlchemy, or the path of an SQLite file.

        Raises:
            UsageError: The URL is not understood, or its driver is not installed.
            StoreError: It cannot be read, or is not a store that this version understands.
        """
        database = Database(url, read_only=True)
        with ExitStack() as on_failure:
            on_failure.callback(database.close)
            try:
                connection = on_failure.enter_context(database.engine.connect())
                found = schema.version_of(connection, database.name)
            except SQLAlchemyError as error:
                raise StoreError(database.name, f"cannot be read ({reason(error)})", "a store of events") from error
            if found is None:
                raise StoreError(database.name, "a database without events", "one that `detector watch` has written")
            if found > schema.VERSION:
                raise schema.too_new(database.name, found)
            if found < schema.VERSION:
                expected = f"version {schema.VERSION}: `detector watch` updates them"
                raise StoreError(database.name, f"tables of version {found}", expected)
            on_failure.pop_all()
        return cls(database, connection)

    def cameras(self) -> list[str]:
        """The names of all cameras in the store, sorted."""
        tables = (schema.minutes, schema.events, schema.alerts)
        return sorted({name for table in tables for (name,) in self._rows(select(table.c.camera).distinct())})

    def span(self, cameras: Collection[str] | None = None) -> tuple[datetime, datetime] | None:
        """The time from the first row to the end of the last minute or event; None where there is neither.

        Args:
            cameras: Names; None: all.
        """
        times = []
        for table, length in ((schema.minutes, timedelta(minutes=1)), (schema.events, _TICK)):
            time = time_of(table)
            (row,) = self._rows(Query(cameras=cameras).of(table, func.min(time), func.max(time)))
            if row[0] is not None:
                times += [row[0], row[1] + length]
        return (min(times), max(times)) if times else None

    def last_event(self, cameras: Collection[str] | None = None) -> datetime | None:
        """The first instant after the newest event or alert; None where there is neither.

        Args:
            cameras: Names; None: all.
        """
        newest = []
        for table in (schema.events, schema.alerts):
            newest += [time for (time,) in self._rows(Query(cameras=cameras).of(table, func.max(table.c.time))) if time]
        return max(newest) + _TICK if newest else None

    def first_minutes(self) -> dict[str, datetime]:
        """The first minute of every camera."""
        camera, first = schema.minutes.c.camera, func.min(schema.minutes.c.minute)
        return {row[0]: row[1] for row in self._rows(select(camera, first).group_by(camera))}

    def minutes(self, part: Query = EVERYTHING) -> Iterator[MinuteCount]:
        """What cameras saw in each minute, in the order of time; runs that share a minute are added up."""
        names = ("people", *State, "frames", "seconds_up", *schema.PERSON_SECONDS)
        sums = [func.sum(schema.minutes.c[name]) for name in names]
        key = (schema.minutes.c.minute, schema.minutes.c.camera)
        for row in self._rows(part.of(schema.minutes, *key, *sums).group_by(*key).order_by(*key)):
            minute, camera, *numbers = row
            yield minute_from_numbers(camera, minute, numbers)

    def events(
        self, part: Query = EVERYTHING, *, newest_first: bool = False, most: int | None = None
    ) -> Iterator[Event]:
        """Changes of state in the order of time.

        Args:
            part: The part of the store.
            newest_first: In the reverse order of time.
            most: At most so many; None: all.
        """
        keys = (schema.events.c.time, schema.events.c.id)
        order = [key.desc() if newest_first else key.asc() for key in keys]
        for row in self._rows(part.of(schema.events).order_by(*order).limit(most)):
            yield Event(row.run, change_from_row(row), row.snapshot)

    def crossings(self, part: Query = EVERYTHING) -> Iterator[Crossed]:
        """Crossings of lines in the order of time."""
        order = (schema.crossings.c.time, schema.crossings.c.id)
        for row in self._rows(part.of(schema.crossings).order_by(*order)):
            yield Crossed(row.run, crossing_from_row(row))

    def line_counts(self, part: Query = EVERYTHING) -> dict[tuple[str, str], dict[tuple[Direction, State], int]]:
        """How often each line was crossed, by direction and state; by camera and line, sorted."""
        key = [schema.crossings.c[name] for name in ("camera", "line", "direction", "state")]
        statement = part.of(schema.crossings, *key, func.count()).group_by(*key).order_by(*key)
        found: dict[tuple[str, str], dict[tuple[Direction, State], int]] = {}
        for camera, line, direction, state, number in self._rows(statement):
            found.setdefault((camera, line), {})[Direction(direction), State(state)] = number
        return found

    def alerts(self, part: Query = EVERYTHING) -> Iterator[RaisedAlert]:
        """Alerts in the order of time, with their outcome at each sink."""
        sent = schema.deliveries.c
        outcome = (sent.sink, sent.status, sent.attempts, sent.error, sent.time.label("last"))
        statement = (
            part.of(schema.alerts, schema.alerts, *outcome)
            .select_from(schema.alerts.outerjoin(schema.deliveries))
            .order_by(schema.alerts.c.time, schema.alerts.c.id, sent.sink)
        )
        for _, group in groupby(self._rows(statement), key=lambda row: row.id):
            rows = list(group)
            outcomes = (
                SinkOutcome(row.sink, DeliveryStatus(row.status), row.attempts, row.error, row.last)
                for row in rows
                if row.sink is not None
            )
            yield RaisedAlert(rows[0].run, alert_from_row(rows[0]), rows[0].snapshot, tuple(outcomes))

    def snapshot(self, number: int) -> bytes | None:
        """A picture as JPEG; None where it was deleted."""
        found = list(self._rows(select(schema.snapshots.c.jpeg).where(schema.snapshots.c.id == number)))
        return bytes(found[0][0]) if found else None

    def runs(self) -> list[Run]:
        """All runs of the program, in the order of their start."""
        rows = self._rows(select(schema.runs).order_by(schema.runs.c.started))
        return [Run(row.id, row.started, row.written, row.ended, row.dropped) for row in rows]

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
        self._database.close()

    def __enter__(self) -> "EventReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(self, statement: Select[Any]) -> Iterator[Any]:
        try:
            # A few at a time: a year of minutes fits in no memory.
            yield from self._connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE})
        except SQLAlchemyError as error:
            raise StoreError(self.name, f"cannot be read ({reason(error)})", "a store of events") from error
