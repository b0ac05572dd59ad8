"""Pascal VOC: one XML file per picture."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError, OtherFormatError
from converters.formats.voc_splits import ImageSets
from converters.problems import Problems
from converters.reading.annotation_files import parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.numbers import parse_corners, size_in
from converters.reading.shapes import Corners, around_points, around_turned_rectangle, check_rotation
from converters.reading.xml_file import load_xml

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_BYTES = 16 * 2**20  # a thousand times the largest sensible file
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_TURNED = ("cx", "cy", "w", "h", "angle")
_UPRIGHT = math.radians(1)  # a rectangle that is turned by less, or by so much more than a quarter, is upright


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every XML annotation of a source.

    Args:
        source: Where annotations and pictures are.
        problems: Where files that cannot be used are reported.

    Yields:
        One AnnotatedImage for each file, coordinates as they stand in it; one for each split that lists it.
    """
    image_sets = ImageSets(source.root)
    for path, parsed in parsed_files(source, (".xml",), _parse, problems):
        picture = source.match(path, (parsed.stated, path.stem), problems)
        if picture is None:
            continue
        for number in parsed.turned:
            problems.repaired("rotated box", path, "<robndbox>", "the upright box around it is used", number)
        splits = image_sets.splits_of(path, picture) or (source.split_of(path, picture),)
        for split in splits:
            yield AnnotatedImage(picture, parsed.boxes, parsed.size, path, split)


def is_annotation(root: "_Element") -> bool:
    """Whether an XML document is a Pascal VOC annotation."""
    return bool(root.tag == "annotation")


@dataclass(frozen=True, slots=True)
class _Document:
    """What one file holds.

    Attributes:
        stated: The picture's name.
        size: (width, height), if it is stated.
        boxes: One for each object.
        turned: Numbers of the objects whose box is a turned one, counted from 1.
    """

    stated: str
    size: tuple[int, int] | None
    boxes: tuple[Box, ...]
    turned: tuple[int, ...]


def _parse(path: Path) -> _Document:
    root = load_xml(path, _MAX_BYTES)
    if not is_annotation(root):
        raise OtherFormatError(path, f"root element <{root.tag!s}>", "<annotation>")
    boxes, turned = [], []
    for number, item in enumerate(root.iterchildren("object"), start=1):
        try:
            parts = _children(item)
            boxes.append(_box(parts))
            if "bndbox" not in parts and "robndbox" in parts and not _is_upright(parts["robndbox"]):
                turned.append(number)
        except ValueError as error:
            raise AnnotationError(path, f"object {number}: {error}") from None
    stated = _text(next(root.iterchildren("filename"), None))
    return _Document(stated, _size(root), tuple(boxes), tuple(turned))


def _box(parts: dict[Any, "_Element"]) -> Box:
    label = _text(parts.get("name"))
    if not label:
        raise ValueError("no <name>")
    attributes = _attributes(parts.get("attributes"))
    check_rotation(attributes)
    return Box(*_corners(parts), label, attributes)


def _attributes(parent: "_Element | None") -> tuple[tuple[str, str], ...]:
    """<attribute><name/><value/></attribute>, as CVAT and Datumaro write them."""
    items = [] if parent is None else [_children(item) for item in parent.iterchildren("attribute")]
    pairs = ((_text(item.get("name")), _text(item.get("value"))) for item in items)
    return tuple((name, value) for name, value in pairs if name and value)


def _corners(parts: dict[Any, "_Element"]) -> Corners:
    if "bndbox" in parts:
        edges = _children(parts["bndbox"])
        return parse_corners([_text(edges.get(edge)) for edge in _EDGES])
    if "robndbox" in parts:
        values = _children(parts["robndbox"])
        x, y, width, height, angle = (_text(values.get(name)) for name in _TURNED)
        return around_turned_rectangle(x, y, width, height, angle)
    if "polygon" in parts:
        return _around_polygon(parts["polygon"])
    raise ValueError("no <bndbox>")


def _around_polygon(polygon: "_Element") -> Corners:
    """The box around a polygon with <x1>, <y1>, <x2>, ... (Labelbox), or with <pt><x/><y/></pt> (LabelMe)."""
    points = [item for item in polygon if str(item.tag) == "pt"] or [polygon]
    texts = [(str(item.tag), _text(item)) for point in points for item in point]
    return around_points(*([text for tag, text in texts if tag.startswith(axis)] for axis in "xy"))


def _is_upright(box: "_Element") -> bool:
    angle = float(_text(_children(box).get("angle")))
    return abs(math.sin(2 * angle)) < math.sin(2 * _UPRIGHT)


def _size(root: "_Element") -> tuple[int, int] | None:
    size = next(root.iterchildren("size"), None)
    if size is None:
        return None
    parts = _children(size)
    return size_in(_text(parts.get("width")), _text(parts.get("height")))


def _children(element: "_Element") -> dict[Any, "_Element"]:
    """The element's children by tag; faster by far than looking each one up by its path.

    Raises:
        ValueError: It has two boxes, or two of another child that there should be one of.
    """
    parts = {child.tag: child for child in element}
    if len(parts) < len(element):
        for tag in ("bndbox", "robndbox", "polygon", "name", *_EDGES, *_TURNED):
            if (count := sum(child.tag == tag for child in element)) > 1:
                raise ValueError(f"{count} <{tag}>, expected one")
    return parts


def _text(element: "_Element | None") -> str:
    return (element.text or "").strip() if element is not None else ""
