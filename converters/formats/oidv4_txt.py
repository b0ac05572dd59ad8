"""Text with a label and the corners of a box in each line, one file for each picture.

Written by the OIDv4 ToolKit for parts of Open Images (`Label/` beside the pictures, "name_of_the_class left top right
bottom" in its README), and the ground truth of Cartucho/mAP. Some programs write x, y, width and height in place of the
corners, which looks the same: then most rows are no boxes, and the set is refused. There is no library that reads it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError, ConversionError
from converters.file_search import is_picture
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_lines
from converters.reading.numbers import parse_corners

_EXPECTED = "lines of a label, left, top, right and bottom in pixels"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format: a label, and then four numbers, larger than 1."""
    boxes = [_box_or_none(line) for line in lines]
    return bool(boxes) and all(box is not None and max(box.x2, box.y2) > 1 for box in boxes)


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every text file of this format.

    Args:
        source: Where the text files and pictures are.
        problems: Where files that cannot be used are reported.

    Yields:
        One AnnotatedImage for each file.

    Raises:
        ConversionError: Most rows are no boxes, read as corners.
    """
    files = list(parsed_files(source, (".txt",), _parse, problems))
    _check_corners(source, [box for _, boxes in files for box in boxes])
    for path, boxes in files:
        picture = source.match(path, (path.stem,), problems)
        if picture is not None:
            yield AnnotatedImage(picture, boxes, None, path, source.split_of(path, picture))


def _parse(path: Path) -> tuple[Box, ...]:
    boxes = []
    for number, line in enumerate(filter(None, load_lines(path, is_annotation, _EXPECTED)), start=1):
        try:
            boxes.append(_box(line))
        except ValueError as error:
            raise AnnotationError(path, f"object {number}: {error}") from None
    return tuple(boxes)


def _check_corners(source: AnnotationSource, boxes: Sequence[Box]) -> None:
    ordered = sum(box.x1 < box.x2 and box.y1 < box.y2 for box in boxes)
    if 2 * ordered < len(boxes):
        raise ConversionError(
            source.annotations,
            f"read as corners {ordered} of {len(boxes)} rows are boxes; they are probably x, y, width and height",
            "a CSV with the header filename,x,y,width,height,class",
        )


def _box(line: str) -> Box:
    words = line.split()
    label, corners = words[:-4], words[-4:]
    name = " ".join(label)
    if not label or _is_number(label[0]) or _is_number(label[-1]) or is_picture(Path(name)):
        raise ValueError(f"{line[:60]!r}, expected a label and four numbers")
    return Box(*parse_corners(corners), name)


def _box_or_none(line: str) -> Box | None:
    try:
        return _box(line)
    except ValueError:
        return None


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
