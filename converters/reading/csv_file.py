"""Reading CSV that may be hostile."""

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from converters.errors import AnnotationError
from converters.reading.text_file import open_text

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
"""The suffixes under which people keep tables."""

_MAX_BYTES = 2**30


def read_rows(path: Path) -> list[list[str]]:
    """Read the fields of all rows that are not empty; see `iterate_rows`."""
    return list(iterate_rows(path))


def iterate_rows(path: Path, limit: int = _MAX_BYTES) -> Iterator[list[str]]:
    """Read the fields of one row after the other, with any separator and any kind of line end.

    pandas would silently drop rows with a stray quote.

    Args:
        path: The file.
        limit: Most bytes that are sensible.

    Yields:
        The fields of each row that is not empty, without white space around them.

    Raises:
        AnnotationError: The file cannot be read, is no text, or has a stray quote.
    """
    with open_text(path, limit) as lines:
        first = next((line for line in lines if line.strip()), "")
        rows = csv.reader(chain([first], lines), delimiter=separator(first), strict=True)
        try:
            yield from ([field.strip() for field in row] for row in rows if row)
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
