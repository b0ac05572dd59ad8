"""Dataclasses as rows, and rows as dataclasses."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, update

from detector.monitor.store.schema import PERSON_SECONDS, minutes, snapshots
from detector.people.states import Alert, Direction, LineCrossing, MinuteCount, State, StateChange

_DIGITS = 3  # of person-seconds
_CORNERS = ("x1", "y1", "x2", "y2")


def change_to_row(change: StateChange, run: str) -> dict[str, Any]:
    """The row of a change, without its picture."""
    return {
        "run": run,
        "camera": change.camera,
        "time": change.time,
        "track_id": int(change.track_id),
        "before": change.before.value,
        "after": change.after.value,
        "confidence": float(change.confidence),
        **dict(zip(_CORNERS, map(float, change.xyxy), strict=True)),
        "clip": change.clip,
    }


def change_from_row(row: Row[Any]) -> StateChange:
    """A change, without its picture."""
    before, after, box = State(row.before), State(row.after), (row.x1, row.y1, row.x2, row.y2)
    return StateChange(row.camera, row.time, row.track_id, before, after, row.confidence, box, clip=row.clip)


def crossing_to_row(crossing: LineCrossing, run: str) -> dict[str, Any]:
    """The row of a crossing."""
    row = {name: getattr(crossing, name) for name in ("camera", "time", "line")}
    by_name = {"direction": crossing.direction.value, "state": crossing.state.value}
    return row | by_name | {"run": run, "track_id": int(crossing.track_id)}


def crossing_from_row(row: Row[Any]) -> LineCrossing:
    """A crossing."""
    return LineCrossing(row.camera, row.time, row.line, Direction(row.direction), row.track_id, State(row.state))


def alert_to_row(alert: Alert, run: str) -> dict[str, Any]:
    """The row of an alert, without its picture."""
    row = {name: getattr(alert, name) for name in ("id", "camera", "time", "rule", "message", "people", "clip")}
    return row | {"run": run} | _columns(alert.states)


def alert_from_row(row: Row[Any], snapshot: bytes | None = None) -> Alert:
    """An alert, with its picture if that is given."""
    states = {state: row._mapping[state.value] for state in State}
    return Alert(row.rule, row.camera, row.time, row.message, row.people, states, snapshot, row.id, row.clip)


def insert_row(
    connection: Connection, table: Table, row: dict[str, Any], time: datetime, picture: bytes | None
) -> None:
    """Insert a row, and its picture into the table of pictures."""
    if picture is not None:
        key = connection.execute(insert(snapshots), {"time": time, "jpeg": picture}).inserted_primary_key
        row = row | {"snapshot": key[0] if key else None}
    connection.execute(insert(table), row)


def minute_from_numbers(camera: str, minute: datetime, numbers: Sequence[Any]) -> MinuteCount:
    """A minute.

    Args:
        camera: Name of the camera.
        minute: Its first instant.
        numbers: People, people by state, frames, seconds up, and `PERSON_SECONDS`, each added up over the runs.
    """
    people, *counts, frames, seconds_up = map(float, numbers[: -len(PERSON_SECONDS)])
    states = {state: int(number) for state, number in zip(State, counts, strict=True)}
    *seconds, not_known = numbers[-len(PERSON_SECONDS) :]
    by_state = None if not_known is None else dict(zip(State, (round(s, _DIGITS) for s in seconds), strict=True))
    up = min(seconds_up, 60.0)
    return MinuteCount(camera, minute, int(people), states, int(frames), up, by_state, round(not_known or 0.0, _DIGITS))


def add_up(connection: Connection, minute: MinuteCount, run: str) -> None:
    """Add what was counted to the row of a minute, made where there is none.

    A run has one writer, so that nothing comes between the two statements.
    """
    key = {"run": run, "camera": minute.camera, "minute": minute.minute}
    numbers = {"people": minute.people, "frames": minute.frames, "seconds_up": float(minute.seconds_up)}
    numbers |= _columns(minute.counts)
    if minute.seconds is not None:
        numbers |= dict(zip(PERSON_SECONDS, (*minute.seconds.values(), minute.seconds_not_known), strict=True))
    this = [minutes.c[name] == value for name, value in key.items()]
    sums = {name: minutes.c[name] + number for name, number in numbers.items()}
    if not connection.execute(update(minutes).where(*this).values(sums)).rowcount:
        connection.execute(insert(minutes), key | numbers)


def _columns(counts: dict[State, int]) -> dict[str, int]:
    return {state.value: counts.get(state, 0) for state in State}
