"""Exports of Labelbox: rows with `data_row` and `projects` (export v2, one a line), and the older list of labels.

Described in the documents of Labelbox ("Label export"). It is read here, since labelformat, which reads version 2,
wants the class names beforehand, leaves polygons out, and stops at a row that has no label, several, or a wrong one.
"""

from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.reading.json_pictures import (
    JsonFormat,
    JsonPicture,
    any_fits,
    as_text,
    at,
    items_at,
    one_label,
    values_at,
)
from converters.reading.numbers import size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners, around_points, at_point, from_width_and_height
from converters.split import split_named


def is_annotation(data: object) -> bool:
    """Whether a JSON document is an export of Labelbox."""
    return any_fits(data, lambda row: _is_row(row) or _is_old(row)) or _is_row(data)


def _is_row(row: object) -> bool:
    return isinstance(at(row, "data_row"), dict) and isinstance(at(row, "projects"), dict)


def _is_old(row: object) -> bool:
    return isinstance(row, dict) and {"Labeled Data", "Label"} <= row.keys()


def _pictures(path: Path, data: Any) -> list[JsonPicture]:
    return [_old(row) if _is_old(row) else _picture(row) for row in (data if isinstance(data, list) else [data])]


def _picture(row: object) -> JsonPicture:
    data, media = at(row, "data_row"), at(row, "media_attributes")
    labels = [label for project in values_at(row, "projects") for label in items_at(project, "labels")]
    first, *more = [at(label, "annotations", "objects") for label in labels] or [None]
    splits = (split_named(as_text(at(field, "value"))) for field in items_at(row, "metadata_fields"))
    return JsonPicture(
        picture_names(*(at(data, key) for key in ("external_id", "global_key", "row_data", "id"))),
        first,
        size_in(at(media, "width"), at(media, "height")),
        next(filter(None, splits), None),
        unlabelled=not labels,
        more=tuple(more),
    )


def _old(row: dict[str, Any]) -> JsonPicture:
    """A row of the older export. Its `Label` has `objects`, or polygons by the name of their class."""
    label = row["Label"]
    objects = at(label, "objects")
    if objects is None and isinstance(label, dict) and label:
        named = [(name, item) for name, items in label.items() if isinstance(items, list) for item in items]
        objects = [{"title": name, "polygon": at(item, "geometry") or item} for name, item in named] or label
    names = picture_names(row.get("External ID"), row["Labeled Data"], row.get("ID"))
    return JsonPicture(names, objects, unlabelled=not isinstance(label, dict) or not label)  # "Skip" is a text


def _box(item: object) -> Box:
    label = one_label(next((name for key in ("name", "title", "value") if (name := at(item, key))), None))
    return Box(*_corners(item), label, _attributes(item))


def _corners(item: object) -> Corners:
    box = at(item, "bounding_box") or at(item, "bbox")
    if box is not None:
        return from_width_and_height([at(box, key) for key in ("left", "top", "width", "height")])
    polygon, point = items_at(item, "polygon"), at(item, "point") or at(item, "line", 0)
    if polygon:
        return around_points([at(corner, "x") for corner in polygon], [at(corner, "y") for corner in polygon])
    if point is not None:
        return at_point(at(point, "x"), at(point, "y"))
    raise ValueError("no bounding_box and no polygon: masks are not read")


def _attributes(item: object) -> tuple[tuple[str, str], ...]:
    """The answers to the questions about an object."""
    answers = [(_name(question), _answer(question)) for question in items_at(item, "classifications")]
    return tuple((name, answer) for name, answer in answers if name and answer)


def _answer(question: object) -> str:
    several = items_at(question, "checklist_answers") or items_at(question, "answers")
    if several:
        return ",".join(filter(None, map(_name, several)))
    one = at(question, "radio_answer") or at(question, "answer")
    return _name(one) or as_text(at(question, "text_answer", "content"))


def _name(value: object) -> str:
    named = at(value, "name") or at(value, "title") or at(value, "value") if isinstance(value, dict) else value
    return as_text(named)


FORMAT = JsonFormat("Labelbox JSON", is_annotation, _pictures, _box)
read = FORMAT.read
