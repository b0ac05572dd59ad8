"""The consoles and the progress bar of all commands."""

import os
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

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


def printable(name: str | Path) -> str:
    """A file name without what would confuse a terminal: line breaks, escape codes, bytes that are no text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(name))
