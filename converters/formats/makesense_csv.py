"""The CSV of makesense.ai: label,x,y,width,height,picture,picture's width,picture's height; one row a box.

Described by its exporter (SkalskiP/make-sense, `RectLabelsExporter.ts`): earlier versions write no header, later ones
the one below. There is no library that reads it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.file_search import is_picture
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_rows
from converters.reading.box_rows import BoxRow, annotated_images, parse_size
from converters.reading.csv_file import CSV_SUFFIXES, split_lines
from converters.reading.shapes import from_width_and_height

_HEADER = ["label_name", "bbox_x", "bbox_y", "bbox_width", "bbox_height", "image_name", "image_width", "image_height"]
_EXPECTED = "rows label,x,y,width,height,picture,picture's width,picture's height"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format: its header, or half the rows boxes of pictures."""
    rows = split_lines(lines)
    if rows and _is_header(rows[0]):
        return True
    if not all(len(row) == len(_HEADER) and is_picture(Path(row[5])) for row in rows):
        return False
    return 2 * sum(_row(1, row).wrong is None and parse_size(*row[6:]) is not None for row in rows) >= len(rows) > 0


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
    rows = load_rows(path, is_annotation, _EXPECTED)
    body = rows[1:] if _is_header(rows[0]) else rows
    return [_row(number, fields) for number, fields in enumerate(body, start=1)]


def _is_header(fields: list[str]) -> bool:
    return [field.lower() for field in fields] == _HEADER


def _row(number: int, fields: list[str]) -> BoxRow:
    if len(fields) != len(_HEADER):
        name = next((field for field in fields if is_picture(Path(field))), "")
        return BoxRow(name, number, wrong=f"{quantity(len(fields), 'field')}, expected {len(_HEADER)}")
    label, name = fields[0], fields[5]
    try:
        if not label:
            raise ValueError("no label")
        box = Box(*from_width_and_height(fields[1:5]), label)
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))
    return BoxRow(name, number, box, size=parse_size(*fields[6:]))
