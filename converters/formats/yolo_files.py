"""Finds the label file of each picture of a set, wherever tools put it."""

import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from converters.errors import AnnotationError
from converters.file_search import PICTURE_SUFFIXES, find_files
from converters.formats import yolo_labels
from converters.formats.yolo_names import is_name_file
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import name_key
from converters.reading.text_file import first_lines

_PICTURE_FOLDERS = ("images", "image", "imgs", "img", "jpegimages")
_LABEL_FOLDERS = ("labels", "Labels", "label")
_MOST_PAIRS = 100_000  # of pictures and label files of one name: more are not compared


class LabelFiles:
    """The label files of a set.

    A label file has the name of its picture with the suffix .txt. It lies where ultralytics looks for it, or in a
    folder `labels` in place of any other folder of pictures on the way, or beside the picture, or else anywhere among
    the annotations, where it goes to the picture in the folder most alike.

    Args:
        source: The annotations and the pictures.
    """

    def __init__(self, source: AnnotationSource) -> None:
        self._source = source
        self._folder = source.annotations if source.annotations.is_dir() else source.annotations.parent
        self._looked_up: dict[Path, Path | None] = {}

    def find(self, picture: Path) -> Path | None:
        """The label file of a picture, or None."""
        return self._usual(picture) or self._unusual.get(picture)

    def places(self, picture: Path) -> Iterator[Path]:
        """The usual places of a picture's label file, in the order in which they are looked at."""
        yield from self._in_label_folders(picture)
        yield picture.with_suffix(".txt")
        yield yolo_labels.label_path(picture)  # a folder `images` above the source

    def report_unused(self, problems: Problems) -> None:
        """Report label files with boxes but without a picture: faces that the result lacks."""
        stems = {name_key(picture.stem) for picture in self._source.pictures.pictures}
        for path in self._spare:
            if name_key(_stem(path)) not in stems and _has_rows(path):
                problems.left_out("missing picture", path, "no picture of that name")

    def _usual(self, picture: Path) -> Path | None:
        if picture not in self._looked_up:
            found = (place for place in self.places(picture) if os.path.isfile(place))  # noqa: PTH113  (raises nothing)
            self._looked_up[picture] = next(found, None)
        return self._looked_up[picture]

    def _in_label_folders(self, picture: Path) -> Iterator[Path]:
        folders = (self._source.root, *self._source.pictures.folders)
        root = next((folder for folder in folders if picture.is_relative_to(folder)), Path(picture.anchor))
        label = picture.with_suffix(".txt").parts
        for index in range(len(label) - 2, len(root.parts) - 1, -1):
            if label[index].lower() in _PICTURE_FOLDERS:
                for name in _LABEL_FOLDERS:
                    yield Path(*label[:index], name, *label[index + 1 :])

    @cached_property
    def _spare(self) -> list[Path]:
        """Text files that are in the usual place of no picture, and may be label files."""
        usual = {path for path in map(self._usual, self._source.pictures.pictures) if path}
        files = [path for path in find_files(self._folder, (".txt",)) if path not in usual and not is_name_file(path)]
        if not files:
            return []
        real = {os.path.realpath(path) for path in usual}  # the folder of the pictures may be named in another way
        return [path for path in files if os.path.realpath(path) not in real]

    @cached_property
    def _unusual(self) -> dict[Path, Path]:
        """Label files in other places, by their pictures."""
        pictures: dict[str, list[Path]] = {}
        for picture in self._source.pictures.pictures:
            if self._usual(picture) is None:
                pictures.setdefault(name_key(picture.stem), []).append(picture)
        files: dict[str, list[Path]] = {}
        for path in self._spare:
            if (key := name_key(_stem(path))) in pictures:
                files.setdefault(key, []).append(path)
        return {picture: path for key, paths in files.items() for picture, path in _pairs(pictures[key], paths)}


def _has_rows(path: Path) -> bool:
    try:
        return yolo_labels.is_annotation(first_lines(path))
    except AnnotationError:
        return False


def _stem(path: Path) -> str:
    """A label file's name without .txt; some tools keep the picture's own suffix before it."""
    return Path(path.stem).stem if Path(path.stem).suffix.lower() in PICTURE_SUFFIXES else path.stem


def _pairs(pictures: Sequence[Path], files: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Pictures and label files of one name, of which each is the only one nearest to the other."""
    if len(pictures) * len(files) > _MOST_PAIRS:
        return
    for picture in pictures:
        path = _nearest(picture, files)
        if path is not None and _nearest(path, pictures) == picture:
            yield picture, path


def _nearest(path: Path, others: Sequence[Path]) -> Path | None:
    scores = [_likeness(path.parent, other.parent) for other in others]
    best = [other for other, score in zip(others, scores, strict=True) if score == max(scores)]
    return best[0] if len(best) == 1 else None


def _likeness(one: Path, other: Path) -> tuple[int, int]:
    """How many folders agree, from the end; and from the start."""
    return _agreeing(one.parts[::-1], other.parts[::-1]), _agreeing(one.parts, other.parts)


def _agreeing(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for part, its in zip(one, other, strict=False):
        if name_key(part) != name_key(its):
            break
        count += 1
    return count
