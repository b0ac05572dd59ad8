"""YOLO label files: one row for each box, with the number of its class and fractions of the picture's size."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from converters.annotation import Box
from converters.errors import AnnotationError, DatasetError
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.numbers import is_coordinate, parse_coordinate
from converters.reading.text_file import read_text

_MAX_BYTES = 64 * 2**20
_FACE_COLUMNS = 15  # a box and five landmarks, as face detectors write them; or a polygon of seven points
_CLASS_ID = re.compile(r"[0-9]{1,9}(\.0+)?")  # NumPy writes 0.000000
_MISSING = -1.0  # the coordinates of a landmark that is not visible
_MOSTLY, _HARDLY = 0.75, 0.5  # shares of rows whose points lie in their box as landmarks do


def label_path(picture: Path) -> Path:
    """Where ultralytics looks for a picture's labels: the last folder `images` becomes `labels`, the suffix .txt."""
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether lines are those of a label file: rows of a class number and a box or polygon, and nothing else."""
    rows = [line.split() for line in lines if line.strip()]
    return bool(rows) and all(map(_is_row, rows))


def fault(lines: Sequence[str]) -> tuple[str, str] | None:
    """What is wrong with lines that are nearly those of a label file, and what is expected; None for other lines."""
    rows = [re.split(r"[\s,;]+", line.strip()) for line in lines]
    if not rows or not all(len(row) in (5, 6) and all(map(_is_fraction, row[1:])) for row in rows):
        return None
    if not all(_CLASS_ID.fullmatch(row[0]) for row in rows):
        names = f"YOLO labels with class names ({rows[0][0][:40]!r}) in place of class numbers"
        return names, "the numbers of the lines of a classes.txt, from 0"
    if any("," in line or ";" in line for line in lines):
        return "YOLO labels with commas or semicolons between the numbers", "spaces between them"
    return "YOLO labels with a sixth column, such as a detector's confidence", "5 columns: class, x, y, width, height"


class Landmarks:
    """Decides for a whole set whether the numbers after the first five of a row are landmarks.

    Args:
        shape: `kpt_shape` of the data.yaml: how many points, and how many numbers each; None where it states none.
        files: Gives all label files of the set; called when a row may be either.
    """

    def __init__(self, shape: tuple[int, int] | None = None, files: Callable[[], Iterable[Path]] | None = None) -> None:
        self._columns = 5 + shape[0] * shape[1] if shape else None
        self._files = files

    def are_in(self, columns: int) -> bool:
        """Whether a row of so many columns is a box with landmarks.

        Raises:
            DatasetError: The rows of the set contradict each other.
        """
        if self._columns is not None:
            return columns == self._columns
        return columns == _FACE_COLUMNS and self._files is not None and self._found

    @cached_property
    def _found(self) -> bool:
        files = list(self._files() if self._files else ())
        votes = [_fit(row) for file in files for row in _rows_of_faces(file)]
        share = sum(votes) / max(len(votes), 1)
        if _HARDLY < share < _MOSTLY:
            found = f"rows of {_FACE_COLUMNS} columns, of which {share:.0%} look like a box with five landmarks"
            raise DatasetError(files[0].parent, found, "a data.yaml with kpt_shape: [5, 2], or polygons alone")
        return share >= _MOSTLY


def read_label_file(
    path: Path, names: Sequence[str], landmarks: Landmarks, problems: Problems
) -> tuple[Box, ...] | None:
    """Read the boxes of one label file.

    Args:
        path: The file.
        names: The class names by their ids; an empty name stands for none.
        landmarks: Which rows hold landmarks; those are not read.
        problems: Where a file or row that cannot be read is reported.

    Returns:
        Boxes in fractions of the picture's size, as the file has them, polygons as their bounding boxes; or None where
        a row cannot be read: a face without its box would count as background.

    Raises:
        DatasetError: See `Landmarks`.
    """
    try:
        rows = _rows(path)
    except AnnotationError as error:
        problems.left_out("unreadable annotation file", path, error.found)
        return None
    boxes = []
    for number, row in enumerate(rows, start=1):
        try:
            boxes.append(_parse_row(row, names, landmarks))
        except ValueError as error:
            problems.left_out("malformed row", path, f"{row[:80]!r}: {error}", "picture left out", object=number)
            return None
    return tuple(boxes)


def _rows(path: Path) -> list[str]:
    return [line for line in read_text(path, _MAX_BYTES).splitlines() if line.strip()]


def _parse_row(row: str, names: Sequence[str], landmarks: Landmarks) -> Box:
    values = _numbers(row)
    if len(values) > 5 and landmarks.are_in(len(values)):
        values = values[:5]
    label = _class_name(values[0], names)
    if len(values) == 5:
        _, x, y, width, height = values
        if width < 0 or height < 0:
            raise ValueError("negative width or height")
        return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, label)
    _check_polygon(values)
    xs, ys = values[1::2], values[2::2]
    return Box(min(xs), min(ys), max(xs), max(ys), label)


def _numbers(row: str) -> list[float]:
    fields = row.split()
    if "," in row or ";" in row:
        raise ValueError("commas or semicolons, expected spaces between the numbers, and a point in them")
    if not is_coordinate(fields[0]):
        raise ValueError(f"{fields[0][:40]!r} in place of the number of a class")
    return [parse_coordinate(field) for field in fields]


def _class_name(value: float, names: Sequence[str]) -> str:
    if not value.is_integer() or not 0 <= value < len(names):
        raise ValueError(f"class {value:g}, expected 0 to {len(names) - 1}, for {quantity(len(names), 'class name')}")
    if not names[int(value)]:
        raise ValueError(f"class {value:g}, whose line among the class names is blank")
    return names[int(value)]


def _check_polygon(values: Sequence[float]) -> None:
    columns = len(values)
    if columns == 6:
        raise ValueError("6 columns, expected 5; the last may be a detector's confidence")
    if columns < 7 or columns % 2 == 0:
        raise ValueError(
            f"{quantity(columns, 'column')}, expected 5 (a box), an odd number from 7 (a polygon), or kpt_shape in "
            "data.yaml"
        )
    if _MISSING in values[1:]:
        raise ValueError(f"{columns} columns with -1, as landmarks have it; expected kpt_shape in data.yaml")


def _is_row(fields: Sequence[str]) -> bool:
    columns = len(fields)
    shaped = columns == 5 or (columns >= 7 and columns % 2 == 1)
    return shaped and _CLASS_ID.fullmatch(fields[0]) is not None and all(map(is_coordinate, fields))


def _is_fraction(text: str) -> bool:
    return is_coordinate(text) and 0 <= float(text) <= 1


def _rows_of_faces(path: Path) -> list[list[float]]:
    """The rows of a file that are either a box with five landmarks or a polygon of seven points."""
    try:
        rows = [row.split() for row in _rows(path)]
        return [[parse_coordinate(field) for field in row] for row in rows if len(row) == _FACE_COLUMNS]
    except (AnnotationError, ValueError):  # reported when the file is read
        return []


def _fit(row: Sequence[float]) -> bool:
    """Whether the points of a row lie in its box as eyes, nose and mouth lie in a face: inside, spread over it."""
    x, y, width, height = row[1:5]
    if _MISSING in row[5:]:
        return True
    if width <= 0 or height <= 0:
        return False
    across = [(value - x) / width for value in row[5::2]]
    down = [(value - y) / height for value in row[6::2]]
    inside = all(-0.6 <= value <= 0.6 for value in (*across, *down))
    return inside and max(down) - min(down) >= 0.25 and sum(down[:2]) < sum(down[3:])
