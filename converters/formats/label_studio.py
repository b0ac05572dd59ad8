"""Label Studio JSON: tasks with annotations, in percent of the picture; also its short form JSON-MIN.

Described in the documents of Label Studio ("Label Studio Task Format", "RectangleLabels"). It is read here, since its
own converter (label-studio-converter) writes YOLO or COCO instead of the regions with their turns and annotators.

A region may have several results with one id: its shape, its label, and answers about it, which are attributes.
"""

import re
from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.file_search import is_picture
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
from converters.reading.numbers import parse_coordinate, size_in
from converters.reading.picture_names import picture_names
from converters.reading.shapes import (
    Corners,
    around_ellipse,
    around_points,
    at_point,
    check_upright,
    from_width_and_height,
)

_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the names of uploaded files
_ANSWERS = ("choices", "text", "rating", "number", "taxonomy", "datetime")
_NO_LABEL = "region"  # the label of a region that has answers only


def is_annotation(data: object) -> bool:
    """Whether a JSON document is an export of Label Studio."""
    return any_fits(data, lambda task: _is_task(task) or _is_short(task)) or isinstance(at(data, "task", "data"), dict)


def _is_task(task: object) -> bool:
    annotations = _annotations(task)
    return isinstance(at(task, "data"), dict) and isinstance(annotations, list)


def _is_short(task: object) -> bool:
    return isinstance(at(task, "image"), str) and (at(task, "annotation_id") or at(task, "annotator")) is not None


def _pictures(path: Path, data: Any) -> list[JsonPicture]:
    if isinstance(data, dict):  # what the synchronised storage holds: one annotation with its task
        data = [{**data["task"], "annotations": [data]}]
    return [_short(task) if _is_short(task) else _picture(task) for task in data]


def _picture(task: object) -> JsonPicture:
    done = [item for item in items_at(_annotations(task)) if not at(item, "was_cancelled")]
    truth = [item for item in done if at(item, "ground_truth") is True]
    results = [at(item, "result") for item in truth or done] or [None]
    first, *more = [_regions(items) if isinstance(items, list) else items for items in results]
    return JsonPicture(
        _names(task),
        first,
        size_in(at(results, 0, 0, "original_width"), at(results, 0, 0, "original_height")),
        unlabelled=not done,
        more=tuple(more),
        not_used=len(done) - len(truth) if truth else 0,
    )


def _annotations(task: object) -> object:
    found = at(task, "annotations")
    return at(task, "completions") if found is None else found  # before version 1


def _names(task: object) -> tuple[str, ...]:
    """The names of the picture: under the key `image`, or else the one value that names a picture."""
    data = at(task, "data")
    values = [at(data, "image")] if at(data, "image") else [*filter(_names_a_picture, values_at(data))]
    uploads = filter(_names_a_picture, [at(task, "file_upload")])
    names = picture_names(values[0] if len(values) == 1 else None, *(() if values else uploads))
    short = (_UPLOAD_PREFIX.sub("", re.split(r"[/\\]", name)[-1]) for name in names)
    return tuple(dict.fromkeys((*names, *short)))


def _names_a_picture(value: object) -> bool:
    return any(is_picture(Path(name)) for name in picture_names(value))


def _regions(results: list[Any]) -> list[Any]:
    """Results with one id together: their values, and the answers by the name of the question."""
    regions: dict[object, dict[str, Any]] = {}
    for number, result in enumerate(results):
        name, value = at(result, "id"), at(result, "value")
        if at(result, "type") == "relation":
            continue
        region = regions.setdefault(name if isinstance(name, str) else number, {"value": {}, "answers": []})
        region["turned"] = at(result, "image_rotation")
        if not isinstance(value, dict):
            region["value"] = None
        elif region["value"] is not None:
            region["value"] |= value
            answers = (as_text(value.get(kind)) for kind in _ANSWERS)
            region["answers"] += [(as_text(at(result, "from_name")), text) for text in answers if text]
    return list(regions.values())


def _short(task: dict[str, Any]) -> JsonPicture:
    """A task of JSON-MIN: under the name of each question a list of regions, or an answer about the whole picture."""
    lists = [value for value in task.values() if isinstance(value, list)]
    regions = [region for value in lists for region in value if at(region, "original_width") is not None]
    return JsonPicture(
        _names({"data": {"image": task["image"]}}),
        [{"value": region, "answers": []} for region in regions],
        size_in(at(regions, 0, "original_width"), at(regions, 0, "original_height")),
    )


def _box(region: dict[str, Any]) -> Box | None:
    value = region["value"]
    if not isinstance(value, dict):
        raise ValueError("a result without a value")
    if region["answers"] and not {"x", "points"} & value.keys():
        return None
    if parse_coordinate(region.get("turned") or 0):
        raise ValueError("drawn on a turned picture, expected an upright one")
    labels = [label for name, label in value.items() if name.endswith("labels")]
    label = one_label(*labels) if labels or not region["answers"] else _NO_LABEL
    x1, y1, x2, y2 = _corners(value)
    return Box(x1 / 100, y1 / 100, x2 / 100, y2 / 100, label, tuple(region["answers"]))


def _corners(value: dict[str, Any]) -> Corners:
    """The rectangle around a shape, in percent."""
    check_upright(value.get("rotation"))
    if "points" in value:
        points = items_at(value, "points")
        return around_points([at(point, 0) for point in points], [at(point, 1) for point in points])
    if "radiusX" in value:
        return around_ellipse(value.get("x"), value.get("y"), value["radiusX"], value.get("radiusY"))
    if "keypointlabels" in value:
        return at_point(value.get("x"), value.get("y"))
    if "x" in value:
        return from_width_and_height([value.get(key) for key in ("x", "y", "width", "height")])
    raise ValueError(f"a region with {', '.join(value)[:80]}, expected a rectangle, ellipse or polygon")


FORMAT = JsonFormat("Label Studio JSON", is_annotation, _pictures, _box, "fractions")
read = FORMAT.read
