"""Datumaro JSON: one file for each split, as Datumaro, CVAT and Geti write it.

Described in the documents of Datumaro ("Datumaro Format") and of CVAT. It is read here, since Datumaro itself is a
large library for one small format, and stops at the first item that is wrong. A turned box of CVAT is an upright one
with the attribute `rotation`.
"""

from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.errors import AnnotationError
from converters.reading.json_pictures import JsonFormat, JsonPicture, as_text, at, attributes_in, items_at, one_label
from converters.reading.numbers import parse_corners, size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners, around_points, at_point, check_rotation, from_width_and_height
from converters.split import split_of_file

_OF_THE_PICTURE = ("label", "caption", "hash_key", "feature_vector", "tabular")


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a Datumaro dataset."""
    return isinstance(at(data, "items"), list) and isinstance(at(data, "categories"), dict)


def _pictures(path: Path, data: dict[str, Any]) -> list[JsonPicture]:
    labels = [as_text(at(label, "name")) for label in items_at(data, "categories", "label", "labels")]
    if not labels and any(items_at(item, "annotations") for item in data["items"]):
        raise AnnotationError(path, "no names of labels in categories", "categories.label.labels")
    return [_picture(path, item, labels) for item in data["items"]]


def _picture(path: Path, item: object, labels: list[str]) -> JsonPicture:
    media = at(item, "image") or at(item, "media")
    stated = next((text for text in (at(media, "path"), at(item, "id")) if isinstance(text, str) and text), None)
    subset = f"{path.stem}/{stated}" if stated else None  # pictures of the subset `train` lie in images/train/
    objects = at(item, "annotations")
    return JsonPicture(
        picture_names(subset, stated),
        [(item, labels) for item in objects] if isinstance(objects, list) else objects,
        size_in(at(media, "size", 1), at(media, "size", 0)),
        split_of_file(path.stem),
    )


def _box(item: tuple[object, list[str]]) -> Box | None:
    annotation, labels = item
    kind = at(annotation, "type")
    if kind in _OF_THE_PICTURE:
        return None
    attributes = attributes_in(at(annotation, "attributes"))
    check_rotation(attributes)
    return Box(*_corners(kind, annotation), _label(annotation, labels), attributes)


def _label(annotation: object, labels: list[str]) -> str:
    number = at(annotation, "label_id")
    if number is None:
        return one_label(at(annotation, "label"))
    if not isinstance(number, int) or not 0 <= number < len(labels):
        raise ValueError(f"label_id {str(number)[:40]}, expected 0 to {len(labels) - 1}")
    return one_label(labels[number])


def _corners(kind: object, annotation: object) -> Corners:
    points = items_at(annotation, "points") or items_at(annotation, "elements", 0, "points")
    if kind == "bbox":
        return from_width_and_height(items_at(annotation, "bbox"))
    if kind == "polygon":
        return around_points(points[::2], points[1::2])
    if kind == "ellipse":
        return parse_corners(points)  # the corners of the rectangle around it
    if kind in ("points", "polyline", "skeleton") and points:
        return at_point(points[0], at(points, 1))
    if kind == "rotated_bbox":
        raise ValueError("a turned rectangle, expected an upright one: draw it again")
    raise ValueError(f"an annotation of type {str(kind)[:40]!r}, expected a bbox or polygon")


FORMAT = JsonFormat("Datumaro JSON", is_annotation, _pictures, _box)
read = FORMAT.read
