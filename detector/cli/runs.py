"""The default output folders of commands: runs/NAME, runs/NAME-2, ..."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from detector.errors import UsageError

_RUNS = Path("runs")


@contextmanager
def output_folder(out: Path | None, command: str) -> Iterator[Path]:
    """Give the folder for the results of a command.

    Args:
        out: What the user asked for; None: a new one of the command's own, made at once, so that another command that
            starts at the same time takes the next. It is removed if the command leaves nothing in it.
        command: Its name.

    Yields:
        The folder.

    Raises:
        UsageError: None can be made here.
    """
    if out is not None:
        yield out
        return
    had_runs = _RUNS.exists()
    folder = _make_new(command)
    try:
        yield folder
    finally:
        with suppress(OSError):  # it holds results
            folder.rmdir()
            if not had_runs:
                _RUNS.rmdir()


def latest_run(command: str) -> Path:
    """The last of a command's folders that exists.

    Raises:
        UsageError: There is none.
    """
    latest = None
    for folder in _folders(command):
        if not folder.exists():
            break
        latest = folder
    if latest is None:
        raise UsageError(_RUNS / command, "no such folder", "--out with the folder that is meant")
    return latest


def _make_new(command: str) -> Path:
    """Make the first of a command's folders that does not exist; of several callers, each gets its own."""
    for folder in _folders(command):
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except NotADirectoryError as error:
            raise UsageError(_RUNS, "a file", "a folder for the results, or --out") from error
        except OSError as error:
            raise UsageError(
                folder, f"not writable ({error.strerror})", "a folder for the results, or --out"
            ) from error
    raise AssertionError("there is a number for every folder")


def _folders(command: str) -> Iterator[Path]:
    yield _RUNS / command
    for number in count(2):
        yield _RUNS / f"{command}-{number}"
