"""Files and folders that appear under their name only when they are whole."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from detector.errors import OutputError, UsageError


def make_folder(folder: Path) -> None:
    """Make an output folder, so that a place that cannot be written to is known before the long work.

    Raises:
        UsageError: It is a file, or cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink()
    except FileExistsError as error:
        raise UsageError(folder, "a file", "a folder for the results") from error
    except OSError as error:
        raise UsageError(folder, f"not writable ({error.strerror})", "a folder for the results") from error


def temporary_name(target: Path) -> Path:
    """A name beside `target`, hidden and of this process, to write to before renaming."""
    return target.with_name(f".{target.name[-40:]}.{os.getpid()}.tmp")


@contextlib.contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Give a temporary path, which becomes `target` when the block succeeds and vanishes when it fails.

    Raises:
        OutputError: The operating system refuses to write, for want of space or permission.
    """
    temporary = temporary_name(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(target)
    except OSError as error:
        raise OutputError(target, f"not writable ({error.strerror or error})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def writing_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder, which takes the place of `target` when the block succeeds and vanishes when it fails.

    Raises:
        OutputError: The operating system refuses to write, for want of space or permission.
    """
    temporary = temporary_name(target)
    replaced = temporary.with_suffix(".old")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if target.exists():
            target.rename(replaced)  # a folder cannot be renamed over one that holds files
        temporary.rename(target)
    except OSError as error:
        raise OutputError(target, f"not writable ({error.strerror or error})") from error
    finally:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
