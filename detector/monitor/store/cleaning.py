"""Deletes old rows a few at a time, so that new rows never wait for it."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete, select

from detector.monitor.store.database import Database
from detector.monitor.store.schema import alerts, deliveries, events, minutes, runs, snapshots

_ROWS = 500
_PAGES = 1000


def delete_old(database: Database, before: datetime, run: str) -> Iterator[None]:
    """Delete what is older than a time, with its snapshots and deliveries, and give the space back.

    Args:
        database: Where.
        before: Rows of this time and later stay.
        run: A run that stays however old it is.

    Yields:
        After each short transaction: the caller may do other things before it asks for the next.
    """
    # Rows that refer to other rows are deleted before those.
    for table, time in (
        (events, events.c.time),
        (minutes, minutes.c.minute),
        (alerts, alerts.c.time),
        (snapshots, snapshots.c.time),
        (runs, runs.c.written),
    ):
        old = select(table.c.id).where(time < before)
        if table is runs:
            old = old.where(runs.c.id != run)
        found = _ROWS
        while found == _ROWS:
            with database.begin() as connection:
                ids = connection.scalars(old.limit(_ROWS)).all()
                if ids and table is alerts:
                    connection.execute(delete(deliveries).where(deliveries.c.alert.in_(ids)))
                if ids:
                    connection.execute(delete(table).where(table.c.id.in_(ids)))
            found = len(ids)
            yield
    while database.free_pages(_PAGES):
        yield
