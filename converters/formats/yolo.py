"""YOLO txt: a data.yaml, its pictures and their label files; any detection dataset that ultralytics can train on.

What a data.yaml names is looked up here as ultralytics does it; `yolo_source` finds more, for conversions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.errors import AnnotationError, DatasetError, PictureError
from converters.file_search import find_pictures, is_picture
from converters.formats.yolo_classes import class_names, landmark_shape
from converters.formats.yolo_labels import Landmarks, label_path, read_label_file
from converters.pictures import displayed_size
from converters.placement import unplaceable
from converters.problems import Problems
from converters.reading.stated_paths import home_expanded, stated_path
from converters.reading.text_file import read_text
from converters.reading.yaml_file import read_yaml
from converters.split import SPLITS

_MAX_LIST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class DatasetYaml:
    """An ultralytics dataset description.

    Attributes:
        path: The yaml file.
        root: The folder that its entries are relative to.
        names: Class names; a class's position is its id.
        splits: For each split that the file names, its folders and .txt lists of pictures.
        kpt_shape: Landmarks behind each box: how many points, and how many numbers each; None where there are none.
    """

    path: Path
    root: Path
    names: tuple[str, ...]
    splits: dict[str, tuple[Path, ...]]
    kpt_shape: tuple[int, int] | None = None


def load_dataset_yaml(path: Path, *, needs_splits: bool = True) -> DatasetYaml:
    """Read a data.yaml the way ultralytics resolves it, without ever running its `download:` entry.

    Args:
        path: The yaml file.
        needs_splits: Refuse a file that names classes and no split.

    Returns:
        The description, every path absolute. Whether the folders exist is checked when they are read. Class names are
        texts as the file has them: `no` is not False.

    Raises:
        DatasetError: The file is missing, is not YAML, or its entries make no sense.
    """
    path = Path(path).absolute()
    data = _load_mapping(path)
    entries = {split: _entries(path, split, data) for split in SPLITS}
    entries = {split: found for split, found in entries.items() if found}
    if not entries and (needs_splits or not data.get("names")):
        raise DatasetError(path, "none of the keys train, val and test", "at least one, naming a folder of pictures")
    root, splits = _places(path, data.get("path"), entries)
    return DatasetYaml(path, root, class_names(path, data), splits, landmark_shape(path, data.get("kpt_shape")))


def split_images(dataset: DatasetYaml, split: str) -> list[Path]:
    """The pictures of one split.

    Args:
        dataset: The description.
        split: "train", "val" or "test".

    Returns:
        Absolute paths, sorted, each once. A picture that a list names need not exist.

    Raises:
        DatasetError: The dataset has no such split, a folder or list is missing, or there is no picture in it.
    """
    if split not in dataset.splits:
        raise DatasetError(dataset.path, f"no {split!r} split", f"one of {', '.join(dataset.splits)}")
    pictures: set[Path] = set()
    for place in dataset.splits[split]:
        if place.is_dir():
            pictures.update(find_pictures(place))
        elif place.is_file():
            pictures.update([place] if is_picture(place) else _listed_pictures(place))
        else:
            raise DatasetError(dataset.path, f"its {split!r} entry {place} does not exist", "a folder or a .txt list")
    if not pictures:
        places = ", ".join(str(place) for place in dataset.splits[split])
        raise DatasetError(dataset.path, f"no pictures in its {split!r} entry {places}", "at least one")
    return sorted(pictures)


def read_list(path: Path) -> list[str]:
    """The lines of a list of pictures, without blank ones.

    Raises:
        DatasetError: It cannot be read.
    """
    try:
        lines = read_text(path, _MAX_LIST_BYTES).splitlines()
    except AnnotationError as error:
        raise DatasetError(path, error.found, "a list of pictures, one path a line") from error
    return [line.strip() for line in lines if line.strip()]


def listed_path(path: Path, line: str) -> Path:
    """The picture that a line of a list names.

    "./" is relative to the list, as in ultralytics; without it ultralytics means the working folder.

    Raises:
        ValueError: No file can have this path.
    """
    here = stated_path(path.parent, line)
    return (path.parent / line if line.startswith("./") or here.exists() else Path(line)).absolute()


def read_labels(dataset: DatasetYaml, split: str, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read the pictures of one split with their boxes.

    A picture is left out and reported if the picture or one of its rows cannot be read, or one of its boxes cannot be
    placed in it: a face without its box would count as background.

    Args:
        dataset: The description.
        split: "train", "val" or "test".
        problems: Where everything that is wrong is reported.

    Yields:
        One AnnotatedImage for each picture, in sorted order: boxes in pixels of the picture as OpenCV shows it, as
        the file has them (they may reach past the edge), labelled with class names; polygons as bounding boxes;
        without boxes where the label file is empty or missing, as ultralytics has it.

    Raises:
        DatasetError: See `split_images`.
    """
    for picture in split_images(dataset, split):
        image = read_picture(picture, dataset.names, split, problems, dataset.kpt_shape)
        if image is not None:
            yield image


