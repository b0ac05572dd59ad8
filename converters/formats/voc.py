"""Pascal VOC: one XML file per picture."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.annotation import AnnotatedImage, Box
from converters.annotation_source import AnnotationSource
from converters.errors import AnnotationError
from converters.files import read_limited
from converters.numbers import parse_coordinate, parse_corners
from converters.problems import Problems

if TYPE_CHECKING:
    from lxml.etree import XMLParser, _Element

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
    for path in source.files(".xml"):
        try:
            root = parse(path)
            boxes = tuple(_box(path, number, item) for number, item in enumerate(root.iterchildren("object"), start=1))
        except AnnotationError as error:
            problems.left_out("unreadable annotation file", path, error.found)
            continue
        stated = _text(next(root.iterchildren("filename"), None))
        picture = source.match(path, (stated, path.stem), problems)
        if picture is not None:
            yield AnnotatedImage(picture, boxes, _size(root), path, source.split_of(path, picture))


def parse(path: Path) -> "_Element":
    """Parse a VOC file without resolving entities or reaching for anything outside it.

    Raises:
        AnnotationError: It is too large, not XML, declares entities, or is no VOC annotation.
    """
    from lxml import etree

    try:
        root = etree.fromstring(read_limited(path, _MAX_BYTES), _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise AnnotationError(path, f"not valid XML ({error})") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise AnnotationError(path, "declares XML entities", "plain XML")
    if root.tag != "annotation":
        raise AnnotationError(path, f"root element <{root.tag!s}>", "<annotation>")
    return root


@cache
def _parser() -> "XMLParser":
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


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
