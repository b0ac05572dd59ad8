"""The CSV of the VGG Image Annotator (VIA), versions 1 and 2: one row a region.

Described in VIA's own export and import (`via.js`, `export_project_to_csv`). Its columns hold JSON. A row of a picture
without regions has an empty shape, and is a picture without an object. There is no well-kept library that reads it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.errors import AnnotationError
from converters.formats.via_regions import label_attribute, region_box
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_rows
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.csv_file import CSV_SUFFIXES, split_lines

_SHAPE, _ATTRIBUTES = "region_shape_attributes", "region_attributes"
_EXPECTED = f"the columns filename, {_SHAPE} and {_ATTRIBUTES}"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format: its header names the columns of VIA."""
    return bool(lines) and {"filename", _SHAPE, _ATTRIBUTES} <= set(_header(split_lines(lines[:1])))


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
    header, *body = load_rows(path, is_annotation, _EXPECTED)
    columns = _header([header])
    if len(set(columns)) < len(columns):
        raise AnnotationError(path, f"columns {', '.join(columns)}", "each column name once")
    rows = [dict(zip(columns, fields, strict=False)) for fields in body]
    attributes = [_load(row.get(_ATTRIBUTES, "")) for row in rows]
    label_name = label_attribute(found for found in attributes if isinstance(found, Mapping))
    return [
        _row(number, row, found, label_name)
        if len(row) == len(columns)
        else BoxRow(row.get("filename", ""), number, wrong=f"{quantity(len(row), 'field')}, expected {len(columns)}")
        for number, (row, found) in enumerate(zip(rows, attributes, strict=True), start=1)
    ]


def _header(rows: Sequence[Sequence[str]]) -> list[str]:
    """The column names; version 1 writes `#filename`."""
    return [name.strip().lstrip("#") for name in rows[0]] if rows else []


def _row(number: int, row: Mapping[str, str], attributes: object, label_name: str | None) -> BoxRow:
    name, shape = row["filename"], _load(row[_SHAPE])
    if shape == {}:
        count = row.get("region_count", "0")
        return BoxRow(name, number, wrong=None if count in ("", "0") else f"{count[:9]} regions, and no shape")
    if not isinstance(shape, Mapping) or not isinstance(attributes, Mapping):
        broken = _ATTRIBUTES if isinstance(shape, Mapping) else _SHAPE
        return BoxRow(name, number, wrong=f"{broken} is no JSON object")
    try:
        return BoxRow(name, number, region_box(shape, attributes, label_name))
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))


def _load(text: str) -> object:
    """The JSON in a field; None where it is none."""
    try:
        document: object = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return document
