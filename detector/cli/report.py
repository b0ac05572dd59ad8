"""`detector report`."""

import webbrowser
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.plurals import noun
from detector.cli.console import console, errors, printable
from detector.errors import UsageError

if TYPE_CHECKING:
    from detector.monitor.report import Clock, Counts, Figures

_TIMES = "2026-11-21, '2026-11-21 08:00', or 7d for seven days ago"


def report(
    events: Annotated[
        str, typer.Argument(help="What `detector watch` wrote: an SQLite file, or the URL of a database.")
    ] = "events.db",
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help=f"{_TIMES}. Default: the first that is stored.")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="TIME",
            help="Likewise; a day alone is included. Default: the last that is stored; now if --from is a duration.",
        ),
    ] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only this camera; can be repeated.")] = None,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    csv: Annotated[
        Path | None,
        typer.Option(help="The figures as a table, FILE.csv; or a folder, for the events, alerts and gaps as well."),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="The figures as JSON.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="When days begin: such as Europe/Berlin. Default: that of this machine.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Show so many of the events and of the alerts.")] = 200,
    open_it: Annotated[bool, typer.Option("--open", help="Open the report in the browser.")] = False,
) -> None:
    """Report how masks were worn: one HTML file for phone, screen and paper, from what `detector watch` stored.

    Example: detector report events.db --from 7d --out report.html
    """
    from detector.monitor.report import Clock, collect, write_csv, write_html, write_json
    from detector.monitor.store import EventReader

    clock, now = Clock.of(timezone), datetime.now(UTC)
    start, end = _period(since, until, clock, now)
    with EventReader.open(events) as reader:
        _check_outputs(reader.name, {"--out": out, "--csv": csv, "--json": json})
        figures = collect(reader, clock, start, end, camera or (), most_rows=rows, now=now)
        write_html(out, figures, reader)
        if csv is not None:
            write_csv(csv, figures, reader)
        if json is not None:
            write_json(json, figures)
    _print(figures)
    files = ", ".join(printable(path) for path in (out, csv, json) if path is not None)
    console.print(f"\nReport: {files}", markup=False, soft_wrap=True)
    if open_it:
        webbrowser.open(out.resolve().as_uri())
    if figures.dropped:
        dropped = f"{figures.dropped:,} {noun(figures.dropped, 'row')}"
        errors.print(
            f"{dropped} could not be stored at the time, nor counted in any figure.",
            style="yellow",
        )


def _check_outputs(store: str, outputs: dict[str, Path | None]) -> None:
    """Refuse to write over the store, or one file over the other.

    Raises:
        UsageError: Two of them are the same file.
    """
    taken = {Path(store).resolve(): "the store"}
    for option, path in outputs.items():
        if path is None:
            continue
        if (other := taken.setdefault(path.resolve(), option)) != option:
            raise UsageError(option, f"{path}, which is {other}", "a file of its own")


def _period(
    since: str | None, until: str | None, clock: "Clock", now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The beginning and the end that the two options mean."""
    from detector.monitor.report import is_duration, parse_time

    start = None if since is None else parse_time(since, "--from", clock, now)
    if until is not None:
        return start, parse_time(until, "--to", clock, now, end=True)
    return start, now if since is not None and is_duration(since) else None


def _print(figures: "Figures") -> None:
    """Print who wore masks how, by camera."""
    from rich.table import Table
    from rich.text import Text

    from detector.monitor.report.html import NAMES, compliance, number, percent, quantity
    from detector.people.states import State

    period, clock = figures.period, figures.period.clock
    start, end = (f"{clock.local(time):%Y-%m-%d %H:%M}" for time in (period.start, period.end_shown))
    console.print(f"{start} to {end} ({clock.name}), in person-minutes:\n", markup=False, soft_wrap=True)
    table = Table(box=None, pad_edge=False)
    table.add_column("camera")
    names = [*(NAMES[state] for state in State), *(["not known"] if figures.counts.not_known else [])]
    for heading in (*(name.replace(" ", "\n") for name in names), "compliance", "watched"):
        table.add_column(heading, justify="right", vertical="bottom")

    def add(name: str, counts: "Counts", watched: float | None, style: str = "") -> None:
        numbers = [number(counts[state]) for state in State]
        if figures.counts.not_known:
            numbers.append(number(counts.not_known))
        table.add_row(Text(printable(name)), *numbers, compliance(counts), percent(watched), style=style)

    for camera in figures.cameras:
        add(camera.name, camera.counts, camera.watched)
    if len(figures.cameras) > 1:
        add("all", figures.counts, figures.watched, "bold")
    console.print(table)
    people, alerts = figures.people.number, figures.alerts.total
    counted = (quantity(people, "person", "people"), quantity(figures.events, "change of state", "changes of state"))
    console.print(f"\n{', '.join(counted)}, {quantity(alerts, 'alert')}.")
    for line in figures.lines:
        crossed = f"{number(line.people_in.total)} in, {number(line.people_out.total)} out"
        console.print(printable(f"{line.camera}, {line.line}: {crossed}."), markup=False, soft_wrap=True)
