"""Annotation files that no reader takes: what they are, and what the user can do about them.

Class folders are taken only where no file looks like annotations. So everything here decides by the content of a file
whether it speaks of boxes or names pictures; a README, a licence or a list of settings does neither.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from converters.file_search import PICTURE_SUFFIXES
from converters.formats import yolo_labels
from converters.formats.yolo_yaml import describes_dataset

if TYPE_CHECKING:
    from lxml.etree import _Element

_MOST_VALUES = 5000  # of a document, to find out whether it is an annotation
_MOST_KEYS = 8  # named in a message
_BOXES = (
    r"annotations?|(?:bnd|gt|[fhv])?box(?:es)?|b(?:ounding)?[_ -]?box(?:es)?|keypoints|landmarks|objects|polygons?"
    r"|rect(?:angle)?s?|regions|robndbox|segmentation|shapes|(?:region_)?shape_attributes|x_?min|x_?max|x_?center|x[12]|xtl|xbr"
    r"|xywh|xyxy|(?:file|image)_?(?:name|path|id)"
)
_BOX_WORD = re.compile(_BOXES, re.IGNORECASE)
_VIA_3 = re.compile(r"#\s*CSV_HEADER\s*=\s*metadata_id\b")
_SPLIT_HEADER = ("image", "split")  # of the file for --split
_SUFFIXES = "|".join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES | {".gif", ".heic", ".avif", ".jfif"}))
_PICTURE_NAME = re.compile(rf"\.(?:{_SUFFIXES})$", re.IGNORECASE)
# `box: 7.5` is a setting of a training.
_TEXT = re.compile(rf"\w\.(?:{_SUFFIXES})\b|\b(?!box\W+[\d.])(?:{_BOXES})\b", re.IGNORECASE)
_LABEL_COLUMN = re.compile(r"labels?|class(?:_?name)?|categor(?:y|ies)", re.IGNORECASE)


class Unread(NamedTuple):
    """An annotation file that no reader takes.

    Attributes:
        found: What it is.
        expected: What to do about it.
    """

    found: str
    expected: str | None = None


_COLUMNS = "columns such as filename,xmin,ymin,xmax,ymax,class"
_EXPORT = "the same annotations in a format that is read: most tools export COCO or Pascal VOC"
_ARCHIVE = "its content: unpack it, and name the folder as SOURCE"
_BY_NAME = (
    (r"\.zip", Unread("a zip archive", _ARCHIVE)),
    (r"\.(tar|tgz|tar\.\w+|gz|bz2|xz|7z|rar)", Unread("an archive", _ARCHIVE)),
    (
        r"\.(parquet|arrow)",
        Unread(
            "a table with pictures in it, as the library datasets stores it (Parquet or Arrow)",
            "files: load it with datasets.load_dataset, save each picture, and write a metadata.jsonl with file_name "
            "and objects (bbox, categories)",
        ),
    ),
    (
        r"\.tfrecords?(-\d+-of-\d+)?|\.record",
        Unread("TFRecord", "pictures with COCO or Pascal VOC files: export the set so from where it was made"),
    ),
    (r"\.mat", Unread("a MATLAB file", "a CSV of boxes: save its table with MATLAB or scipy.io.loadmat")),
    (r"\.(xlsx?|ods)", Unread("a spreadsheet", "a CSV: save it as one")),
)
_GZIP, _ZIP, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
_BY_HEAD = (
    (b"version https://git-lfs", Unread("a pointer of Git LFS in place of the file", "the file: run git lfs pull")),
    (b"<!doctype html", Unread("a web page in place of the file", "the file: download it again")),
    (b"<html", Unread("a web page in place of the file", "the file: download it again")),
    (_ZIP, Unread("a zip archive under another name", _ARCHIVE)),
    (_GZIP, Unread("an archive under another name", _ARCHIVE)),
    (_PARQUET, Unread("Parquet under another name", "the file under its right name")),
)


def describe_head(head: bytes) -> Unread | None:
    """What a file is that begins so, and that is not what its name says; None for other files."""
    head = head.lstrip().lower()
    return next((unread for start, unread in _BY_HEAD if head.startswith(start.lower())), None)


def describe_name(name: str) -> Unread | None:
    """What a file is that only its name tells; None for other files."""
    return next((unread for ending, unread in _BY_NAME if re.search(f"(?:{ending})$", name, re.IGNORECASE)), None)


def describe_json(document: object) -> Unread | None:
    """What a JSON document is that no reader takes; None where it does not look like an annotation."""
    keys = document.keys() if isinstance(document, dict) else set()
    if {"images", "categories"} <= keys and "annotations" not in keys:
        return Unread(
            "COCO without annotations, as test sets are published", "the file with the boxes, or those of other splits"
        )
    if "samples" in keys and _looks_annotated(document):
        return Unread(
            "a FiftyOne export", "the set exported from FiftyOne with dataset_type=fiftyone.types.COCODetectionDataset"
        )
    if _looks_annotated(document):
        return Unread(f"JSON of a kind that is not read ({_keys(document)})", _EXPORT)
    return None


def describe_xml(root: "_Element") -> Unread | None:
    """What an XML document is that no reader takes; None where it does not look like an annotation."""
    if not any(_is_box_word(word) for word in _xml_words(root)) and not any(map(_is_picture_name, _xml_values(root))):
        return None
    return Unread(f"XML of a kind that is not read (root element <{root.tag!s:.40}>)", _EXPORT)


def describe_lines(lines: Sequence[str]) -> Unread | None:
    """What a text file is that no reader takes; None where it does not look like an annotation."""
    if not lines:
        return None
    if any(_VIA_3.match(line) for line in lines):
        return Unread("CSV of VGG Image Annotator 3", "its export as COCO, or that of version 2")
    if unread := describe_head(lines[0].encode()):
        return unread
    if wrong := yolo_labels.fault(lines):
        return Unread(*wrong)
    if lines[0].lstrip().startswith(("{", "[", "<")) and speaks_of_boxes("\n".join(lines)):
        return Unread("JSON or XML under another name", "the suffix .json, .jsonl or .xml")
    header = [field.strip(" \"'") for field in re.split(r"[,;\t]", lines[0])]
    if tuple(name.lower() for name in header) == _SPLIT_HEADER:
        return None
    if len(header) > 1 and any(map(_is_box_word, header)):
        return Unread(f"a table with the columns {_first(header)}", _COLUMNS)
    rows = lines[1:] if len(header) > 1 and lines[1:] else lines
    pictures, numbers = sum(map(_names_picture, rows)), sum(map(_has_coordinates, rows))
    labels = len(header) > 1 and any(map(_LABEL_COLUMN.fullmatch, header))
    if 2 * (pictures + numbers) < len(rows) and not labels:
        return None
    if len(header) > 1 and not _names_picture(lines[0]) and not _has_coordinates(lines[0]):
        return Unread(f"a table with the columns {_first(header)}: no boxes that could be read", _COLUMNS)
    kind = "rows of numbers" if numbers else "a list of pictures"
    return Unread(f"{kind} of a kind that is not read (first line {lines[0][:60]!r})", _EXPORT)


def is_data_yaml(text: str) -> bool:
    """Whether the text of a YAML file, which may be broken, is that of a dataset or of annotations."""
    return describes_dataset(text) or speaks_of_boxes(text)


def speaks_of_boxes(text: str) -> bool:
    """Whether the text of a file that cannot be parsed speaks of boxes, or names pictures."""
    return _TEXT.search(text) is not None


def _looks_annotated(document: object) -> bool:
    return any(_is_picture_name(value) if kind == "value" else _is_box_word(value) for kind, value in _texts(document))


def _texts(document: object) -> Iterator[tuple[str, str]]:
    """The keys and the texts of a document, those of the outer levels first."""
    waiting = [document]
    for value in waiting:  # it grows meanwhile
        if isinstance(value, str):
            yield "value", value
        elif isinstance(value, dict):
            yield from (("key", str(key)) for key, item in value.items() if not (key == "box" and _is_number(item)))
            waiting += [*value.values()][: _MOST_VALUES - len(waiting)]
        elif isinstance(value, list):
            waiting += value[: max(_MOST_VALUES - len(waiting), 0)]


def _xml_words(root: "_Element") -> Iterator[str]:
    for element in _elements(root):
        yield str(element.tag)
        yield from map(str, element.attrib)


def _xml_values(root: "_Element") -> Iterator[str]:
    for element in _elements(root):
        yield element.text or ""
        yield from map(str, element.attrib.values())


def _elements(root: "_Element") -> Iterator["_Element"]:
    return (element for element, _ in zip(root.iter(), range(_MOST_VALUES), strict=False))


def _is_box_word(word: str) -> bool:
    return _BOX_WORD.fullmatch(word.strip()) is not None


def _is_picture_name(text: str) -> bool:
    return _PICTURE_NAME.search(text[-10:].rstrip()) is not None


def _fields(line: str) -> list[str]:
    return [field.strip("\"'") for field in re.split(r"[,;\s]+", line.strip()) if field]


def _names_picture(line: str) -> bool:
    """Whether a line is about one picture; prose may mention one, but further on."""
    return _is_picture_name(line) or any(map(_is_picture_name, _fields(line)[:1]))


def _has_coordinates(line: str) -> bool:
    fields = _fields(line)
    numbers = sum(map(_is_number, fields))
    return numbers >= 4 and 2 * numbers >= len(fields)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _keys(document: object) -> str:
    if isinstance(document, dict):
        return f"keys {_first(document)}"
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return f"a list of objects with the keys {_first(document[0])}"
    return f"a {type(document).__name__}"


def _first(words: Iterable[object]) -> str:
    few = [str(word)[:40] for word, _ in zip(words, range(_MOST_KEYS + 1), strict=False)]
    return ", ".join(few[:_MOST_KEYS]) + (", ..." if len(few) > _MOST_KEYS else "")
