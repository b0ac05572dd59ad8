"""Open Images: CSV files with fractions, one row a box, and names of classes in a file of their own.

Described on the download page of Open Images ("Data Formats"): XMin, XMax, YMin and YMax are fractions of the picture,
LabelName is an id such as /m/0dzct, whose name stands in `class-descriptions-boxable.csv` or
`oidv6-class-descriptions.csv`. IsGroupOf marks one box over more than five objects that touch. Datumaro and FiftyOne
read the whole set with its fixed names of files; people have parts of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.annotation_files import parsed_files
from converters.annotation_source import AnnotationSource
from converters.annotation_text import load_rows
from converters.csv_file import read_rows, split_lines
from converters.errors import AnnotationError
from converters.formats.box_rows import BoxRow, annotated_images
from converters.numbers import parse_corners
from converters.picture_index import name_key
from converters.pictures import find_files
from converters.problems import Problems
from converters.text_file import first_lines

_COLUMNS = ("ImageID", "LabelName", "XMin", "YMin", "XMax", "YMax")
_FLAGS = ("IsOccluded", "IsTruncated", "IsDepiction", "IsInside")
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
    names = _class_names(source)
    for path, rows in parsed_files(source, (".csv",), partial(_parse, names=names), problems):
        yield from annotated_images(source, path, _of_pictures(source, path, rows, problems), problems, "fractions")


def _parse(path: Path, names: dict[str, str]) -> list[BoxRow]:
    header, *body = load_rows(path, is_annotation, _EXPECTED)
    if len(set(header)) < len(header):
        raise AnnotationError(path, f"columns {', '.join(header)}", "each column name once")
    return [_row(number, dict(zip(header, fields, strict=False)), names) for number, fields in enumerate(body, start=1)]


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


def _of_pictures(source: AnnotationSource, path: Path, rows: Sequence[BoxRow], problems: Problems) -> Iterable[BoxRow]:
    """The rows of the pictures that are there."""
    there = {name_key(name) for picture in source.pictures.pictures for name in (picture.name, picture.stem)}
    kept = [row for row in rows if not row.picture or _last_part(row.picture) in there]
    absent = {row.picture for row in rows} - {row.picture for row in kept}
    if absent:
        count = f"{len(absent)} of {len({row.picture for row in rows})}, such as {min(absent)}"
        problems.passed_over("pictures that are not there", path, count, "not used")
    return kept


def _last_part(name: str) -> str:
    return name_key(name.replace("\\", "/").rpartition("/")[2])


def _class_names(source: AnnotationSource) -> dict[str, str]:
    """The names of classes by their ids, from all files of class descriptions beside the annotations."""
    folder = source.annotations.parent if source.annotations.is_file() else source.annotations
    names: dict[str, str] = {}
    for path in find_files(folder, (".csv",)):
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
