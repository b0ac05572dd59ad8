"""WIDER FACE: a text file for all pictures: a picture's name, the number of its faces, and a line for each face.

Described in the readme of `wider_face_split`: x, y, width, height, blur, expression, illumination, invalid, occlusion,
pose. A picture without faces has the number 0 and a line of zeros all the same. Faces marked as invalid are not used:
the set's own evaluation does not count them. Datumaro and CVAT write the same file with the columns in another order
(occlusion, pose, invalid), `-` for what is not known, and a label behind the face; what they write is read too.
Datumaro itself reads the columns of the published set in that wrong order. RetinaFace's `label.txt` for these pictures
has `#` before their names, no number of faces, and landmarks behind each box, which are not used.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.file_search import is_picture
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.annotation_text import load_lines
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.shapes import from_width_and_height

_LABEL = "face"
_PUBLISHED = ("blur", "expression", "illumination", "invalid", "occlusion", "pose")
_DATUMARO = ("blur", "expression", "illumination", "occluded", "pose", "invalid")
_DATUMARO_VALUES = frozenset({"-", "True", "False"})
_ORDINARY = frozenset({"0", "-", "False"})  # clear, typical, normal, valid or not known
_INVALID = frozenset({("invalid", "1"), ("invalid", "True")})
_LANDMARKS = (15, 16)  # numbers of five landmarks, without and with a score
_EXPECTED = "a picture's name, the number of its faces, and a line for each"


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are of this format."""
    first, second, third, *_ = (*(line.strip() for line in lines), "", "", "")
    if first.startswith("#"):
        return _is_name(first) and _is_face(second)
    if not _is_name(first) or not second.isdigit():
        return False
    return _is_name(third) if second == "0" and len(third.split()) < 4 else _is_face(third)


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every text file of this format.

    Args:
        source: Where the text files and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each picture, in the order of the file.
    """
    for path, lines in parsed_files(source, (".txt",), _parse, problems):
        columns = _DATUMARO if any(not _DATUMARO_VALUES.isdisjoint(line.split()) for line in lines) else _PUBLISHED
        rows = _without_invalid(path, _rows(lines, columns), problems)
        yield from annotated_images(source, path, rows, problems)


def _parse(path: Path) -> list[str]:
    return [line for line in load_lines(path, is_annotation, _EXPECTED) if line]


def _rows(lines: Sequence[str], columns: Sequence[str]) -> Iterator[BoxRow]:
    starts = [number for number, line in enumerate(lines) if _is_name(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        name, faces = lines[start].lstrip("# "), lines[start + 1 : end]
        first = start + 2  # number of the line of the first face
        if not lines[start].startswith("#"):
            count, faces, first = faces[0] if faces else "", faces[1:], first + 1
            faces = [] if count == "0" and _is_zeros(faces) else faces
            if count != str(len(faces)):
                wrong = f"{count[:20]!r} faces stated, {quantity(len(faces), 'line')} of faces"
                yield BoxRow(name, start + 1, wrong=wrong)
                continue
        yield from (_row(name, number, face, columns) for number, face in enumerate(faces, start=first))
        if not faces:
            yield BoxRow(name, start + 1)


def _row(name: str, number: int, face: str, columns: Sequence[str]) -> BoxRow:
    words = face.split()
    try:
        label, values = _label_and_values(words[4:])
        named = zip(columns, values, strict=False)
        attributes = tuple((column, value) for column, value in named if value not in _ORDINARY)
        return BoxRow(name, number, Box(*from_width_and_height(words[:4]), label, attributes))
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))


def _label_and_values(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """What stands behind a box: six values, a label, both, or five landmarks."""
    if len(words) in _LANDMARKS:
        return _LABEL, ()
    values = words[:6] if len(words) >= 6 and all(map(_is_value, words[:6])) else ()
    label = words[len(values) :]
    if any(word[-1].isdigit() and word[0] in "-.0123456789" for word in label):
        raise ValueError(f"{quantity(len(words), 'value')} behind the box, expected 6 values, a label, or both")
    return " ".join(label) or _LABEL, values


def _is_value(word: str) -> bool:
    return word.isdigit() or word in _DATUMARO_VALUES


def _without_invalid(path: Path, rows: Iterator[BoxRow], problems: Problems) -> Iterator[BoxRow]:
    for row in rows:
        if row.box and not _INVALID.isdisjoint(row.box.attributes):
            problems.repaired("face marked as invalid", path, row.picture, "not used", object=row.number)
            yield BoxRow(row.picture, row.number)  # the picture stays, without this face
        else:
            yield row


def _is_name(line: str) -> bool:
    return is_picture(Path(line.lstrip("# ")))


def _is_face(line: str) -> bool:
    return _row("", 1, line, _PUBLISHED).wrong is None


def _is_zeros(faces: Sequence[str]) -> bool:
    return len(faces) == 1 and set(faces[0].split()) == {"0"}
