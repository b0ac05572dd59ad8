"""Prints what a conversion found."""

from typing import TYPE_CHECKING

from rich.table import Table

from converters.options import ConversionOptions
from converters.plurals import quantity
from converters.writing import WriteFormat
from detector.cli.console import console, errors, printable

if TYPE_CHECKING:
    from converters.problems import Problem
    from converters.summary import ConversionSummary

_LISTED = 20  # left-out files named on the terminal; conversion.json names them all


def show(summary: "ConversionSummary", options: ConversionOptions, listed: int | None = _LISTED) -> None:
    """Print notes, warnings, counts, and what was left out.

    Args:
        summary: What was found.
        options: The options of the conversion.
        listed: How many of the files that were left out are named; None: all.
    """
    problems = summary.problems
    for note in problems.notes:
        say(f"Note: {note}")
    for warning in problems.warnings:
        warn(f"Warning: {warning}")
    for first, second in summary.separated:
        warn(f"Warning: {first} and {second} show the same scene but lie in different splits.")
    for split in ("train", "val"):
        if split not in summary.splits:
            warn(f"Warning: the {split} split is empty.")
    console.print(_split_table(summary, options.to))
    pictures = sum(map(len, summary.scenes))
    if summary.scenes:
        groups, largest = quantity(len(summary.scenes), "group"), len(summary.scenes[0])
        say(f"Same scene: {groups} of {pictures} pictures, the largest of {largest}.")
    say_counts("Ignored boxes", summary.ignored)
    say_counts("Repaired", problems.counts("repaired"))
    say_counts("Passed over", problems.counts("passed over"))
    _list_left_out(problems.omissions, listed)


def _split_table(summary: "ConversionSummary", to: WriteFormat) -> Table:
    table = Table(title=f"{summary.format} -> {to}", title_justify="left")
    table.add_column("")
    columns = [*summary.splits.values()]
    for split in summary.splits:
        table.add_column(split, justify="right")
    table.add_column("all", justify="right")

    def row(name: str, values: list[int]) -> None:
        table.add_row(name, *(f"{value:,}" for value in [*values, sum(values)]))

    row("images", [counts.images for counts in columns])
    row("without a box", [counts.background for counts in columns])
    table.add_section()
    for name in columns[0].boxes:
        row(name, [counts.boxes[name] for counts in columns])
    table.add_section()
    for size in columns[0].sizes:
        row(size if size == "larger" else f"{size} px", [counts.sizes[size] for counts in columns])
    return table


def _list_left_out(omissions: "list[Problem]", listed: int | None) -> None:
    if not omissions:
        return
    warn(f"Left out: {len(omissions)}", "red")
    for problem in omissions[:listed]:
        warn(f"  {problem}", "red")
    if more := len(omissions[listed:]) if listed is not None else 0:
        warn(f"  and {more} more", "red")


def say_counts(title: str, counts: dict[str, int]) -> None:
    """Print counts on one line, unless there are none."""
    if counts:
        say(f"{title}: " + ", ".join(f"{kind} {count:,}" for kind, count in counts.items()))


def say(text: str) -> None:
    """Print a line."""
    console.print(printable(text), markup=False, soft_wrap=True)


def warn(text: str, style: str = "yellow") -> None:
    """Print a line on stderr."""
    errors.print(printable(text), style=style, markup=False, soft_wrap=True)
