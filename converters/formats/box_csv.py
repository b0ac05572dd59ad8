"""CSV with one box a row, in any column order: the medical-mask set's, TensorFlow's, and similar ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.annotation import AnnotatedImage, Box
from converters.annotation_source import AnnotationSource
from converters.csv_file import read_rows, separator
from converters.errors import AnnotationError
from converters.numbers import parse_coordinate, parse_corners
from converters.problems import Problems
from converters.split import split_named

if TYPE_CHECKING:
    import pandas as pd

_NAMES = {
    "picture": ("filename", "file_name", "image_name", "image", "image_path", "path", "file", "image_id", "name"),
    "label": ("classname", "class_name", "class", "label", "category", "name"),
    "x1": ("x1", "xmin", "x_min", "left"),
    "y1": ("y1", "ymin", "y_min", "top"),
    "x2": ("x2", "xmax", "x_max", "right"),
    "y2": ("y2", "ymax", "y_max", "bottom"),
    "width": ("width", "image_width"),
    "height": ("height", "image_height"),
    "split": ("split", "subset", "set"),
}
_EDGES = ("x1", "y1", "x2", "y2")
_EXPECTED = "columns such as filename,xmin,ymin,xmax,ymax,class"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a CSV file holds what.

    Attributes:
        picture: Column with the picture's name.
        label: Column with the label.
        edges: Columns with x1, y1, x2, y2.
        size: Columns with the picture's width and height, if any.
        split: Column with the split, if any.
    """

    picture: str
    label: str
    edges: tuple[str, str, str, str]
    size: tuple[str, str] | None
    split: str | None


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every CSV of boxes; other CSV files in the source's folders are passed over.

    A picture is unlabelled if none of its rows has a box. It is counted and left out, and not taken as background.

    Args:
        source: Where the CSV files and pictures are.
        problems: Where files, pictures and the column order chosen are reported.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    for path in source.files(".csv"):
        try:
            table = load_table(path, problems)
            columns = find_columns(list(table.columns))
            if columns is None:
                if source.annotations == path:
                    raise AnnotationError(path, f"columns {', '.join(table.columns)}", _EXPECTED)
                problems.passed_over("another kind of CSV file", path, ", ".join(table.columns)[:80])
                continue
            edges = list(columns.edges)
            table[edges] = table[edges].replace(",", ".", regex=True)  # decimal commas
            columns = _choose_order(path, table, columns, problems)
        except AnnotationError as error:
            problems.left_out("unreadable annotation file", path, error.found)
            continue
        for name, rows in _rows_by_picture(table, columns).items():
            yield from _annotated(source, path, name, rows, columns, problems)


