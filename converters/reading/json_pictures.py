"""What the readers of JSON formats share: pictures with objects, in values of any type."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box, Units
from converters.problems import Problems
from converters.reading.annotation_files import load_document, parsed_files
from converters.reading.annotation_source import AnnotationSource
from converters.reading.embedded_pictures import is_embedded, write_embedded
from converters.reading.json_file import JSON_SUFFIXES

_LOOKED_AT = 20  # entries of a list by which its format is recognised


@dataclass(frozen=True, slots=True)
class JsonPicture:
    """One picture of a JSON document. Its values may be of any type, since they are checked only when they are read.

    Attributes:
        names: Names of its file, the one that the document states first.
        objects: The objects on it, normally a list.
        size: (width, height) that the document states.
        split: "train", "val" or "test" where the document says so.
        unlabelled: Whether nobody annotated the picture; `objects` says nothing then.
        more: The objects on it as further people annotated them. Each person's are an annotation of the picture.
        embedded: The picture itself as text, which is used where there is no file.
        not_used: How many annotations of the picture are not among these, since one of these is marked as the truth.
    """

    names: tuple[str, ...]
    objects: object
    size: tuple[int, int] | None = None
    split: str | None = None
    unlabelled: bool = False
    more: tuple[object, ...] = ()
    not_used: int = 0
    embedded: object = None

    @property
    def annotations(self) -> tuple[object, ...]:
        """The objects as each person annotated them."""
        return (self.objects, *self.more)


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """How a JSON format is read.

    Attributes:
        name: The format, for messages.
        is_annotation: Whether a document is of the format.
        pictures: The pictures of a document, from its file and the document. It may raise `AnnotationError`.
        box: The box of one object. None for what is no object, such as a label of the whole picture; `ValueError` for
            an object that cannot be read.
        units: What the coordinates are measured in.
    """

    name: str
    is_annotation: Callable[[object], bool]
    pictures: Callable[[Path, Any], Iterable[JsonPicture]]
    box: Callable[[Any], Box | None]
    units: Units = "pixels"

    def read(self, source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
        """Read every document of the format in a source; other JSON files in its folders are passed over.

        A picture is left out if one of its objects cannot be read: a face without its box would count as background.

        Args:
            source: Where documents and pictures are.
            problems: Where everything that cannot be used is reported.

        Yields:
            One AnnotatedImage for each picture, coordinates as they stand in the document.
        """
        for path, pictures in parsed_files(source, JSON_SUFFIXES, self._parse, problems):
            for number, picture in enumerate(pictures, start=1):
                if not _is_usable(path, number, picture, problems):
                    continue
                annotations = [self._boxes(path, picture, objects, problems) for objects in picture.annotations]
                found = None if None in annotations else _find(source, path, picture, problems)
                for boxes in annotations:
                    if found is not None and boxes is not None:
                        split = picture.split or source.split_of(path, path if is_embedded(found) else found)
                        yield AnnotatedImage(found, boxes, picture.size, path, split, self.units)

    def _parse(self, path: Path) -> list[JsonPicture]:
        return list(self.pictures(path, load_document(path, self.is_annotation, self.name)))

    def _boxes(self, path: Path, picture: JsonPicture, objects: object, problems: Problems) -> tuple[Box, ...] | None:
        """The boxes of one annotation of a picture, or None where it cannot be used, which is reported."""
        name = picture.names[0]
        if not isinstance(objects, list):
            value = f"{name}: its objects are {as_text(objects)[:40] or 'missing'}, expected a list"
            problems.left_out("malformed entry", path, value, "picture left out")
            return None
        boxes = []
        for number, item in enumerate(objects, start=1):
            try:
                box = self.box(item)
            except ValueError as error:
                problems.left_out("malformed object", path, f"{name}: {error}", "picture left out", object=number)
                return None
            if box is not None:
                boxes.append(box)
        if objects and not boxes:
            problems.left_out("labels of a whole picture", path, name, "picture left out: it has no boxes")
            return None
        return tuple(boxes)


def _is_usable(path: Path, number: int, picture: JsonPicture, problems: Problems) -> bool:
    """Whether a picture has a name and was annotated; otherwise it is reported."""
    if not picture.names:
        problems.left_out("entry without a picture", path, "no name of a file", object=number)
        return False
    if picture.unlabelled:
        problems.passed_over("unlabelled picture", path, picture.names[0], "not used: nobody annotated it")
        return False
    if picture.not_used:
        value = f"{picture.names[0]}: {picture.not_used} beside the ground truth"
        problems.repaired("several annotations of one picture", path, value, "the ground truth used")
    return True


def _find(source: AnnotationSource, path: Path, picture: JsonPicture, problems: Problems) -> Path | None:
    """The file of a picture. One that is in the document alone is written first."""
    if picture.embedded and not any(source.pictures.has(name, path) for name in picture.names):
        try:
            written = write_embedded(picture.embedded, path, picture.names[0])
        except OSError as error:
            problems.left_out("embedded picture", path, f"cannot be written ({error.strerror})", "picture left out")
            return None
        if written is not None:
            return written
    return source.match(path, picture.names, problems)


def at(value: object, *keys: str | int) -> Any:
    """The value at some keys of nested objects and lists, or None where there is none."""
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def items_at(value: object, *keys: str | int) -> list[Any]:
    """The list at some keys, or an empty one where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, list) else []


def values_at(value: object, *keys: str | int) -> list[Any]:
    """The values of the object at some keys, or of the list there; none where there is neither."""
    found = at(value, *keys)
    return list(found.values()) if isinstance(found, dict) else items_at(found)


def any_fits(document: object, fits: Callable[[Any], bool]) -> bool:
    """Whether a document is a list in which one of the first entries is of a format."""
    return isinstance(document, list) and any(map(fits, document[:_LOOKED_AT]))


def one_label(*values: object) -> str:
    """The label of an object: the one text, or number, among some values and lists of values.

    Raises:
        ValueError: There is none, or more than one.
    """
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    labels = list(dict.fromkeys(text for item in flat if (text := as_text(item))))
    if not labels:
        raise ValueError("no label")
    if len(labels) > 1:
        raise ValueError(f"several labels at once ({', '.join(labels)}), expected one")
    return labels[0]


def attributes_in(values: object) -> tuple[tuple[str, str], ...]:
    """Attributes of an object as text, from an object of names and values. Those without a value are left out."""
    if not isinstance(values, Mapping):
        return ()
    return tuple((str(name), text) for name, value in values.items() if (text := as_text(value)))


def as_text(value: object) -> str:
    """A value as text: true and false as words, several values with commas, nothing for what is no value."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(filter(None, map(as_text, value)))
    return str(value).strip() if isinstance(value, str | int | float) else ""
