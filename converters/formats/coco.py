"""COCO JSON: one file for many pictures, boxes as x, y, width, height."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.annotation_files import load_document, parsed_files
from converters.annotation_source import AnnotationSource
from converters.errors import AnnotationError
from converters.numbers import parse_coordinate, parse_corners
from converters.plurals import quantity
from converters.problems import Problems
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
        entries = document.entries
        boxes, broken = _boxes(path, document.annotations, document.categories, entries, problems)
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
                yield AnnotatedImage(picture, tuple(boxes.get(key, ())), _size(entry), path, split)


@dataclass(frozen=True, slots=True)
class _Document:
    """What one file holds: annotations as they stand there, categories and pictures by id."""

    annotations: list[Any]
    categories: dict[Any, str]
    entries: dict[Any, dict[str, Any]]


def _parse(path: Path) -> _Document:
    data = load_document(path, is_annotation, "COCO annotations")
    return _Document(data["annotations"], _categories(path, data["categories"]), _entries(path, data["images"]))


def _categories(path: Path, items: list[Any]) -> dict[Any, str]:
    try:
        names = {item["id"]: item["name"].strip() for item in items}
    except (KeyError, TypeError, AttributeError):
        raise AnnotationError(path, "a category without id or name") from None
    if len(names) < len(items):
        raise AnnotationError(path, "a category id that is used twice")
    return names


def _entries(path: Path, items: list[Any]) -> dict[Any, dict[str, Any]]:
    entries: dict[Any, dict[str, Any]] = {}
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict) or not isinstance(item.get("file_name"), str):
            raise AnnotationError(path, f"image {number} has no file_name")
        if not isinstance(item.get("id"), int | str) or item["id"] in entries:
            raise AnnotationError(path, f"image {number}: id {item.get('id')!r} is missing or used twice")
        entries[item["id"]] = item
    return entries


def _boxes(
    path: Path, items: list[Any], categories: dict[Any, str], entries: dict[Any, dict[str, Any]], problems: Problems
) -> tuple[dict[Any, list[Box]], set[Any]]:
    boxes: dict[Any, list[Box]] = {}
    broken: set[Any] = set()
    for number, item in enumerate(items, start=1):
        key = item.get("image_id") if isinstance(item, dict) else None
        if not isinstance(key, int | str) or key not in entries:
            problems.left_out("annotation of no picture", path, f"image_id {key!r}", object=number)
            continue
        try:
            boxes.setdefault(key, []).append(_box(item, categories))
        except ValueError as error:
            name = entries[key]["file_name"]
            problems.left_out("malformed object", path, f"{name}: {error}", "picture left out", object=number)
            broken.add(key)
    return boxes, broken


def _box(item: dict[str, Any], categories: dict[Any, str]) -> Box:
    category, corners = item.get("category_id"), item.get("bbox")
    if not isinstance(category, int | str) or category not in categories:
        raise ValueError(f"category_id {category!r} is not among the categories")
    if not isinstance(corners, list):
        raise ValueError("no bbox")
    if item.get("iscrowd"):
        raise ValueError("a region with a crowd, expected a box for each face")
    x, y, width, height = parse_corners(corners)
    return Box(x, y, x + width, y + height, categories[category])


def _is_frame(entry: dict[str, Any]) -> bool:
    """Whether an entry is a frame of a video in the `detections.json` of `detector infer`."""
    return {"frame", "seconds"} <= entry.keys()


def _size(entry: dict[str, Any]) -> tuple[int, int] | None:
    try:
        return int(parse_coordinate(entry.get("width"))), int(parse_coordinate(entry.get("height")))
    except ValueError:
        return None
