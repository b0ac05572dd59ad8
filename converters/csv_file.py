"""Reading CSV that may be hostile."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from converters.errors import AnnotationError
from converters.text_file import read_text

_MAX_BYTES = 2**30


def read_rows(path: Path) -> list[list[str]]:
    """Read the fields of all rows that are not empty, with any separator and any kind of line end.

    pandas would silently drop rows with a stray quote.

    Raises:
        AnnotationError: It cannot be read, is no text, or has a stray quote.
    """
    lines = io.StringIO(read_text(path, _MAX_BYTES), newline=None)
    delimiter = separator(lines.readline())
    lines.seek(0)
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        return [[field.strip() for field in row] for row in rows if row]
    except csv.Error as error:
        raise AnnotationError(path, f"not a CSV file (up to line {rows.line_num}: {error})") from error


def split_lines(lines: Sequence[str]) -> list[list[str]]:
    """The fields of some lines, to recognise what they are; none where they are no CSV."""
    try:
        rows = csv.reader(lines, delimiter=separator(lines[0] if lines else ""), strict=True)
        return [[field.strip() for field in row] for row in rows if row]
    except csv.Error:
        return []


def separator(line: str) -> str:
    """The separator of a CSV with this first line: comma, semicolon or tab."""
    return max(",;\t", key=line.count)
