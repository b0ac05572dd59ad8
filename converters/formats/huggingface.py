"""`metadata.jsonl` of Hugging Face's ImageFolder: one row a picture, `objects` with `bbox` as x, y, width, height.

Described in the documents of the library `datasets` ("Object detection" under "Create an image dataset"). It is read
here: `datasets` loads pictures into Arrow tables of its own, and refuses the whole file for one wrong row. Categories
are names, or numbers, which are labels as they stand: `--map 0=with_mask`.
"""

from itertools import zip_longest
from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.reading.json_pictures import JsonFormat, JsonPicture, any_fits, at, one_label
from converters.reading.numbers import size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import from_width_and_height

_CATEGORIES = ("categories", "category", "category_id", "category_ids", "label", "labels", "class", "classes", "name")


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a list of rows with `file_name` and boxes in `objects`."""
    return any_fits(data, _is_row)


def _is_row(row: object) -> bool:
    objects = at(row, "objects")
    boxes = at(objects, "bbox") if isinstance(objects, dict) else at(objects, 0, "bbox")
    return isinstance(at(row, "file_name"), str) and isinstance(boxes, list)


def _pictures(path: Path, data: list[Any]) -> list[JsonPicture]:
    return [
        JsonPicture(
            picture_names(at(row, "file_name")),
            _objects(at(row, "objects")),
            size_in(at(row, "width"), at(row, "height")),
            unlabelled=at(row, "objects") is None,
        )
        for row in data
    ]


def _objects(objects: object) -> object:
    """The objects one by one: `bbox` and the categories are lists, of equal length unless something is missing."""
    boxes = at(objects, "bbox")
    if not isinstance(boxes, list):
        return objects
    categories = next((found for name in _CATEGORIES if isinstance(found := at(objects, name), list)), [])
    return [{"bbox": box, "category": category} for box, category in zip_longest(boxes, categories)]


def _box(item: object) -> Box:
    box = at(item, "bbox")
    label = one_label(*(at(item, name) for name in _CATEGORIES))
    return Box(*from_width_and_height(box if isinstance(box, list) else []), label)


FORMAT = JsonFormat("Hugging Face metadata", is_annotation, _pictures, _box)
read = FORMAT.read
