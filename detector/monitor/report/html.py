"""Writes the report as one HTML file without other files."""

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from converters.plurals import noun
from detector.files import writing
from detector.media.colours import hex_of
from detector.monitor.report.charts import COUNTS_HEIGHT, FEW, ORDER, SHARES_HEIGHT, bar, column_chart, strip
from detector.monitor.report.figures import Counts, Figures, Gap, Slice
from detector.monitor.report.headline import by_need, headline, period_before, shows_hours, shows_weekdays
from detector.monitor.report.period import Period
from detector.monitor.store.event_reader import EventReader
from detector.people.states import State

if TYPE_CHECKING:
    from jinja2 import Template

NAMES: Mapping[State, str] = {
    State.WITH_MASK: "with mask",
    State.MASK_WORN_INCORRECTLY: "worn incorrectly",
    State.WITHOUT_MASK: "without mask",
    State.UNDECIDED: "undecided",
}
_MOST_GAPS = 30
_MOST_NAMES = 8  # of cameras below the title; every camera has its own place further down
_SPACE = "\N{NO-BREAK SPACE}"


def write_html(
    path: str | Path, figures: Figures, reader: EventReader, *, clip_address: Callable[[Path], str] | None = None
) -> None:
    """Write the report.

    Args:
        path: The file to write.
        figures: Its figures.
        reader: The store that they are from, for the snapshots.
        clip_address: Gives the address of a clip; by default it is linked where it lies, relative to the report.

    Raises:
        OutputError: The file cannot be written.
        StoreError: The store cannot be read.
    """
    clips = clip_links(figures, clip_address or partial(_link, folder=Path(path).absolute().parent))
    text = render(figures, _pictures(figures, reader), period_before(figures, reader), clips)
    with writing(Path(path)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def render(
    figures: Figures,
    pictures: Mapping[int, bytes],
    before: Figures | None = None,
    clips: Mapping[str, str] | None = None,
) -> str:
    """The report as HTML.

    Args:
        figures: Its figures.
        pictures: JPEGs by their number in the store; where one is missing, none is shown.
        before: The figures of the period before, if there are any.
        clips: Links to the clips that are there, by their paths in the store.
    """
    period, clock = figures.period, figures.period.clock
    unit = period.unit
    long = {"day": "%a {} %b %Y", "week": "week of {} %b %Y", "month": "%b %Y"}.get(unit, "%a {} %b %Y %H:%M")
    return _template().render(
        f=figures,
        h=headline(figures, before),
        cameras_by_need=by_need(figures.cameras),
        shows_hours=shows_hours(period),
        shows_weekdays=shows_weekdays(period),
        hour_after=lambda hour: f"{int(hour[:2]) + 1:02}:00",
        points=lambda share: f"{abs(100 * share):.1f}{_SPACE}points",
        states=State,
        order=ORDER,
        names=NAMES,
        colours={state: hex_of(state.value) for state in ORDER},
        unit=unit,
        shares_height=SHARES_HEIGHT,
        counts_height=COUNTS_HEIGHT,
        over_time=column_chart(figures.over_time, _labels(period, figures.over_time), figures.counts),
        over_time_names=[_day(clock.local(part.start), long) for part in figures.over_time if part.start],
        by_hour=column_chart(figures.by_hour, [part.name for part in figures.by_hour], figures.counts),
        by_weekday=column_chart(figures.by_weekday, [part.name[:3] for part in figures.by_weekday], figures.counts),
        few=FEW,
        bar=bar,
        strip=lambda gaps: strip(gaps, period.start.timestamp(), period.end.timestamp()),
        gaps=_merged_gaps(figures.gaps),
        most_gaps=_MOST_GAPS,
        most_names=_MOST_NAMES,
        pictures={number: base64.b64encode(jpeg).decode("ascii") for number, jpeg in pictures.items()},
        clips=clips or {},
        when=lambda time, seconds=False: _when(clock.local(time), seconds=seconds),
        when_end=lambda time, since=None: _when_end(clock.local(time), since and clock.local(since)),
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,  # names of cameras and rules come from users
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": number,
        "short": short,
        "quantity": quantity,
        "percent": percent,
        "compliance": compliance,
        "duration": duration,
    }
    environment.filters["px"] = lambda length: f"{length:.2f}"
    return environment.get_template("template.html.j2")


def _pictures(figures: Figures, reader: EventReader) -> dict[int, bytes]:
    numbers = [*(event.snapshot for event in figures.newest), *(raised.snapshot for raised in figures.alerts.rows)]
    found = {number: reader.snapshot(number) for number in numbers if number is not None}
    return {number: jpeg for number, jpeg in found.items() if jpeg is not None}


def clip_links(figures: Figures, address: Callable[[Path], str]) -> dict[str, str]:
    """Links to the clips of events and alerts, by their paths; without those that are gone."""
    named = [*(event.change.clip for event in figures.newest), *(raised.alert.clip for raised in figures.alerts.rows)]
    there = {clip: Path(clip) for clip in named if clip is not None and Path(clip).is_file()}
    return {clip: address(path) for clip, path in there.items()}


def _link(path: Path, folder: Path) -> str:
    """A relative address, so that a folder with page and clips can be moved."""
    try:
        return quote(Path(os.path.relpath(path, folder)).as_posix())
    except ValueError:  # on another drive
        return path.as_uri()


def number(value: float) -> str:
    """12,345; below ten with one decimal, where there is a fraction."""
    return f"{value:,.1f}" if value < 9.95 and abs(value - round(value)) >= 0.05 else f"{value:,.0f}"


def short(value: int) -> str:
    """90,000, 200 k or 3 M: a number of one digit and zeros, in little room."""
    for unit, name, least in ((1_000_000, "M", 1_000_000), (1_000, "k", 100_000)):
        if value >= least:
            return f"{number(value // unit)}{_SPACE}{name}"
    return number(value)


def quantity(value: int, one: str, more: str | None = None) -> str:
    """1 camera, 2 cameras; a plural of its own where there is one."""
    return f"{number(value)} {noun(value, one, more)}"


def percent(share: float | None) -> str:
    """A share such as 87.3 %. Only exact values give 100 % and 0.0 %."""
    if share is None:
        return "–"
    shown = f"{100 * share:.1f}"
    if shown == "0.0" and share > 0:
        shown = "< 0.1"
    elif shown == "100.0":
        shown = "100" if share == 1 else "> 99.9"
    return f"{shown}{_SPACE}%".replace(" ", _SPACE)


def compliance(counts: Counts) -> str:
    """The compliance, or "not known" where cameras were looked at too seldom for it."""
    return "not known" if counts.not_known and not counts.decided else percent(counts.compliance)


def duration(length: timedelta | float) -> str:
    """2 d 3 h, 3 h 5 min, 7 min or 12 s."""
    seconds = round(length.total_seconds() if isinstance(length, timedelta) else length)
    if seconds < 60:
        return f"{seconds}{_SPACE}s"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    parts = ((days, "d"), (hours, "h")) if days else ((hours, "h"), (minutes, "min"))
    return _SPACE.join(f"{value:,}{_SPACE}{unit}" for value, unit in parts if value)


def _day(local: datetime, form: str) -> str:
    """A date by a form of `strftime`, in which {} is the day without a zero before it."""
    return local.strftime(form).format(local.day)


def _when(local: datetime, *, seconds: bool = False) -> str:
    return _day(local, "%a {} %b %Y, %H:%M" + (":%S" if seconds else ""))


def _when_end(local: datetime, since: datetime | None = None) -> str:
    """The end of a period: midnight is 24:00 of the day before, and the day of the beginning is not repeated."""
    day, time = local, f"{local:%H:%M}"
    if time == "00:00":
        day, time = local - timedelta(days=1), "24:00"
    return time if since and since.date() == day.date() else f"{_day(day, '%a {} %b %Y')}, {time}"


def _labels(period: Period, slices: Iterable[Slice]) -> list[str]:
    """The labels below columns: the day, and within a day the time."""
    clock, labels, last, offset = period.clock, [], None, None
    one_day = clock.local(period.start).date() == clock.local(period.end - timedelta(microseconds=1)).date()
    for local in (clock.local(part.start) for part in slices if part.start):
        if period.unit == "month":
            labels.append(f"{local:%b %y}")
        elif period.unit in ("day", "week") or (local.date() != last and not one_day):
            labels.append(_day(local, "{} %b"))
        else:
            labels.append(f"{local:%H:%M}")
        if period.unit not in ("month", "week", "day") and local.utcoffset() != offset is not None:
            labels[-1] += f" {local:%Z}"  # the clock was changed: the same hour comes twice, or one is missing
        last, offset = local.date(), local.utcoffset()
    return labels


def _merged_gaps(gaps: Iterable[Gap]) -> list[tuple[Gap, list[str]]]:
    """Gaps with the names of their cameras; gaps of several cameras at the same time become one."""
    found: dict[Any, tuple[Gap, list[str]]] = {}
    for gap in gaps:
        found.setdefault((gap.start, gap.end, gap.running), (gap, []))[1].append(gap.camera)
    return list(found.values())
