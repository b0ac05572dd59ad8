"""The reader of the format `yolo`: a data.yaml with all its splits, or label files without a data.yaml."""

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.annotation_source import AnnotationSource
from converters.errors import AnnotationError, MaskDetectorError
from converters.formats.yolo import DatasetYaml, label_path, load_dataset_yaml, read_picture, split_images
from converters.pictures import find_files
from converters.problems import Problems

_NAME_FILES = ("classes.txt", "obj.names")  # what labelImg, CVAT and darknet write
_IDS_AS_NAMES = tuple(str(number) for number in range(1000))


def read(source: AnnotationSource, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read a YOLO dataset.

    Args:
        source: A data.yaml or a folder with one; or a folder with pictures, label files, and perhaps a classes.txt.
            Without that, labels are the class numbers as text.
        problems: Where everything that is wrong is reported. Pictures outside the source's folders are left out.

    Yields:
        One AnnotatedImage for each picture.

    Raises:
        AnnotationError: The folder holds more than one data.yaml, or a classes.txt that cannot be read.
        DatasetError: The data.yaml is wrong.
    """
    path = find_yaml(source.annotations)
    if path is None:
        names = _read_names(source.annotations)
        for picture in source.pictures.pictures:
            if not label_path(picture).is_file():
                problems.passed_over("unlabelled picture", picture, "no label file", "not used")
            elif image := read_picture(picture, names, source.split_of(picture), problems):
                yield image
        return
    dataset = load_dataset_yaml(path)
    for split in dataset.splits:
        for picture in split_images(dataset, split):
            if not _inside(picture, source.pictures.folders):
                problems.left_out("picture outside the source", path, picture, "left out; --images names its folder")
            elif image := read_picture(picture, dataset.names, split, problems):
                yield image


def is_annotation(lines: Sequence[str]) -> bool:
    """Whether the first lines of a text file are rows of YOLO labels: a class number, and then coordinates."""
    return bool(lines) and all(map(_is_row, lines))


def _is_row(line: str) -> bool:
    class_id, *coordinates = line.split()
    try:
        return class_id.isdigit() and len(coordinates) >= 4 and all(math.isfinite(float(text)) for text in coordinates)
    except ValueError:
        return False


def find_yaml(place: Path) -> Path | None:
    """The one data.yaml of a place.

    Raises:
        AnnotationError: There are several.
        DatasetError: The place itself is a yaml file, and wrong.
    """
    if place.is_file():
        return load_dataset_yaml(place).path
    found = [path for path in find_files(place) if path.suffix.lower() in (".yaml", ".yml") and _loaded(path)]
    if len(found) > 1:
        raise AnnotationError(place, f"{len(found)} data.yaml files ({found[0]}, {found[1]})", "one; name it as SOURCE")
    return found[0] if found else None


def _loaded(path: Path) -> DatasetYaml | None:
    try:
        return load_dataset_yaml(path)
    except MaskDetectorError:
        return None


def _read_names(folder: Path) -> tuple[str, ...]:
    for path in find_files(folder):
        if path.name in _NAME_FILES:
            try:
                lines = path.read_text(encoding="utf-8-sig").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise AnnotationError(path, f"cannot be read ({error})", "one class name a line") from error
            return tuple(line.strip() for line in lines if line.strip())
    return _IDS_AS_NAMES


def _inside(picture: Path, folders: tuple[Path, ...]) -> bool:
    # The folder's links are followed, the picture's own is not: a dataset may consist of links.
    place = Path(os.path.realpath(picture.parent))
    return any(place.is_relative_to(os.path.realpath(folder)) for folder in folders)
