"""Opening text files of one format."""

from collections.abc import Callable, Sequence
from pathlib import Path

from converters.errors import AnnotationError, OtherFormatError
from converters.reading.csv_file import read_rows
from converters.reading.text_file import first_lines, read_text

_MAX_BYTES = 2**30
_Test = Callable[[Sequence[str]], bool]


def load_rows(path: Path, is_annotation: _Test, expected: str) -> list[list[str]]:
    """Load the rows of a CSV of one format.

    Args:
        path: The file.
        is_annotation: Whether the first lines of a file are of the format.
        expected: What the format is, for the exception.

    Returns:
        The fields of each row that is not empty.

    Raises:
        AnnotationError: The file cannot be read, or some of its first rows are of the format and some are not.
        OtherFormatError: It holds something else.
    """
    check(path, is_annotation, expected)
    return read_rows(path)


def load_lines(path: Path, is_annotation: _Test, expected: str) -> list[str]:
    """Load the lines of a text file of one format, without white space at their ends; see `load_rows`."""
    check(path, is_annotation, expected)
    return [line.strip() for line in read_text(path, _MAX_BYTES).splitlines()]


def check(path: Path, is_annotation: _Test, expected: str) -> None:
    """Check that a text file is of one format, by its first lines; see `load_rows`.

    Raises:
        AnnotationError: Only some of its rows are of this format.
        OtherFormatError: It is of another format.
    """
    lines = first_lines(path)
    if is_annotation(lines):
        return
    if any(is_annotation([line]) for line in lines):
        wrong = next(line for line in lines if not is_annotation([line]))
        raise AnnotationError(path, f"rows of several kinds, among them {wrong[:80]!r}", expected)
    raise OtherFormatError(path, repr(lines[0][:80]) if lines else "nothing", expected)
