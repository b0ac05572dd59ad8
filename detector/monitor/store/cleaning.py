"""Deletes old rows a few at a time, so that new rows never wait for it."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, literal, select

from detector.monitor.store.database import Database
from detector.monitor.store.schema import alerts, crossings, deliveries, events, minutes, runs, snapshots

logger = logging.getLogger(__name__)

_LONGEST_CLIP = timedelta(minutes=5)  # longer than the time between the first and the last event of a clip
_ROWS = 500
_PAGES = 1000


def delete_old(database: Database, before: datetime, run: str) -> Iterator[None]:
    """Delete what is older than a time, with its snapshots, clips and deliveries, and give the space back.

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
        (crossings, crossings.c.time),
        (minutes, minutes.c.minute),
        (alerts, alerts.c.time),
        (snapshots, snapshots.c.time),
        (runs, runs.c.written),
    ):
        has_clips = table in (events, alerts)
        old = select(table.c.id, table.c.clip if has_clips else literal(None)).where(time < before)
        if table is runs:
            old = old.where(runs.c.id != run)
        found = _ROWS
        while found == _ROWS:
            with database.begin() as connection:
                rows = connection.execute(old.limit(_ROWS)).all()
                ids, clips = [row[0] for row in rows], {row[1] for row in rows if row[1]}
                if ids and table is alerts:
                    connection.execute(delete(deliveries).where(deliveries.c.alert.in_(ids)))
                if ids:
                    connection.execute(delete(table).where(table.c.id.in_(ids)))
                clips -= _still_named(connection, clips, before)
            found = len(ids)
            _delete_clips(clips)
            yield
    while database.free_pages(_PAGES):
        yield


def _still_named(connection: Connection, clips: set[str], before: datetime) -> set[str]:
    """Those of clips that rows name which stay: such rows are hardly younger than what is deleted."""
    if not clips:
        return set()
    until = before + _LONGEST_CLIP
    named = (
        select(table.c.clip).where(table.c.time.between(before, until), table.c.clip.in_(clips))
        for table in (events, alerts)
    )
    return {clip for statement in named for clip in connection.scalars(statement) if clip}


def _delete_clips(clips: set[str]) -> None:
    for path in map(Path, clips):
        if path.suffix != ".mp4":  # not written by this program
            continue
        try:
            path.unlink(missing_ok=True)  # the file may be on another machine, which deletes it by its age
        except OSError as error:
            logger.warning("%s: cannot be deleted (%s)", path, error.strerror)
