"""Puts the rows of a text file, one box in each, together by picture."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from converters.annotation import AnnotatedImage, Box, Units
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.numbers import size_in
from converters.split import split_of_file


@dataclass(frozen=True, slots=True)
class BoxRow:
    """What one row says of a picture.

    Attributes:
        picture: The picture's name.
        number: Which row, counted from 1 without the header.
        box: The box; None where the row says that nothing is on the picture.
        wrong: Why the box cannot be read, or None.
        size: (width, height) that the row states.
        split: "train", "val" or "test" where the row says so.
    """

    picture: str
    number: int
    box: Box | None = None
    wrong: str | None = None
    size: tuple[int, int] | None = None
    split: str | None = None


def annotated_images(
    source: AnnotationSource, path: Path, rows: Iterable[BoxRow], problems: Problems, units: Units = "pixels"
) -> Iterator[AnnotatedImage]:
    """Put rows together by picture.

    A picture is left out if one of its rows cannot be read: a face without its box would count as background.

    Args:
        source: Where the pictures are.
        path: The file of the rows.
        rows: Its rows; those of one picture need not be together.
        problems: Where pictures that are left out are reported.
        units: What the coordinates are measured in.

    Yields:
        One AnnotatedImage for each picture, in the order in which the file first names it.
    """
    groups: dict[str, list[BoxRow]] = {}
    for row in rows:
        groups.setdefault(row.picture, []).append(row)
    for name, group in groups.items():
        wrong = next((row for row in group if row.wrong or not name), None)
        if wrong is not None:
            reason = f"{name or '(no picture)'}: {wrong.wrong or 'a box of no picture'}"
            problems.left_out("malformed row", path, reason, "picture left out", object=wrong.number)
            continue
        picture = source.match(path, (name,), problems)
        if picture is not None:
            boxes = tuple(row.box for row in group if row.box is not None)
            split = group[0].split or source.split_of(path, picture) or split_of_file(path.stem)
            yield AnnotatedImage(picture, boxes, group[0].size, path, split, units)


def parse_size(width: object, height: object) -> tuple[int, int] | None:
    """The size that two fields state, or None where they are no sizes."""
    size = size_in(width, height)
    return size if size and min(size) > 0 else None
