"""The table that `detector infer` ends with."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from converters.plurals import quantity
from detector.cli.console import console, errors, printable
from detector.inference.outputs import Outcome, Totals
from detector.inference.outputs.kinds import described

_MOST_ROWS = 30
_MOST_CLASSES = 6
_MOST_FAILURES = 100
_MOST_NOTES = 10
_MOST_SUFFIXES = 10
_SHORTEST_NAME = 20


class OutcomeTable:
    """Collects outcomes, as many as a terminal can show, and prints them.

    Args:
        names: Class names by class id.
        console: Where it is printed.
    """

    def __init__(self, names: tuple[str, ...], console: Console = console) -> None:
        self._names, self._console = names, console
        self._rows: list[Outcome] = []
        self._failures: list[Outcome] = []
        self._noted: list[Outcome] = []
        self._notes = 0

    def add(self, outcome: Outcome) -> None:
        """Take note of an input's outcome."""
        if len(self._rows) <= _MOST_ROWS:
            self._rows.append(outcome)
        if outcome.outcome != "read" and len(self._failures) < _MOST_FAILURES:
            self._failures.append(outcome)
        if outcome.note is not None:
            self._notes += 1
            self._noted = [*self._noted, outcome][:_MOST_NOTES]

    def print(self, totals: Totals, out: Path | None, saves: Sequence[str]) -> None:
        """Print faces per class for each input, the totals, where the results are, and the failures."""
        self._console.print(self._table(totals))
        if totals.people:
            self._console.print(self._people(totals))
        if out is not None:
            self._console.print(
                f"Results in {printable(out)}: {described(saves, totals)}", markup=False, soft_wrap=True
            )
        if totals.left_out:
            self._console.print(printable(_left_out(totals)), markup=False, soft_wrap=True)
        for outcome in self._noted:
            line = f"Note on {printable(outcome.source)}: {outcome.note}"
            self._console.print(line, markup=False, soft_wrap=True)
        if self._notes > len(self._noted):
            self._console.print(f"Notes on {self._notes - len(self._noted)} more inputs are in summary.json")
        if totals.interrupted:
            advice = "" if out is None else " --resume goes on."
            errors.print(f"Interrupted: the results hold what had been done until then.{advice}", style="yellow")
        inputs = totals.outcomes.total()
        unread = inputs - totals.outcomes["read"]
        if unread:
            errors.print(f"{unread} of {quantity(inputs, 'input')} not read whole:", style="red")
            for outcome in self._failures:
                line = f"  {printable(outcome.source)}: {printable(outcome.reason or '')}"
                errors.print(line, markup=False, soft_wrap=True)
            if unread > len(self._failures):
                errors.print(f"  and {unread - len(self._failures)} more, in summary.json")

    def _table(self, totals: Totals) -> Table:
        inputs = totals.outcomes.total()
        # Other weights may have as many as 80 classes: only those that were found fit.
        names = [name for name in self._names if len(self._names) <= _MOST_CLASSES or totals.faces[name]]
        room = self._console.width - sum(len(heading) + 2 for heading in ("frames", *names, "interrupted"))
        table = Table(box=None, pad_edge=False)
        table.add_column("input", no_wrap=True)
        for heading in ("frames", *names):
            table.add_column(heading, justify="right")
        table.add_column("" if totals.outcomes["read"] == inputs else "outcome")
        if len(self._rows) <= _MOST_ROWS:
            for row in self._rows:
                name = Text(_ending(row.source, room), style="" if row.outcome == "read" else "red")
                found = (str(row.faces[name]) for name in names)
                table.add_row(name, str(row.frames), *found, "" if row.outcome == "read" else row.outcome)
        if inputs != 1:
            faces = (str(totals.faces[name]) for name in names)
            table.add_row(f"total of {inputs} inputs", str(totals.frames), *faces, style="bold")
        return table

    def _people(self, totals: Totals) -> Table:
        """The people of each video by state."""
        table = Table(box=None, pad_edge=False)
        table.add_column("video", no_wrap=True)
        for heading in ("people", *totals.people):
            table.add_column(heading, justify="right")
        room = self._console.width - sum(len(heading) + 2 for heading in ("people", *totals.people))
        videos = [row for row in self._rows if row.people is not None]
        if len(self._rows) <= _MOST_ROWS:
            for row in videos:
                found = Counter(row.people)
                table.add_row(Text(_ending(row.source, room)), str(found.total()), *map(str, found.values()))
        if len(videos) != 1 or len(self._rows) > _MOST_ROWS:
            found = totals.people
            table.add_row("all videos", str(found.total()), *map(str, found.values()), style="bold")
        return table


def _left_out(totals: Totals) -> str:
    several = totals.left_out.most_common(_MOST_SUFFIXES)
    listed = [f"{number} {suffix}" for suffix, number in several]
    if rest := totals.left_out.total() - sum(number for _, number in several):
        listed.append(f"{rest} others (in summary.json)")
    return f"Left out, neither picture nor video: {', '.join(listed)}"


def _ending(name: str, room: int) -> str:
    """The end of a path, which tells inputs apart better than its beginning."""
    name, room = printable(name), max(room, _SHORTEST_NAME)
    return name if len(name) <= room else "…" + name[1 - room :]
