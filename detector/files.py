"""Files and folders that appear under their name only when they are whole."""

import os
from pathlib import Path

from converters.files import temporary_name, writing
from converters.folder_writing import writing_folder
from detector.errors import UsageError

__all__ = ["make_folder", "temporary_name", "writing", "writing_folder"]


def make_folder(folder: Path) -> None:
    """Make an output folder before the long work, so that an unwritable place is reported first.

    Raises:
        UsageError: It is a file, or cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable.{os.getpid()}"
        probe.touch()
        probe.unlink(missing_ok=True)  # another thread may have removed it
    except FileExistsError as error:
        raise UsageError(folder, "a file", "a folder for the results") from error
    except OSError as error:
        raise UsageError(folder, f"not writable ({error.strerror})", "a folder for the results") from error
