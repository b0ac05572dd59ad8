"""Prints the figures of an evaluation, for `detector eval` and the end of `detector train`."""

from rich.markup import escape
from rich.table import Table

from detector.cli.console import console, errors
from detector.evaluation import Metrics
from detector.evaluation.tables import FigureTable, all_tables, summary


def print_metrics(metrics: Metrics) -> None:
    """Print every table."""
    console.print(summary(metrics), markup=False, soft_wrap=True)
    if metrics.unlabelled_images:
        errors.print(
            f"{metrics.unlabelled_images} of them have no label file, which counts as without faces.", style="yellow"
        )
    for table in all_tables(metrics):
        print_table(table)


def print_table(table: FigureTable) -> None:
    """Print one table, and its note."""
    console.print(f"\n{escape(table.title)}", style="bold", soft_wrap=True)
    shown = Table(box=None, pad_edge=False)
    first, *others = table.columns
    shown.add_column(escape(first), overflow="fold")
    for column in others:
        shown.add_column(escape(column), justify="right", no_wrap=True)
    for row in table.rows:
        shown.add_row(*map(escape, row))
    console.print(shown)
    if table.note:
        console.print(table.note, markup=False, soft_wrap=True)
