"""Open Images: CSV files with fractions, one row a box, and names of classes in a file of their own.

Described on the download page of Open Images ("Data Formats"): XMin, XMax, YMin and YMax are fractions of the picture,
LabelName is an id such as /m/0dzct, whose name stands in `class-descriptions-boxable.csv` or
`oidv6-class-descriptions.csv`. IsGroupOf marks one box over more than five objects that touch. Datumaro and FiftyOne
read the whole set with its fixed names of files; people have parts of it.
"""

from collections.abc import Container, Iterator, Sequence
from functools import partial
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.file_search import find_files
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import check
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.csv_file import CSV_SUFFIXES, iterate_rows, read_rows, split_lines
from converters.reading.numbers import parse_corners
from converters.reading.picture_index import name_key
from converters.reading.text_file import first_lines

_COLUMNS = ("ImageID", "LabelName", "XMin", "YMin", "XMax", "YMax")
_FLAGS = ("IsOccluded", "IsTruncated", "IsDepiction", "IsInside")
_MAX_BYTES = 4 * 2**30  # the training set has 14 million rows
_EXPECTED = f"the columns {', '.join(_COLUMNS)}"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format: its header names the columns of Open Images."""
    rows = split_lines(lines[:1])
    return bool(rows) and set(_COLUMNS) <= set(rows[0])


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every CSV of boxes of a source.

    People have some of the pictures that a file names. The others are counted, and not listed one by one.

    Args:
        source: Where the CSV files and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    there = {name_key(name) for picture in source.pictures.pictures for name in (picture.name, picture.stem)}
    parse = partial(_parse, names=_class_names(source), there=there)
    for path, (rows, absent) in parsed_files(source, CSV_SUFFIXES, parse, problems):
        if absent:
            count = f"{len(absent)} of {len(absent | {row.picture for row in rows})}, such as {min(absent)}"
            problems.passed_over("pictures that are not there", path, count, "not used")
        yield from annotated_images(source, path, rows, problems, "fractions")


def _parse(path: Path, names: dict[str, str], there: Container[str]) -> tuple[list[BoxRow], set[str]]:
    """The rows of the pictures that are there, and the names of the others: a file has a million of them."""
    check(path, is_annotation, _EXPECTED)
    lines = iterate_rows(path, _MAX_BYTES)
    header = next(lines)
    if len(set(header)) < len(header):
        raise AnnotationError(path, f"columns {', '.join(header)}", "each column name once")
    column = header.index("ImageID")
    rows, absent = [], set[str]()
    for number, fields in enumerate(lines, start=1):
        name = fields[column] if column < len(fields) else ""
        if not name or name in there or _last_part(name) in there:
            rows.append(_row(number, dict(zip(header, fields, strict=False)), names))
        else:
            absent.add(name)
    return rows, absent


def _row(number: int, row: dict[str, str], names: dict[str, str]) -> BoxRow:
    name = row.get("ImageID", "")
    try:
        if row.get("IsGroupOf") == "1":
            raise ValueError("a box over a group of objects, expected a box for each")
        label = row.get("LabelName", "")
        if not label:
            raise ValueError("no label")
        attributes = tuple((flag, "1") for flag in _FLAGS if row.get(flag) == "1")
        corners = parse_corners([row.get(column) for column in _COLUMNS[2:]])
        return BoxRow(name, number, Box(*corners, names.get(label, label), attributes))
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))


def _last_part(name: str) -> str:
    return name_key(name.replace("\\", "/").rpartition("/")[2])


def _class_names(source: AnnotationSource) -> dict[str, str]:
    """The names of classes by their ids, from all files of class descriptions beside the annotations."""
    folder = source.annotations.parent if source.annotations.is_file() else source.annotations
    names: dict[str, str] = {}
    for path in find_files(folder, CSV_SUFFIXES):
        try:
            if _is_descriptions(first_lines(path)):
                names |= {row[0]: row[1] for row in read_rows(path) if len(row) == 2 and row[1]}
        except AnnotationError:
            continue  # `read` reports it
    return names


def _is_descriptions(lines: Sequence[str]) -> bool:
    rows = split_lines(lines)
    body = rows[1:] if rows and rows[0] == ["LabelName", "DisplayName"] else rows
    return bool(body) and all(len(row) == 2 and row[0][:3] in ("/m/", "/g/", "/t/") for row in body)
