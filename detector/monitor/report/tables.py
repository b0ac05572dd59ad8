"""The figures of a report for other programs: CSV and JSON."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from detector.files import writing
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.report.figures import Counts, Figures, Slice
from detector.monitor.report.period import Clock
from detector.monitor.store.event_reader import EventReader, Query
from detector.monitor.store.records import Crossed, Event, RaisedAlert
from detector.people.states import State

_DIGITS = 6
_COUNTS = ("not_known", "decided", "compliance")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_json(path: str | Path, figures: Figures) -> None:
    """Write every figure, and the events and alerts that the report shows.

    Raises:
        OutputError: The file cannot be written.
    """
    with writing(Path(path)) as temporary:
        text = json.dumps(to_dict(figures), indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def write_csv(path: str | Path, figures: Figures, reader: EventReader) -> None:
    """Write tables.

    Args:
        path: A file that ends in .csv, for the figures alone; or a folder, for `figures.csv`, `events.csv`,
            `alerts.csv`, `gaps.csv` and, where there are lines, `crossings.csv`, with all rows of the period.
        figures: The figures.
        reader: The store that they are from.

    Raises:
        OutputError: A file cannot be written.
        StoreError: The store cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() == ".csv" and not path.is_dir():
        _write(path, _figure_rows(figures))
        return
    period, clock = figures.period, figures.period.clock
    part = Query(period.start, period.end, [camera.name for camera in figures.cameras])
    gaps = (
        {
            "camera": gap.camera,
            "start": _time(gap.start, clock),
            "end": _time(gap.end, clock),
            "seconds": round(gap.length.total_seconds()),
            "why": "camera down" if gap.running else "no program watching",
        }
        for camera in figures.cameras
        for gap in camera.gaps
    )
    _write(path / "figures.csv", _figure_rows(figures))
    _write(path / "events.csv", (_event(event, clock) for event in reader.events(part)), _EVENT_COLUMNS)
    _write(path / "alerts.csv", (_alert_row(raised, clock) for raised in reader.alerts(part)), _ALERT_COLUMNS)
    _write(path / "gaps.csv", gaps, ("camera", "start", "end", "seconds", "why"))
    if figures.lines:
        _write(path / "crossings.csv", (_crossing(each, clock) for each in reader.crossings(part)), _CROSSING_COLUMNS)


def to_dict(figures: Figures) -> dict[str, Any]:
    """All figures as plain values; times in ISO 8601 with the offset of the report's clock, shares from 0 to 1."""
    clock, people, alerts = figures.period.clock, figures.people, figures.alerts
    return {
        "store": figures.store,
        "made": _time(figures.made, clock),
        "period": {
            "start": _time(figures.period.start, clock),
            "end": _time(figures.period.end, clock),
            "timezone": clock.name,
            "unit": figures.period.unit,
        },
        "person_minutes": _counts(figures.counts),
        "people": {
            "number": people.number,
            "first": _counts(people.first),
            "last": _counts(people.last),
            "changes": [{"before": b.value, "after": a.value, "times": times} for b, a, times in people.changes],
        },
        "watched": _rounded(figures.watched),
        "dropped": figures.dropped,
        "last_states": _counts(figures.last_states),
        "cameras": [
            {
                "name": camera.name,
                "person_minutes": _counts(camera.counts),
                "people": _counts(camera.people),
                "alerts": camera.alerts,
                "since": _time(camera.since, clock),
                "seconds_watched": round(camera.seconds_watched, 3),
                "watched": _rounded(camera.watched),
                "looks_per_second": None if camera.looks is None else round(camera.looks, 2),
                "gaps": [
                    {"start": _time(gap.start, clock), "end": _time(gap.end, clock), "running": gap.running}
                    for gap in camera.gaps
                ],
            }
            for camera in figures.cameras
        ],
        "over_time": [_slice(part, clock) for part in figures.over_time],
        "by_hour": [_slice(part, clock) for part in figures.by_hour],
        "by_weekday": [_slice(part, clock) for part in figures.by_weekday],
        "lines": [
            {
                "camera": line.camera,
                "line": line.line,
                "in": _counts(line.people_in),
                "out": _counts(line.people_out),
            }
            for line in figures.lines
        ],
        "alerts": {
            "total": alerts.total,
            "by_rule": alerts.by_rule,
            "deliveries": alerts.deliveries,
            "newest": [_alert(raised, clock) for raised in alerts.rows],
        },
        "events": {"total": figures.events, "newest": [_event(event, clock) for event in figures.newest]},
    }


def _time(time: datetime, clock: Clock) -> str:
    return clock.local(time).isoformat()


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, _DIGITS)


