"""The text file of the Keras versions of YOLO: a picture a line, then its boxes as x1,y1,x2,y2,class.

Described in the README of qqwweee/keras-yolo3; Roboflow writes it as `_annotations.txt` with `_classes.txt`. The class
is the number of a line, from 0, of a file with the class names. A line with a picture alone is a picture without an
object. There is no library that reads it.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.file_search import is_picture
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_lines
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.numbers import parse_corners
from converters.reading.text_file import read_text

_BOXES = re.compile(r"((?:\s+[^\s,]*(?:,[^\s,]*){4})*)$")  # all the rest of a line: words of five fields
_CLASSES = re.compile(r".*class.*\.txt|.*\.names", re.IGNORECASE)  # `_classes.txt`, `voc_classes.txt`, `obj.names`
_EXPECTED = "lines of a picture and its boxes x1,y1,x2,y2,class"
_MAX_BYTES = 2**20


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format: each a picture, and one of them with a box."""
    parts = [_split(line) for line in lines]
    return all(is_picture(Path(name)) for name, _ in parts) and any(any(map(_is_box, boxes)) for _, boxes in parts)


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every text file of this format.

    Args:
        source: Where the text files and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    for path, rows in parsed_files(source, (".txt",), _parse, problems):
        yield from annotated_images(source, path, rows, problems)


def _parse(path: Path) -> list[BoxRow]:
    lines = load_lines(path, is_annotation, _EXPECTED)
    names = _class_names(path)
    return [row for number, line in enumerate(lines, start=1) if line for row in _rows(number, line, names)]


def _rows(number: int, line: str, names: Sequence[str]) -> Iterator[BoxRow]:
    name, boxes = _split(line)
    if not is_picture(Path(name)):
        name, _, rest = line.partition(" ")
        yield BoxRow(name, number, wrong=f"{rest[:40]!r}, expected boxes x1,y1,x2,y2,class")
    elif not boxes:
        yield BoxRow(name, number)
    for box in boxes:
        try:
            yield BoxRow(name, number, _box(box, names))
        except ValueError as error:
            yield BoxRow(name, number, wrong=str(error))


def _split(line: str) -> tuple[str, list[str]]:
    """The picture of a line, whose name may have spaces, and the words with its boxes."""
    found = _BOXES.search(line.strip())
    words = found.group(1) if found else ""
    return line.strip()[: len(line.strip()) - len(words)], words.split()


def _box(word: str, names: Sequence[str]) -> Box:
    *corners, class_id = word.split(",")
    label = class_id
    if names and class_id.isascii() and class_id.isdigit():
        number = int(class_id[:9])
        if number >= len(names) or not names[number]:
            raise ValueError(f"class {class_id[:9]}, and the file of class names has {quantity(len(names), 'line')}")
        label = names[number]
    if not label:
        raise ValueError("no class")
    return Box(*parse_corners(corners), label)


def _is_box(word: str) -> bool:
    try:
        _box(word, ())
    except ValueError:
        return False
    return True


def _class_names(path: Path) -> list[str]:
    """The class names by number, from the file beside; empty where there is none, and the numbers are the labels."""
    files = sorted(file for file in path.parent.iterdir() if _CLASSES.fullmatch(file.name) and file != path)
    if len(files) > 1:
        raise AnnotationError(path, f"two files of class names beside it, {files[0].name} and {files[1].name}", "one")
    return [line.strip() for line in read_text(files[0], _MAX_BYTES).rstrip().splitlines()] if files else []
