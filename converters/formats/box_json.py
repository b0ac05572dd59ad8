"""The medical-mask set's own format: one JSON file per picture. BoundingBox is x1, y1, x2, y2."""

from collections.abc import Iterator
from pathlib import Path

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError
from converters.problems import Problems
from converters.reading.annotation_files import load_document, parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.json_pictures import attributes_in
from converters.reading.numbers import parse_corners


def is_annotation(data: object) -> bool:
    """Whether a JSON document is an annotation of this format."""
    return isinstance(data, dict) and "FileName" in data and "Annotations" in data


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read every JSON annotation of a source; other JSON files in its folders are passed over.

    Args:
        source: Where annotations and pictures are.
        problems: Where files that cannot be used are reported.

    Yields:
        One AnnotatedImage for each file, coordinates as they stand in it.
    """
    for path, (stated, boxes) in parsed_files(source, (".json",), _parse, problems):
        picture = source.match(path, (stated, path.stem), problems)
        if picture is not None:
            yield AnnotatedImage(picture, boxes, None, path, source.split_of(path, picture))


def _parse(path: Path) -> tuple[str, tuple[Box, ...]]:
    data = load_document(path, is_annotation, "FileName and Annotations")
    stated = data["FileName"] if isinstance(data["FileName"], str) else ""
    return stated, _boxes(path, data["Annotations"])


def _boxes(path: Path, items: object) -> tuple[Box, ...]:
    if not isinstance(items, list):
        raise AnnotationError(path, f"Annotations is a {type(items).__name__}, expected a list")
    boxes = []
    for number, item in enumerate(items, start=1):
        try:
            corners, label = item["BoundingBox"], item["classname"]
            if not isinstance(corners, list) or not isinstance(label, str):
                raise ValueError("expected BoundingBox with four numbers and classname")
            boxes.append(Box(*parse_corners(corners), label.strip(), attributes_in(item.get("Attributes"))))
        except (KeyError, TypeError, AttributeError):
            raise AnnotationError(path, f"object {number} lacks BoundingBox or classname") from None
        except ValueError as error:
            raise AnnotationError(path, f"object {number}: {error}") from None
    return tuple(boxes)
