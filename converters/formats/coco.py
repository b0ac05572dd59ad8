"""COCO JSON: one file for many pictures, boxes as x, y, width, height."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.formats.coco_ids import Ids, is_id
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import load_document, parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.json_pictures import attributes_in
from converters.reading.numbers import size_in
from converters.reading.shapes import Corners, around_points, check_rotation, from_width_and_height
from converters.split import split_of_file


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a COCO annotation file."""
    return isinstance(data, dict) and all(
        isinstance(data.get(key), list) for key in ("images", "annotations", "categories")
    )


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every COCO file of a source; other JSON files in its folders are passed over.

    A picture is left out if one of its annotations cannot be read: a face without its box would count as background.

    Args:
        source: Where annotations and pictures are.
        problems: Where files and pictures that cannot be used are reported.

    Yields:
        One AnnotatedImage for each entry of `images`, in the order of the file.
    """
    for path, document in parsed_files(source, (".json",), _parse, problems):
        boxes, broken = _boxes(path, document, problems)
        entries = document.entries.by_id
        for name, count in Counter(entry["file_name"] for entry in entries.values() if _is_frame(entry)).items():
            problems.left_out(
                "frames of a video", path, f"{name}: {quantity(count, 'frame')}", "only pictures are read"
            )
        for key, entry in entries.items():
            if key in broken or _is_frame(entry):
                continue
            picture = source.match(path, (entry["file_name"],), problems)
            if picture is not None:
                split = source.split_of(path, picture) or split_of_file(path.stem)
                yield AnnotatedImage(
                    picture, tuple(boxes.get(key, ())), size_in(entry.get("width"), entry.get("height")), path, split
                )


@dataclass(frozen=True, slots=True)
class _Document:
    """What one file holds: annotations as they stand there, categories and pictures by id.

    Attributes:
        annotations: The annotations.
        categories: The labels.
        entries: The pictures.
        all_crowds: Whether `iscrowd` is set everywhere and so says nothing, as in some exports of CVAT.
    """

    annotations: list[Any]
    categories: Ids[str]
    entries: Ids[dict[str, Any]]
    all_crowds: bool


def _parse(path: Path) -> _Document:
    data = load_document(path, is_annotation, "COCO annotations")
    items = data["annotations"]
    all_crowds = len(items) > 1 and all(isinstance(item, dict) and item.get("iscrowd") for item in items)
    return _Document(items, _categories(path, data["categories"]), _entries(path, data["images"]), all_crowds)


def _categories(path: Path, items: list[Any]) -> Ids[str]:
    try:
        names = {item["id"]: item["name"].strip() for item in items}
    except (KeyError, TypeError, AttributeError):
        raise AnnotationError(path, "a category without id or name") from None
    if len(names) < len(items):
        raise AnnotationError(path, "a category id that is used twice")
    return Ids(names)


def _entries(path: Path, items: list[Any]) -> Ids[dict[str, Any]]:
    entries: dict[Any, dict[str, Any]] = {}
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or not isinstance(item.get("file_name"), str):
            raise AnnotationError(path, f"image {number} has no file_name")
        if not is_id(item.get("id")) or item["id"] in entries:
            raise AnnotationError(path, f"image {number}: id {item.get('id')!r} is missing or used twice")
        entries[item["id"]] = item
    return Ids(entries)


def _boxes(path: Path, document: _Document, problems: Problems) -> tuple[dict[Any, list[Box]], set[Any]]:
    """The boxes by the id of their picture, and the ids of pictures with an annotation that cannot be read."""
    boxes: dict[Any, list[Box]] = {}
    broken: set[Any] = set()
    outlined = 0
    for number, item in enumerate(document.annotations, start=1):
        stated = item.get("image_id") if isinstance(item, dict) else None
        key = document.entries.find(stated)
        if key is None:
            problems.left_out("annotation of no picture", path, f"image_id {stated!r}", object=number)
            continue
        try:
            boxes.setdefault(key, []).append(_box(item, document))
            outlined += not item.get("bbox")
        except ValueError as error:
            name = document.entries.by_id[key]["file_name"]
            problems.left_out("malformed object", path, f"{name}: {error}", "picture left out", object=number)
            broken.add(key)
    _note(path, document, outlined, problems)
    return boxes, broken


def _note(path: Path, document: _Document, outlined: int, problems: Problems) -> None:
    retyped = document.entries.retyped + document.categories.retyped
    if retyped:
        problems.notes.append(
            f"{path.name}: {quantity(retyped, 'id')} matched although one is a number and one is text."
        )
    if outlined:
        objects = quantity(outlined, "object has", "objects have")
        problems.notes.append(f"{path.name}: {objects} no bbox, and got the box around the polygons.")
    if document.all_crowds:
        problems.notes.append(f"{path.name}: iscrowd is set for all objects, and so it was not taken for crowds.")


def _box(item: dict[str, Any], document: _Document) -> Box:
    category = document.categories.find(item.get("category_id"))
    if category is None:
        raise ValueError(f"category_id {item.get('category_id')!r} is not among the categories")
    if item.get("iscrowd") and not document.all_crowds:
        raise ValueError("a region with a crowd (iscrowd), expected a box for each face")
    attributes = attributes_in(item.get("attributes"))
    check_rotation(attributes)
    return Box(*_corners(item), document.categories.by_id[category], attributes)


def _corners(item: dict[str, Any]) -> Corners:
    box, polygons = item.get("bbox"), item.get("segmentation")
    if box:
        if not isinstance(box, list):
            raise ValueError(f"bbox is a {type(box).__name__}, expected x, y, width, height")
        return from_width_and_height(box)
    if isinstance(polygons, dict):
        raise ValueError("no bbox, and a mask in run-length code, expected a bbox or polygons")
    if not isinstance(polygons, list) or not polygons:
        raise ValueError("no bbox")
    if not all(isinstance(polygon, list) for polygon in polygons):
        polygons = [polygons]  # one polygon without the outer list
    values = [polygon for polygon in polygons if len(polygon) >= 6]
    return around_points(
        [x for polygon in values for x in polygon[0::2]], [y for polygon in values for y in polygon[1::2]]
    )


def _is_frame(entry: dict[str, Any]) -> bool:
    """Whether an entry is a frame of a video in the `detections.json` of `detector infer`."""
    return {"frame", "seconds"} <= entry.keys()
