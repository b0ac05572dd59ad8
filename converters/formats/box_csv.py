"""CSV with one box a row, in any column order: the medical-mask set's, TensorFlow's, and similar ones."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError, OtherFormatError
from converters.formats import makesense_csv
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.box_columns import EXPECTED, Columns, describe_missing, find_columns
from converters.reading.column_order import order_evidence
from converters.reading.csv_file import read_rows, split_lines
from converters.reading.numbers import parse_corners, size_in
from converters.split import split_named, split_of_file

if TYPE_CHECKING:
    import pandas as pd

_SUFFIXES = (".csv", ".tsv")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+")
_BELOW_THOUSAND = re.compile(r"\d{1,3}(?:\.\d*)?")
_SHAPE_NAMES = {"corner and size": "left upper corner, width and height", "centre and size": "centre, width and height"}
_Rows = list[tuple[int, dict[str, str]]]  # of one picture, with their number in the file, counted from 1


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are those of a CSV of boxes: its header names all columns."""
    rows = split_lines(lines[:1])
    return bool(rows) and find_columns(rows[0]) is not None and not makesense_csv.is_annotation(lines[:1])


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every CSV of boxes; other CSV files in the source's folders are passed over.

    A picture is unlabelled if none of its rows has a box. It is counted and left out, and not taken as background.

    Args:
        source: Where the CSV files and pictures are.
        problems: Where files, pictures and the column order chosen are reported.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    tables = list(_in_right_order(_tables(source, problems), problems))
    splits = {table.path: split_of_file(table.path.stem) for table in tables}
    if len(set(splits.values()) - {None}) < 2:  # one file called train is no division
        splits = {}
    for table in tables:
        for name, rows in _rows_by_picture(table).items():
            image = _annotated(source, table, name, rows, problems)
            if image is not None:
                yield image if image.split else replace(image, split=splits.get(table.path))


