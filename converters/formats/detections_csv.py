"""Our own `detections.csv` as annotations to begin with: what `detector infer` found, for people to correct.

Described in docs/infer.md. Rows of frames of videos have a time in seconds; they cannot be used, because a frame is no
picture. A picture on which no face was found has no row, and is not used; `detections.json` has such pictures too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_rows
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.csv_file import CSV_SUFFIXES, split_lines
from converters.reading.numbers import parse_corners

_COLUMNS = ["source", "frame", "seconds", "label", "confidence", "x1", "y1", "x2", "y2", "tracker_id"]
_EXPECTED = f"the columns {','.join(_COLUMNS)}"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are those of a `detections.csv`."""
    return split_lines(lines[:1]) == [_COLUMNS]


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every `detections.csv` of a source.

    Args:
        source: Where the CSV files and pictures are.
        problems: Where files and pictures that cannot be used are reported, and videos.

    Yields:
        One AnnotatedImage for each picture with a face, in the order of the file.
    """
    for path, rows in parsed_files(source, CSV_SUFFIXES, _parse, problems):
        frames = Counter(row[0] for row in rows if _is_frame(row))
        for name, count in frames.items():
            problems.left_out("frames of a video", path, f"{name}: {quantity(count, 'row')}", "only pictures are read")
        pictures = [_row(number, row) for number, row in enumerate(rows, start=1) if not _is_frame(row)]
        yield from annotated_images(source, path, pictures, problems)


def _parse(path: Path) -> list[list[str]]:
    return load_rows(path, is_annotation, _EXPECTED)[1:]


def _is_frame(row: Sequence[str]) -> bool:
    return len(row) == len(_COLUMNS) and row[2] != ""


def _row(number: int, row: Sequence[str]) -> BoxRow:
    try:
        if len(row) != len(_COLUMNS):
            raise ValueError(f"{quantity(len(row), 'field')}, expected {len(_COLUMNS)}")
        if not row[3]:
            raise ValueError("no label")
        return BoxRow(row[0], number, Box(*parse_corners(row[5:9]), row[3]))
    except ValueError as error:
        return BoxRow(row[0], number, wrong=str(error))