def read_picture(
    picture: Path,
    names: tuple[str, ...],
    split: str | None,
    problems: Problems,
    kpt_shape: tuple[int, int] | None = None,
) -> AnnotatedImage | None:
    """Read one picture's size and labels; see `read_labels`.

    Returns:
        The picture with its boxes, or None where it or its labels cannot be read, which is reported.
    """
    labels = label_path(picture)
    try:
        size = displayed_size(picture)
    except PictureError as error:
        problems.left_out("unreadable picture", picture, error.found)
        return None
    boxes = read_label_file(labels, names, Landmarks(kpt_shape), problems) if labels.is_file() else ()
    if boxes is None:
        return None
    placed = tuple(_in_pixels(box, size) for box in boxes)
    for number, box in enumerate(placed, start=1):
        if reason := unplaceable(box, size):
            value = f"({box.x1:g}, {box.y1:g}, {box.x2:g}, {box.y2:g}) in {size[0]} x {size[1]}"
            problems.left_out(reason, labels, value, "picture left out", object=number)
            return None
    return AnnotatedImage(picture, placed, size, labels, split)


def _in_pixels(box: Box, size: tuple[int, int]) -> Box:
    width, height = size
    return replace(box, x1=box.x1 * width, y1=box.y1 * height, x2=box.x2 * width, y2=box.y2 * height)


def _load_mapping(path: Path) -> dict[str, Any]:
    data = read_yaml(path, DatasetError, "a data.yaml with keys such as train, val and names", texts=True)
    if "val" not in data and "validation" in data:
        data["val"] = data["validation"]
    return data


def _entries(path: Path, split: str, data: dict[str, Any]) -> list[str]:
    value = data.get(split)
    entries = value if isinstance(value, list) else [] if value in (None, "") else [value]
    for entry in entries:
        if not isinstance(entry, str):
            raise DatasetError(path, f"{split}: a {type(entry).__name__}", "a path or a list of paths")
    return entries


def _places(path: Path, stated: object, entries: dict[str, list[str]]) -> tuple[Path, dict[str, tuple[Path, ...]]]:
    """The root, and the absolute paths of each split's entries."""
    if stated is not None and not isinstance(stated, str):
        raise DatasetError(path, f"path: a {type(stated).__name__}", "a folder")
    try:
        root = _root(path, home_expanded(stated or "."), [entry for found in entries.values() for entry in found])
        return root, {split: tuple(_resolve(root, entry) for entry in found) for split, found in entries.items()}
    except ValueError as error:
        raise DatasetError(
            path, f"its paths cannot be looked up ({error})", "folders, or .txt lists of pictures"
        ) from error


def _root(path: Path, stated: str, entries: list[str]) -> Path:
    """The folder that entries are relative to: the first candidate under which one of them exists.

    `path:` is written relative to the yaml, to the working folder, or to ultralytics' folder of all datasets; in the
    last case the yaml usually lies in the dataset itself.
    """
    candidates = [stated_path(path.parent, stated), stated_path(Path.cwd(), stated), stated_path(path.parent, ".")]
    for candidate in candidates:
        if any(_resolve(candidate, entry).exists() for entry in entries):
            return candidate
    return candidates[0]


def _resolve(root: Path, entry: str) -> Path:
    place = stated_path(root, entry)
    if not place.exists() and entry.startswith("../"):  # Roboflow's exports start one folder too high
        return stated_path(root, entry[3:])
    return place


def _listed_pictures(path: Path) -> Iterator[Path]:
    for line in read_list(path):
        if is_picture(Path(line)):
            try:
                yield listed_path(path, line)
            except ValueError:  # no file can have this name: it is reported as a picture that cannot be read
                yield path.parent / line
