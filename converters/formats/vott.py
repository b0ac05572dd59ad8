"""JSON of Microsoft's VoTT, version 2: the export of a project, or one `-asset.json` for each picture.

Described by VoTT's source (microsoft/VoTT, `applicationState.ts`): `boundingBox` and `points` in pixels, `name` encoded
as in web addresses, `path` on the machine of the annotator. It is read here, since the reader of Datumaro stops at the
first region that is wrong, and takes the first of several tags.
"""

from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.reading.json_pictures import JsonFormat, JsonPicture, at, items_at, one_label, values_at
from converters.reading.numbers import size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import Corners, around_points, at_point, from_width_and_height

_UNVISITED = 0  # the state of a picture that nobody looked at


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a VoTT export, or the annotation of one picture."""
    return any(map(_is_entry, [data, *values_at(data, "assets")]))


def _is_entry(entry: object) -> bool:
    return isinstance(at(entry, "asset"), dict) and isinstance(at(entry, "regions"), list)


def _pictures(path: Path, data: dict[str, Any]) -> list[JsonPicture]:
    return [_picture(entry) for entry in ([data] if _is_entry(data) else values_at(data, "assets"))]


def _picture(entry: object) -> JsonPicture:
    asset, regions = at(entry, "asset"), at(entry, "regions")
    return JsonPicture(
        picture_names(at(asset, "name"), at(asset, "path")),
        regions,
        size_in(at(asset, "size", "width"), at(asset, "size", "height")),
        unlabelled=not regions and at(asset, "state") == _UNVISITED,
    )


def _box(region: object) -> Box:
    return Box(*_corners(region), one_label(at(region, "tags")))


def _corners(region: object) -> Corners:
    box, points = at(region, "boundingBox"), items_at(region, "points")
    if at(region, "type") in ("POINT", "POLYLINE"):
        return at_point(at(points, 0, "x"), at(points, 0, "y"))
    if box is not None:
        return from_width_and_height([at(box, key) for key in ("left", "top", "width", "height")])
    return around_points([at(point, "x") for point in points], [at(point, "y") for point in points])


FORMAT = JsonFormat("VoTT JSON", is_annotation, _pictures, _box)
read = FORMAT.read
