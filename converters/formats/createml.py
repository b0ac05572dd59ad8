"""CreateML JSON: one list of pictures, boxes as their centre, width and height in pixels.

Described in Apple's documents of Create ML ("Building an object detector data source"); Roboflow and RectLabel write it
too. Older files say `imagefilename` and `annotation`. It is read here: it is small, and the libraries that read it stop
at the first object that is wrong.
"""

from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.reading.json_pictures import JsonFormat, JsonPicture, any_fits, at, items_at, one_label
from converters.reading.numbers import parse_corners
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners

_NAMES = ("image", "imagefilename", "imageFilename", "imageURL", "filename")
_OBJECTS = ("annotations", "annotation")


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a CreateML list of pictures."""
    return any_fits(data, _is_entry)


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not picture_names(*map(entry.get, _NAMES)):
        return False
    objects = _objects(entry)
    return objects == [] or any(isinstance(at(item, "coordinates"), dict) for item in items_at(objects))


def _pictures(path: Path, data: list[Any]) -> list[JsonPicture]:
    return [JsonPicture(picture_names(*(at(entry, name) for name in _NAMES)), _objects(entry)) for entry in data]


def _objects(entry: object) -> object:
    return next((found for name in _OBJECTS if (found := at(entry, name)) is not None), None)


def _box(item: object) -> Box:
    return Box(*_corners(at(item, "coordinates")), one_label(at(item, "label")))


def _corners(coordinates: object) -> Corners:
    x, y, width, height = parse_corners([at(coordinates, key) for key in ("x", "y", "width", "height")])
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


FORMAT = JsonFormat("CreateML JSON", is_annotation, _pictures, _box)
read = FORMAT.read
