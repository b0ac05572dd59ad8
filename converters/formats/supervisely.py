"""Supervisely: `ann/NAME.jpg.json` for each picture `img/NAME.jpg`, in pixels. Dataset Ninja gives its sets out so.

Described in Supervisely's documents ("Supervisely Annotation Format"). It is read here, since Supervisely's own library
needs a complete project with a valid meta.json, and stops at the first object that is wrong.
"""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.reading.json_pictures import JsonFormat, JsonPicture, as_text, at, items_at, one_label, values_at
from converters.reading.numbers import parse_corners, size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners, around_points, at_point, check_upright, from_width_and_height
from converters.split import split_named

_PNG_HEAD = 24  # bytes up to the height in a PNG file


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a Supervisely annotation of one picture."""
    return isinstance(at(data, "objects"), list) and at(data, "size", "width") is not None


def _pictures(path: Path, data: dict[str, Any]) -> list[JsonPicture]:
    size = size_in(at(data, "size", "width"), at(data, "size", "height"))
    split = next((split for name, _ in _tags(data) if (split := split_named(name))), None)
    return [JsonPicture(picture_names(path.stem, at(data, "name")), data["objects"], size, split)]


def _tags(value: object) -> tuple[tuple[str, str], ...]:
    """Names and values of tags; those without a value are true."""
    tags = [tag if isinstance(tag, dict) else {"name": tag} for tag in items_at(value, "tags")]
    return tuple((name, as_text(tag.get("value")) or "true") for tag in tags if (name := as_text(tag.get("name"))))


def _box(item: object) -> Box:
    return Box(*_corners(item), one_label(at(item, "classTitle")), _tags(item))


def _corners(item: object) -> Corners:
    kind, points = at(item, "geometryType"), items_at(item, "points", "exterior")
    xs, ys = [at(point, 0) for point in points], [at(point, 1) for point in points]
    if kind == "bitmap":
        return _around_bitmap(at(item, "bitmap", "data"), items_at(item, "bitmap", "origin"))
    if kind in ("point", "line") and points:
        return at_point(xs[0], ys[0])
    if kind == "graph":
        node = at(values_at(item, "nodes"), 0, "loc")
        return at_point(at(node, 0), at(node, 1))
    if kind == "oriented_bbox":
        check_upright(at(item, "angle"))
    if kind in ("rectangle", "oriented_bbox") and len(points) == 2:
        return parse_corners([xs[0], ys[0], xs[1], ys[1]])
    if kind in ("polygon", "rectangle"):
        return around_points(xs, ys)
    raise ValueError(f"the shape {str(kind)[:40]!r}, expected a rectangle, polygon or bitmap")


def _around_bitmap(data: object, origin: list[Any]) -> Corners:
    """The rectangle around a mask: a PNG, compressed once more, of which only the size is read."""
    try:
        packed = base64.b64decode(data if isinstance(data, str) else "", validate=True)
        head = zlib.decompressobj().decompress(packed, _PNG_HEAD)
        width, height = struct.unpack(">II", head[16:_PNG_HEAD])
    except (ValueError, zlib.error, struct.error):
        raise ValueError("a bitmap that cannot be read") from None
    return from_width_and_height([*origin, width, height])


FORMAT = JsonFormat("Supervisely JSON", is_annotation, _pictures, _box)
read = FORMAT.read
