"""Writes to the store of events."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from detector import __version__
from detector.errors import StoreError
from detector.monitor.store.alert_outbox import AlertOutbox
from detector.monitor.store.cleaning import delete_old
from detector.monitor.store.database import Database, reason
from detector.monitor.store.rows import add_up, change_to_row, crossing_to_row, insert_row
from detector.monitor.store.schema import crossings, events, prepare, runs
from detector.monitor.store.writer import MEMORY, StoreStatus, Writer
from detector.people.states import LineCrossing, MinuteCount, StateChange

_LONGEST_BETWEEN_CLEANINGS = timedelta(hours=1)


class EventStore:
    """Keeps events, counts and alerts. Every `add_` returns at once; a thread of its own writes, within a second.

    Open it with `EventStore.open`, and close it, or use it in a `with` statement.

    Attributes:
        run: Names this run of the program. Track ids are unique within a run and camera.
        outbox: Keeps the alerts.
    """

    def __init__(self, database: Database, url: str, run: str, keep: timedelta | None, memory: int) -> None:
        self.run = run
        self._database, self._started, self._closed = database, _now(), False
        self._writer = Writer(database, self._record_batch, memory=memory)
        if keep is not None:
            every = min(_LONGEST_BETWEEN_CLEANINGS, keep / 10)
            self._writer.clean_regularly(lambda: delete_old(database, _now() - keep, run), every)
        self.outbox = AlertOutbox(self._writer, url, run)
        self._writer.start()  # last: where something fails, no thread is left behind

    @classmethod
    def open(
        cls, url: str, keep: timedelta | None = None, run: str | None = None, *, memory: int = MEMORY
    ) -> "EventStore":
        """Open a store, made or brought up to date where need be, and begin a run.

        Args:
            url: A URL of SQLAlchemy, or the path of an SQLite file.
            keep: Rows older than this are deleted, now and from time to time.
            run: Names the run; by default a new UUID.
            memory: While nothing can be written, at most so many bytes are kept in memory. Other rows are dropped and
                counted.

        Raises:
            UsageError: The URL is not understood, or its driver is not installed.
            StoreError: The database cannot be reached or written to, or is not a store that this version understands.
        """
        database = Database(url, prepare=lambda connection: prepare(connection, database.name))
        with ExitStack() as on_failure:
            on_failure.callback(database.close)
            try:
                with database.begin():
                    pass
            except (SQLAlchemyError, OSError) as error:
                found = f"cannot be opened ({reason(error)})"
                raise StoreError(database.name, found, "a database to write to") from error
            store = cls(database, url, run or uuid4().hex, keep, memory)
            on_failure.pop_all()
        return store

    @property
    def status(self) -> StoreStatus:
        """How many rows wait, how many were dropped, and why nothing can be written, if so."""
        return self._writer.status

    def add_change(self, change: StateChange) -> None:
        """Keep an event."""
        row, picture = change_to_row(change, self.run), change.snapshot
        self._writer.put(lambda to: insert_row(to, events, row, change.time, picture), len(picture or b""))

    def add_crossing(self, crossing: LineCrossing) -> None:
        """Keep the crossing of a line."""
        row = crossing_to_row(crossing, self.run)
        self._writer.put(lambda to: insert_row(to, crossings, row, crossing.time, None))

    def add_minute(self, minute: MinuteCount) -> None:
        """Keep what a camera saw in a minute, or in a part of it: parts of a minute are added up."""
        self._writer.put(lambda to: add_up(to, minute, self.run))

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until all added rows are written; False if they are not after `timeout` seconds."""
        return self._writer.flush(timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Write waiting rows, and end the run. Rows not written after `timeout` seconds are dropped and counted."""
        if self._closed:
            return
        self._closed = True
        self._writer.put(lambda to: to.execute(update(runs).where(runs.c.id == self.run).values(ended=_now())))
        self._writer.close(timeout)
        self.outbox.close()
        self._database.close()

    def __enter__(self) -> "EventStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _record_batch(self, connection: Connection, batch: int, dropped: int) -> bool:
        """Record a batch in the table of runs; False when it is recorded already."""
        last = connection.scalar(select(runs.c.batch).where(runs.c.id == self.run))
        if last is not None and last >= batch:
            return False
        values = {"written": _now(), "batch": batch, "dropped": dropped}
        if last is None:
            values |= {"id": self.run, "started": self._started, "program": f"mask-detector {__version__}"}
            connection.execute(insert(runs), values)
        else:
            connection.execute(update(runs).where(runs.c.id == self.run).values(values))
        return True


def _now() -> datetime:
    return datetime.now(UTC)