def _counts(counts: Counts) -> dict[str, Any]:
    numbers = {state.value: _amount(counts[state]) for state in State} | {"not_known": _amount(counts.not_known)}
    return numbers | {"decided": _amount(counts.decided), "compliance": _rounded(counts.compliance)}


def _amount(number: float) -> float:
    """Person-minutes to about 60 ms; whole numbers, such as those of people, as integers."""
    rounded = round(number, 3)
    return int(rounded) if rounded == int(rounded) else rounded


def _slice(part: Slice, clock: Clock) -> dict[str, Any]:
    start = {} if part.start is None else {"start": _time(part.start, clock)}
    seconds = round(part.seconds_watched, 3)
    return {"name": part.name, **start, "person_minutes": _counts(part.counts), "seconds_watched": seconds}


def _event(event: Event, clock: Clock) -> dict[str, Any]:
    change = event.change
    return {
        "time": _time(change.time, clock),
        "camera": change.camera,
        "run": event.run,
        "track_id": change.track_id,
        "before": change.before.value,
        "after": change.after.value,
        "confidence": round(change.confidence, 4),
        **{name: round(value, 2) for name, value in zip(("x1", "y1", "x2", "y2"), change.xyxy, strict=True)},
        "clip": change.clip,
    }


_EVENT_COLUMNS = ("time", "camera", "run", "track_id", "before", "after", "confidence", "x1", "y1", "x2", "y2", "clip")


_CROSSING_COLUMNS = ("time", "camera", "line", "direction", "state", "run", "track_id")


def _crossing(crossed: Crossed, clock: Clock) -> dict[str, Any]:
    crossing = crossed.crossing
    values = {name: getattr(crossing, name) for name in ("camera", "line", "direction", "state", "track_id")}
    return values | {"time": _time(crossing.time, clock), "run": crossed.run}


def _alert(raised: RaisedAlert, clock: Clock) -> dict[str, Any]:
    alert = raised.alert
    return {
        "time": _time(alert.time, clock),
        "id": alert.id,
        "rule": alert.rule,
        "camera": alert.camera,
        "message": alert.message,
        "people": alert.people,
        "states": {state.value: number for state, number in alert.states.items()},
        "sinks": [
            {"sink": o.sink, "status": o.status.value, "attempts": o.attempts, "error": o.error}
            for o in raised.outcomes
        ],
        "clip": alert.clip,
    }


_ALERT_COLUMNS = ("time", "id", "rule", "camera", "message", "people", *State, *DeliveryStatus, "clip")


def _alert_row(raised: RaisedAlert, clock: Clock) -> dict[str, Any]:
    """An alert in one row: the sinks by what became of it there."""
    row = _alert(raised, clock)
    sinks = row.pop("sinks")
    states: dict[str, Any] = row.pop("states")
    by_status = {
        status.value: "; ".join(sink["sink"] for sink in sinks if sink["status"] == status) for status in DeliveryStatus
    }
    return row | states | by_status


def _figure_rows(figures: Figures) -> Iterator[dict[str, Any]]:
    """Every figure that counts states, one row each."""
    clock = figures.period.clock

    def row(figure: str, name: str, counts: Counts, seconds: float | None = None, start: str = "") -> dict[str, Any]:
        return {"figure": figure, "name": name, "start": start, **_counts(counts), "seconds_watched": seconds}

    total = sum(camera.seconds_watched for camera in figures.cameras)
    yield row("person_minutes", "all", figures.counts, round(total, 3), _time(figures.period.start, clock))
    for camera in figures.cameras:
        yield row("by_camera", camera.name, camera.counts, round(camera.seconds_watched, 3))
    for figure in ("over_time", "by_hour", "by_weekday"):
        for part in getattr(figures, figure):
            values = _slice(part, clock)
            yield row(figure, part.name, part.counts, values["seconds_watched"], values.get("start", ""))
    yield row("people_decided_first", "all", figures.people.first)
    yield row("people_decided_last", "all", figures.people.last)
    for camera in figures.cameras:
        yield row("people_decided_last", camera.name, camera.people)
    for line in figures.lines:
        yield row("crossed_in", f"{line.camera}: {line.line}", line.people_in)
        yield row("crossed_out", f"{line.camera}: {line.line}", line.people_out)


_FIGURE_COLUMNS = ("figure", "name", "start", *State, *_COUNTS, "seconds_watched")


def _write(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[str] = _FIGURE_COLUMNS) -> None:
    with writing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows({name: _as_text(value) for name, value in row.items()} for row in rows)


def _as_text(value: Any) -> Any:
    """Put an apostrophe before a text that a spreadsheet would run as a formula; other values stay as they are.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
