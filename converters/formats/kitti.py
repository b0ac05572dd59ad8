"""KITTI: a text file a picture, one object a line; as NVIDIA's DIGITS and TAO write it too.

Described in the readme of KITTI's object development kit: type, truncated, occluded, alpha, left, top, right, bottom,
and seven numbers in three dimensions, sometimes a score. `DontCare` marks a region where nothing was annotated; it is a
label here, so that a user decides about it. Datumaro reads KITTI, but stops at the first line that is wrong.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError, OtherFormatError, PictureError
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.numbers import is_coordinate, parse_coordinate, parse_corners
from converters.reading.text_file import read_text

_NUMBERS = (14, 15)  # after the label: without and with a score
_MAX_BYTES = 16 * 2**20
_EXPECTED = "lines of a label and 14 or 15 numbers"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are objects of KITTI: a label, and then 14 or 15 numbers."""
    return bool(lines) and all(map(_is_object, lines))


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every label file of a source; other text files in its folders are passed over.

    Args:
        source: Where the label files and pictures are.
        problems: Where files that cannot be used are reported.

    Yields:
        One AnnotatedImage for each file. An empty file is a picture without an object.
    """

    def parse(path: Path) -> tuple[Box, ...]:
        return _parse(path, source)

    for path, boxes in parsed_files(source, (".txt",), parse, problems):
        picture = source.match(path, (path.stem,), problems)
        if picture is not None:
            yield AnnotatedImage(picture, boxes, None, path, source.split_of(path, picture))


def _parse(path: Path, source: AnnotationSource) -> tuple[Box, ...]:
    lines = [line for line in read_text(path, _MAX_BYTES).splitlines() if line.strip()]
    if not any(map(_is_object, lines)) and not _has_picture(path, source):
        raise OtherFormatError(path, repr(lines[0][:80]) if lines else "nothing", _EXPECTED)
    boxes = []
    for number, line in enumerate(lines, start=1):
        try:
            boxes.append(_box(line))
        except ValueError as error:
            raise AnnotationError(path, f"object {number}: {error}") from None
    return tuple(boxes)


def _has_picture(path: Path, source: AnnotationSource) -> bool:
    try:
        return source.pictures.find(path.stem, path).stem == path.stem
    except PictureError:
        return False


def _box(line: str) -> Box:
    words = line.split()
    first = next((number for number, word in enumerate(words) if is_coordinate(word)), len(words))
    label, numbers = " ".join(words[:first]), words[first:]
    if not label or len(numbers) not in _NUMBERS:
        raise ValueError(f"{line[:80]!r}, expected a label and 14 or 15 numbers")
    for number in numbers:
        parse_coordinate(number)
    return Box(*parse_corners(numbers[3:7]), label)


def _is_object(line: str) -> bool:
    try:
        _box(line)
    except ValueError:
        return False
    return True