def load_table(path: Path, problems: Problems | None = None) -> "pd.DataFrame":
    """Read a CSV as text, with any separator. Where a row has too many fields, the last ones are not read.

    Raises:
        AnnotationError: It cannot be read, or is no UTF-8 text with a header.
    """
    import pandas as pd

    header, *rows = read_rows(path) or [[]]
    width = len(header)
    for row in rows:
        if problems is not None and any(row[width:]):
            problems.repaired("row with too many fields", path, ",".join(row)[:80], "the last ones not read")
    table = pd.DataFrame([row[:width] + [""] * (width - len(row)) for row in rows], columns=header, dtype=str)
    if not header:
        raise AnnotationError(path, "not a CSV file (empty)", _EXPECTED)
    if not table.columns.is_unique:
        raise AnnotationError(path, f"columns {', '.join(table.columns)}", "each column name once")
    return table


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are those of a CSV of boxes: its header names all columns."""
    return bool(lines) and find_columns(_split_header(lines[0])) is not None


def _split_header(line: str) -> list[str]:
    """The column names in the first line of a CSV, whatever its separator."""
    return [name.strip().strip('"') for name in line.split(separator(line))]


def find_columns(header: list[str]) -> Columns | None:
    """Find out by its name what each column holds; None where the header lacks a picture, a label or a coordinate."""
    free = {column.lower().replace(" ", "_"): column for column in header}
    chosen: dict[str, str] = {}
    for role, names in _NAMES.items():
        name = next((name for name in names if name in free), None)
        if name is not None:
            chosen[role] = free.pop(name)
    if not {"picture", "label", *_EDGES} <= chosen.keys():
        return None
    size = (chosen["width"], chosen["height"]) if {"width", "height"} <= chosen.keys() else None
    edges = (chosen["x1"], chosen["y1"], chosen["x2"], chosen["y2"])
    return Columns(chosen["picture"], chosen["label"], edges, size, chosen.get("split"))


def _choose_order(path: Path, table: "pd.DataFrame", columns: Columns, problems: Problems) -> Columns:
    """Choose the order of the four coordinates in which more rows are valid boxes: by name, or x1, y1, x2, y2."""
    by_position: Any = tuple(column for column in table.columns if column in columns.edges)
    numbers = _numbers(table, by_position)
    if not len(numbers):
        return columns
    valid = {edges: _valid_share(numbers, edges) for edges in (columns.edges, by_position)}
    best = max(valid, key=lambda edges: valid[edges])  # the first of equals: as named
    if valid[best] <= 0.5:
        shares = ", ".join(f"{'/'.join(edges)} {share:.0%}" for edges, share in valid.items())
        raise AnnotationError(path, f"no column order makes most rows boxes (read as x1/y1/x2/y2: {shares})")
    if best != columns.edges:
        problems.notes.append(
            f"{path.name}: the columns {', '.join(best)} were read as x1, y1, x2, y2, which makes {valid[best]:.1%} of "
            f"the rows boxes; read by their names it would be {valid[columns.edges]:.1%}"
        )
    return Columns(columns.picture, columns.label, best, columns.size, columns.split)


def _numbers(table: "pd.DataFrame", edges: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    numbers: pd.DataFrame = table[list(edges)].apply(pd.to_numeric, errors="coerce")
    return numbers.dropna()


def _valid_share(numbers: "pd.DataFrame", edges: tuple[str, ...]) -> float:
    x1, y1, x2, y2 = (numbers[edge] for edge in edges)
    return float(((x1 < x2) & (y1 < y2)).mean())


def _rows_by_picture(table: "pd.DataFrame", columns: Columns) -> dict[str, list[tuple[int, dict[str, str]]]]:
    """The rows of each picture with their number in the file, counted from 1 without the header."""
    groups: dict[str, list[tuple[int, dict[str, str]]]] = {}
    names = [str(column) for column in table.columns]
    for number, values in enumerate(table.itertuples(index=False, name=None), start=1):
        row = dict(zip(names, values, strict=True))
        groups.setdefault(row[columns.picture], []).append((number, row))
    return groups


def _annotated(
    source: AnnotationSource,
    path: Path,
    name: str,
    rows: list[tuple[int, dict[str, str]]],
    columns: Columns,
    problems: Problems,
) -> Iterator[AnnotatedImage]:
    labelled = [(number, row) for number, row in rows if any(row[edge] for edge in columns.edges)]
    if not labelled:
        problems.passed_over("unlabelled picture", path, name or "(no name)", "not used: its rows have no box")
        return
    if len(labelled) < len(rows):
        without = ", ".join(str(number) for number, row in rows if not any(row[edge] for edge in columns.edges))
        problems.repaired("row without a box", path, f"{name}: rows {without}", "not used")
    boxes = []
    for number, row in labelled:
        try:
            boxes.append(_box(row, columns))
        except ValueError as error:
            problems.left_out("malformed row", path, f"{name}: {error}", "picture left out", object=number)
            return
    picture = source.match(path, (name,), problems)
    if picture is not None:
        first = rows[0][1]
        split = split_named(first[columns.split]) if columns.split else None
        yield AnnotatedImage(
            picture, tuple(boxes), _size(first, columns), path, split or source.split_of(path, picture)
        )


def _box(row: dict[str, str], columns: Columns) -> Box:
    if not row[columns.label]:
        raise ValueError("no label")
    return Box(*parse_corners([row[edge] for edge in columns.edges]), row[columns.label])


def _size(row: dict[str, str], columns: Columns) -> tuple[int, int] | None:
    if columns.size is None:
        return None
    try:
        width, height = (int(parse_coordinate(row[column])) for column in columns.size)
    except ValueError:
        return None
    return width, height
