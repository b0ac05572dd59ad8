"""LabelMe JSON: one file for each picture, with shapes in pixels.

Described in the documents of LabelMe (wkentaro/labelme), whose desktop program writes it; X-AnyLabeling and others
write it with more kinds of shapes and with `attributes`. It is read here, since labelformat has no reader of it, and
LabelMe's own needs its window toolkit.
"""

import math
from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.plurals import quantity
from converters.reading.json_pictures import JsonFormat, JsonPicture, at, attributes_in, items_at, one_label
from converters.reading.numbers import parse_corners, size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners, around_ellipse, around_points, at_point

_TURNED = ("rotation", "oriented_rectangle")
_WITHOUT_AREA = ("point", "points", "line", "linestrip")


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a LabelMe annotation."""
    return isinstance(data, dict) and isinstance(data.get("shapes"), list) and "imagePath" in data


def _pictures(path: Path, data: dict[str, Any]) -> list[JsonPicture]:
    names = picture_names(data["imagePath"], path.stem)
    size = size_in(data.get("imageWidth"), data.get("imageHeight"))
    return [JsonPicture(names, data["shapes"], size, embedded=data.get("imageData"))]


def _box(shape: object) -> Box:
    label = one_label(at(shape, "label"))
    flags = attributes_in(at(shape, "flags")) + attributes_in(at(shape, "attributes"))
    return Box(*_corners(at(shape, "shape_type") or "polygon", items_at(shape, "points")), label, flags)


def _corners(kind: object, points: list[Any]) -> Corners:
    kind = kind.lower() if isinstance(kind, str) else kind
    xs, ys = [at(point, 0) for point in points], [at(point, 1) for point in points]
    if kind in _TURNED:
        raise ValueError(f"the shape {kind!r}: a turned rectangle, expected an upright one: draw it again")
    if kind in _WITHOUT_AREA and points:
        return at_point(xs[0], ys[0])
    if kind == "circle" and len(points) == 2:
        return _circle(xs, ys)
    if kind in ("rectangle", "mask") and len(points) == 2:  # a mask has the corners of the rectangle around it
        return _rectangle(xs, ys)
    if kind in ("polygon", "rectangle", "quadrilateral"):
        return around_points(xs, ys)
    raise ValueError(
        f"the shape {str(kind)[:40]!r} with {quantity(len(points), 'point')}, expected a rectangle, polygon or circle"
    )


def _rectangle(xs: list[Any], ys: list[Any]) -> Corners:
    """The corners in order: a rectangle may be drawn from any of them."""
    x1, y1, x2, y2 = parse_corners([xs[0], ys[0], xs[1], ys[1]])
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def _circle(xs: list[Any], ys: list[Any]) -> Corners:
    """The rectangle around a circle, of which the centre and one point are given."""
    x, y, edge_x, edge_y = parse_corners([xs[0], ys[0], xs[1], ys[1]])
    radius = math.hypot(edge_x - x, edge_y - y)
    return around_ellipse(x, y, radius, radius)


FORMAT = JsonFormat("LabelMe JSON", is_annotation, _pictures, _box)
read = FORMAT.read