def load_table(path: Path, problems: Problems | None = None) -> "pd.DataFrame":
    """Read a CSV as text, with any separator. Where a row has too many fields, the last ones are not read.

    Raises:
        AnnotationError: It cannot be read, or is no text with a header.
    """
    import pandas as pd

    header, *rows = read_rows(path) or [[]]
    rows = [row for row in rows if row != header]  # of tables that were put together
    while header and not header[-1] and not any(row[len(header) - 1 : len(header)] != [""] for row in rows):
        header.pop()  # Excel writes empty columns at the end
    names = [name or f"column {number}" for number, name in enumerate(header, start=1)]
    width = len(names)
    for row in rows:
        if problems is not None and any(row[width:]):
            problems.repaired("row with too many fields", path, ",".join(row)[:80], "the last ones not read")
    table = pd.DataFrame([row[:width] + [""] * (width - len(row)) for row in rows], columns=names, dtype=str)
    if rows and len(rows[-1]) < width and all(len(row) >= width for row in rows[:-1]):
        table.attrs["cut"] = len(rows)
    if not names:
        raise AnnotationError(path, "not a CSV file (empty)", EXPECTED)
    if not table.columns.is_unique:
        raise AnnotationError(path, f"columns {', '.join(names)}", "each column name once")
    return table


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of boxes.

    Attributes:
        path: Its file.
        rows: Its rows, as text.
        columns: Which column holds what.
        inverted: Whether a box with its corners in the wrong order may be a box: not where the order of the columns is
            in doubt.
        cut: The number of the last row, if it alone is shorter than the header.
    """

    path: Path
    rows: "pd.DataFrame"
    columns: Columns
    inverted: bool = True
    cut: int | None = None


def _tables(source: AnnotationSource, problems: Problems) -> list[_Table]:
    def parse(path: Path) -> _Table:
        table = load_table(path, problems)
        columns = find_columns(list(table.columns))
        if columns is None:
            raise OtherFormatError(path, describe_missing(list(table.columns)), EXPECTED)
        box = list(columns.box)
        thousands = _has_thousands(table[box].to_numpy().ravel())
        if thousands:
            problems.notes.append(f"{path.name}: the commas in its numbers were read as those of thousands.")
        table[box] = table[box].replace(",", "" if thousands else ".", regex=True)
        return _Table(path, table, columns, cut=table.attrs.get("cut"))

    tables = [table for _, table in parsed_files(source, _SUFFIXES, parse, problems)]
    if not tables and source.annotations.is_dir():
        tables = [table for _, table in parsed_files(source, (".txt",), parse, problems)]
    return tables


def _has_thousands(numbers: Iterable[str]) -> bool:
    """Whether commas separate thousands: only from 1,000 on, where a decimal comma would be in smaller numbers too."""
    filled = [number for number in numbers if number]
    commas = [number for number in filled if "," in number]
    return (
        0 < len(commas) < len(filled)
        and all(_THOUSANDS.fullmatch(number) for number in commas)
        and all(_BELOW_THOUSAND.fullmatch(number) for number in filled if "," not in number)
    )


def _in_right_order(tables: Iterable[_Table], problems: Problems) -> Iterator[_Table]:
    """The tables with the columns of their boxes in the right order, which is one for all tables with one header."""
    groups: dict[tuple[str, ...], list[_Table]] = {}
    for table in tables:
        groups.setdefault(tuple(table.rows.columns), []).append(table)
    for header, group in groups.items():
        columns = group[0].columns
        if columns.shape == "corners":
            yield from _reordered(header, group, problems)
        else:
            names = ", ".join(columns.box)
            problems.notes.append(f"The columns {names} were read as the {_SHAPE_NAMES[columns.shape]} of a box.")
            yield from group


def _reordered(header: Sequence[str], tables: Sequence[_Table], problems: Problems) -> Iterator[_Table]:
    columns = tables[0].columns
    a, b, c, d = (name for name in header if name in columns.box)
    evidence = order_evidence([table.rows for table in tables], columns.box, (a, b, c, d))
    if not evidence.is_readable:
        for table in tables:
            problems.left_out("unreadable annotation file", table.path, f"no order of columns is certain: {evidence}")
        return
    if evidence.header_is_wrong:
        names = ", ".join(sorted({table.path.name for table in tables}))
        problems.notes.append(f"{names}: the columns {a}, {b}, {c}, {d} were read as x1, y1, x2, y2: {evidence}.")
        columns = replace(columns, box=(a, b, c, d))
    for table in tables:
        yield replace(table, columns=columns, inverted=columns.box == (a, b, c, d) and not evidence.header_is_wrong)


def _rows_by_picture(table: _Table) -> dict[str, _Rows]:
    groups: dict[str, _Rows] = {}
    names = [str(column) for column in table.rows.columns]
    for number, values in enumerate(table.rows.itertuples(index=False, name=None), start=1):
        row = dict(zip(names, values, strict=True))
        groups.setdefault(row[table.columns.picture], []).append((number, row))
    return groups


def _annotated(
    source: AnnotationSource, table: _Table, name: str, rows: _Rows, problems: Problems
) -> AnnotatedImage | None:
    path, columns = table.path, table.columns
    if any(number == table.cut for number, _ in rows):
        reason = f"{name}: the file ends within this row, so it may be cut short"
        problems.left_out("malformed row", path, reason, "picture left out", object=table.cut)
        return None
    labelled = [(number, row) for number, row in rows if any(row[column] for column in columns.box)]
    if not labelled:
        problems.passed_over("unlabelled picture", path, name or "(no name)", "not used: its rows have no box")
        return None
    if len(labelled) < len(rows):
        without = ", ".join(str(number) for number, row in rows if not any(row[column] for column in columns.box))
        problems.repaired("row without a box", path, f"{name}: rows {without}", "not used")
    boxes = []
    for number, row in labelled:
        try:
            boxes.append(_box(row, table))
        except ValueError as error:
            problems.left_out("malformed row", path, f"{name}: {error}", "picture left out", object=number)
            return None
    picture = source.match(path, (name,), problems)
    if picture is None:
        return None
    first = rows[0][1]
    split = split_named(first[columns.split]) if columns.split else None
    split = split or source.split_of(path, picture)
    return AnnotatedImage(picture, tuple(boxes), _size(first, columns), path, split)


def _box(row: dict[str, str], table: _Table) -> Box:
    columns = table.columns
    if not row[columns.label]:
        raise ValueError("no label")
    a, b, c, d = parse_corners([row[column] for column in columns.box])
    if columns.shape != "corners":
        if c < 0 or d < 0:
            raise ValueError(f"a box of {c:g} x {d:g}")
        if columns.shape == "centre and size":
            a, b = a - c / 2, b - d / 2
        c, d = a + c, b + d
    elif not table.inverted and (a > c or b > d):
        raise ValueError(f"{', '.join(columns.box)} are {a:g}, {b:g}, {c:g}, {d:g}, expected x1, y1, x2, y2")
    return Box(a, b, c, d, row[columns.label])


def _size(row: dict[str, str], columns: Columns) -> tuple[int, int] | None:
    if columns.size is None:
        return None
    width, height = columns.size
    return size_in(row[width], row[height])
