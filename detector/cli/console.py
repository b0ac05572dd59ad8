"""The consoles and the progress bar of all commands."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

# A pipe has no width: names and columns are not cut off there.
_PIPE_WIDTH = 250
_is_pipe = sys.stdout is None or not sys.stdout.isatty()  # None: closed
console = Console(highlight=False, width=_PIPE_WIDTH if _is_pipe and "COLUMNS" not in os.environ else None)
errors = Console(stderr=True, highlight=False)


def progress_bar() -> Progress:
    """A progress bar on stderr: shown on a terminal, silent in a pipe."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar with a line for each stage of a run.

    Yields:
        A function that takes the name of a stage, how much of it is done, and how much there is.
    """
    with progress_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)

        yield progress


def printable(name: str | Path) -> str:
    """A file name without what would confuse a terminal: line breaks, escape codes, bytes that are no text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))


def print_list(heading: str, lines: Sequence[object], style: str, most: int | None = None) -> None:
    """Print a heading with lines below it to stderr; nothing where there are no lines.

    Args:
        heading: With its colon.
        lines: What is listed.
        style: Of the heading.
        most: So many are listed, and the others counted; None: all are listed.
    """
    if not lines:
        return
    errors.print(heading, style=style)
    for line in lines[:most]:
        errors.print(f"  {line}", markup=False, soft_wrap=True)
    if most is not None and len(lines) > most:
        errors.print(f"  and {len(lines) - most} more")
