"""Pascal VOC: one XML file per picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.annotation import AnnotatedImage, Box
from converters.annotation_files import parsed_files
from converters.annotation_source import AnnotationSource
from converters.errors import AnnotationError, OtherFormatError
from converters.numbers import parse_coordinate, parse_corners
from converters.problems import Problems
from converters.xml_file import load_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_BYTES = 16 * 2**20  # a thousand times the largest sensible file
_EDGES = ("xmin", "ymin", "xmax", "ymax")


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every XML annotation of a source.

    Args:
        source: Where annotations and pictures are.
        problems: Where files that cannot be used are reported.

    Yields:
        One AnnotatedImage for each file, coordinates as they stand in it.
    """
    for path, (root, boxes) in parsed_files(source, (".xml",), _parse, problems):
        stated = _text(next(root.iterchildren("filename"), None))
        picture = source.match(path, (stated, path.stem), problems)
        if picture is not None:
            yield AnnotatedImage(picture, boxes, _size(root), path, source.split_of(path, picture))


def is_annotation(root: "_Element") -> bool:
    """Whether an XML document is a Pascal VOC annotation."""
    return bool(root.tag == "annotation")


def _parse(path: Path) -> "tuple[_Element, tuple[Box, ...]]":
    root = load_xml(path, _MAX_BYTES)
    if not is_annotation(root):
        raise OtherFormatError(path, f"root element <{root.tag!s}>", "<annotation>")
    return root, tuple(_box(path, number, item) for number, item in enumerate(root.iterchildren("object"), start=1))


def _box(path: Path, number: int, item: "_Element") -> Box:
    parts = _children(item)
    label = _text(parts.get("name"))
    if not label:
        raise AnnotationError(path, f"object {number} has no <name>")
    if "bndbox" not in parts:
        raise AnnotationError(path, f"object {number} has no <bndbox>")
    edges = _children(parts["bndbox"])
    try:
        return Box(*parse_corners([_text(edges.get(edge)) for edge in _EDGES]), label)
    except ValueError as error:
        raise AnnotationError(path, f"object {number}: {error}") from None


def _size(root: "_Element") -> tuple[int, int] | None:
    size = next(root.iterchildren("size"), None)
    if size is None:
        return None
    parts = _children(size)
    try:
        return int(parse_coordinate(_text(parts.get("width")))), int(parse_coordinate(_text(parts.get("height"))))
    except ValueError:
        return None


def _children(element: "_Element") -> dict[Any, "_Element"]:
    """The element's children by tag; faster by far than looking each one up by its path."""
    return {child.tag: child for child in element}


def _text(element: "_Element | None") -> str:
    return (element.text or "").strip() if element is not None else ""
