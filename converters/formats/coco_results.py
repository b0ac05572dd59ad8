"""A COCO results list as annotations to begin with: what a network found, as JSON with one object a box.

Described on COCO's page "Results format", and written by ultralytics as `predictions.json`: image_id, category_id, bbox
(x, y, width, height) and score. Names of pictures and classes stand in a COCO annotation file; if none lies beside, the
image_id is the name of the picture without its extension, and the labels are the numbers of the classes. pycocotools
cannot read a list without an annotation file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.file_search import find_files
from converters.formats import coco
from converters.plurals import quantity
from converters.problems import Problems
from converters.reading.annotation_files import load_document, parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.box_rows import BoxRow, annotated_images
from converters.reading.shapes import from_width_and_height

_KEYS = frozenset({"image_id", "category_id", "bbox"})
_LEAST_SCORE = 0.25  # lists for measuring hold hundreds of boxes a picture that nobody believes in
_LOOKED_AT = 20
_EXPECTED = "a list of objects with image_id, category_id and bbox"


def is_annotation(data: object) -> bool:
    """Whether a JSON document is a COCO results list."""
    return isinstance(data, list) and bool(data) and all(map(_is_result, data[:_LOOKED_AT]))


def _is_result(item: object) -> bool:
    return isinstance(item, dict) and item.keys() >= _KEYS


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every results list of a source.

    Args:
        source: Where the lists, COCO annotation files with names, and pictures are.
        problems: Where files and pictures that cannot be used are reported, and how many boxes had a low score.

    Yields:
        One AnnotatedImage for each picture, in the order in which the list first names it.
    """
    names = _names(source)
    if not names.complete:
        problems.notes.append(
            "A results list holds no names: image_id and category_id were taken as the names of pictures and classes. "
            "Put the COCO file with images and categories beside it."
        )
    for path, items in parsed_files(source, (".json",), _parse, problems):
        kept = [(number, item) for number, item in enumerate(items, start=1) if not _is_doubtful(item)]
        if len(kept) < len(items):
            count = quantity(len(items) - len(kept), "box", "boxes")
            problems.notes.append(f"{path.name}: {count} with a score under {_LEAST_SCORE} not used.")
        yield from annotated_images(source, path, (_row(number, item, names) for number, item in kept), problems)


def _parse(path: Path) -> list[Any]:
    items: list[Any] = load_document(path, is_annotation, _EXPECTED)
    return items


def _is_doubtful(item: object) -> bool:
    score = item.get("score") if isinstance(item, dict) else None
    return isinstance(score, int | float) and score < _LEAST_SCORE


@dataclass(slots=True)
class _Names:
    """Names by id, as text, since some programs write numbers and some text; None for an id that means two things."""

    complete: bool = False  # whether a COCO annotation file was found
    pictures: dict[str, str | None] = field(default_factory=dict)
    classes: dict[str, str | None] = field(default_factory=dict)


def _names(source: AnnotationSource) -> _Names:
    """The names in the COCO annotation files beside, and pictures by the numbers that their names are."""
    names, numbered = _Names(), dict[str, str | None]()
    for picture in source.pictures.pictures:
        if picture.stem.isascii() and picture.stem.isdigit():
            _add(numbered, picture.stem.lstrip("0") or "0", picture.stem)
    folder = source.annotations.parent if source.annotations.is_file() else source.annotations
    for path in find_files(folder, (".json",)):
        try:
            data = load_document(path, coco.is_annotation, "COCO annotations")
        except AnnotationError:
            continue  # `read` reports it
        names.complete = True
        for items, key, known in (
            (data["images"], "file_name", names.pictures),
            (data["categories"], "name", names.classes),
        ):
            for item in items:
                if isinstance(item, dict) and isinstance(item.get(key), str):
                    _add(known, str(item.get("id")), item[key])
    names.pictures = numbered | names.pictures
    return names


def _add(known: dict[str, str | None], key: str, name: str) -> None:
    known[key] = name if known.get(key, name) == name else None


def _named(known: dict[str, str | None], key: str, kind: str) -> str:
    name = known.get(key, key)
    if not name:
        raise ValueError(f"{kind} {key[:40]!r} has several names" if key else f"no {kind}")
    return name


def _row(number: int, item: object, names: _Names) -> BoxRow:
    if not isinstance(item, dict):
        return BoxRow("", number, wrong="no object")
    image, stated, bbox = str(item.get("image_id", "")), item.get("file_name"), item.get("bbox")
    try:
        name = stated if isinstance(stated, str) else _named(names.pictures, image, "image_id")
    except ValueError as error:
        return BoxRow(image, number, wrong=str(error))
    try:
        label = _named(names.classes, str(item.get("category_id", "")), "category_id")
        if not isinstance(bbox, list):
            raise ValueError("no bbox")
        return BoxRow(name, number, Box(*from_width_and_height(bbox), label))
    except ValueError as error:
        return BoxRow(name, number, wrong=str(error))
