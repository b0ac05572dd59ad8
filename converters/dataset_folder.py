"""The folder of a dataset: it appears when the dataset is complete, and keeps what no conversion wrote."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from converters.conversion_record import fixed_names, written_names
from converters.errors import OutputError, UsageError
from converters.folder_writing import kept_names, writing_folder
from converters.writing import WriteFormat


@contextmanager
def building(out: Path, overwrite: bool, to: WriteFormat = "yolo") -> Iterator[Path]:
    """A new folder that becomes `out` when the block ends without an exception, and vanishes when it does not.

    Args:
        out: The dataset's folder: new, empty, or with `overwrite` an earlier conversion.
        overwrite: Replace an earlier conversion. Files that it did not write stay.
        to: The format of the dataset.

    Yields:
        The folder to write into, beside `out`.

    Raises:
        UsageError: `out` is taken.
        OutputError: It cannot be written.
    """
    check_dataset_folder(out, overwrite, to)
    with writing_folder(out, _written(out).__contains__) as folder:
        yield folder


def kept_files(out: Path) -> list[str]:
    """List the files that stay when a dataset is replaced: those that no earlier conversion wrote.

    Args:
        out: The dataset's folder, which need not exist.

    Returns:
        Paths below `out`, with `/`; those of empty folders end with one.

    Raises:
        UsageError: Another file system is mounted in the folder.
        OutputError: It cannot be listed.
    """
    if not out.exists():
        return []
    try:
        return kept_names(out, _written(out).__contains__)
    except OSError as error:
        raise OutputError(out, f"cannot be listed ({error.strerror})", "a readable folder") from error


def _written(out: Path) -> frozenset[str]:
    return written_names(out) or frozenset()


def check_dataset_folder(out: Path, overwrite: bool, to: WriteFormat = "yolo") -> None:
    """Check that a dataset may be written to a folder, before any work is done.

    Args:
        out: The folder of the dataset; need not be there.
        overwrite: A dataset there may be replaced.
        to: The format that is to be written.

    Raises:
        UsageError: It is a file, a folder with something in it but no dataset of ours, or a dataset and `overwrite` is
            not set; or a file that would be kept is in the way.
        OutputError: The folder cannot be listed.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(out, "is a file", "a folder for the dataset")
    if out.samefile(Path.cwd()):  # it is replaced as a whole
        raise UsageError(out, "is the working folder", "another folder")
    if next(out.iterdir(), None) is None:
        return
    if written_names(out) is None:
        raise UsageError(out, "is not empty, and no earlier conversion", "a new folder")
    if not overwrite:
        raise UsageError(out, "holds an earlier conversion", "a new folder, or --overwrite")
    _check_names(out, kept_files(out), to)


def _check_names(folder: Path, kept: Iterable[str], to: WriteFormat) -> None:
    """Check that no file that stays has a name that every conversion writes.

    Raises:
        UsageError: A file has such a name, for example a link in place of `images`.
    """
    taken = fixed_names([to])
    for name in kept:
        if name in taken:
            raise UsageError(folder / name, "is in the way, and no earlier conversion wrote it", "another folder")
