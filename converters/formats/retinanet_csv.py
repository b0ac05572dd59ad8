"""RetinaNet's CSV without a header: path,x1,y1,x2,y2,class, one row a box.

Described in the README of keras-retinanet ("CSV datasets") and written by Roboflow as `_annotations.csv`. A row with
nothing after the path is a picture without an object. There is no library that reads it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.file_search import is_picture
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_rows
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.csv_file import CSV_SUFFIXES, split_lines
from converters.reading.numbers import parse_corners

_EXPECTED = "rows path,x1,y1,x2,y2,class"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are rows of this format: a picture, and a box in half of them at least."""
    rows = split_lines(lines)
    if not all(len(row) == 6 and is_picture(Path(row[0])) for row in rows):
        return False
    rows = [row for row in rows if any(row[1:])]
    return 2 * sum(map(_is_box, rows)) >= len(rows) > 0


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every CSV of this format.

    Args:
        source: Where the CSV files and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    for path, rows in parsed_files(source, CSV_SUFFIXES, _parse, problems):
        yield from annotated_images(source, path, rows, problems)


def _parse(path: Path) -> list[BoxRow]:
    rows = [_row(number, fields) for number, fields in enumerate(load_rows(path, is_annotation, _EXPECTED), start=1)]
    boxes = [row.box for row in rows if row.box]
    ordered = sum(box.x1 < box.x2 and box.y1 < box.y2 for box in boxes)
    if 2 * ordered <= len(boxes):
        raise AnnotationError(
            path,
            f"x1,y1,x2,y2 makes boxes of {ordered} of {len(boxes)} rows; they are probably x,y,width,height",
            "for those the header filename,x,y,width,height,class above the rows",
        )
    return rows


def _row(number: int, fields: list[str]) -> BoxRow:
    name = fields[0]
    if len(fields) == 6 and not any(fields[1:]):
        return BoxRow(name, number)
    try:
        return BoxRow(name, number, _box(fields))
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))


def _box(fields: list[str]) -> Box:
    if len(fields) != 6:
        raise ValueError(f"{quantity(len(fields), 'field')}, expected 6")
    if not fields[5]:
        raise ValueError("no label")
    return Box(*parse_corners(fields[1:5]), fields[5])


def _is_box(fields: list[str]) -> bool:
    try:
        _box(fields)
    except ValueError:
        return False
    return True
