"""YOLO txt: a data.yaml, its pictures and their label files; any detection dataset that ultralytics can train on."""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.errors import DatasetError, PictureError
from converters.pictures import displayed_size, find_pictures, is_picture
from converters.problems import Problems
from converters.split import SPLITS
from converters.yaml_file import read_yaml

_MAX_CLASSES = 100_000  # of a data.yaml that has `nc` and no names


@dataclass(frozen=True, slots=True)
class DatasetYaml:
    """An ultralytics dataset description.

    Attributes:
        path: The yaml file.
        root: The folder that its entries are relative to.
        names: Class names; a class's position is its id.
        splits: For each split that the file names, its folders and .txt lists of pictures.
    """

    path: Path
    root: Path
    names: tuple[str, ...]
    splits: dict[str, tuple[Path, ...]]


def load_dataset_yaml(path: Path) -> DatasetYaml:
    """Read a data.yaml the way ultralytics resolves it, without ever running its `download:` entry.

    Args:
        path: The yaml file.

    Returns:
        The description, every path absolute. Whether the folders exist is checked when they are read.

    Raises:
        DatasetError: The file is missing, is not YAML, or its entries make no sense.
    """
    path = Path(path).absolute()
    data = _load_mapping(path)
    entries = {split: _entries(path, split, data) for split in SPLITS}
    entries = {split: found for split, found in entries.items() if found}
    if not entries:
        raise DatasetError(path, "none of the keys train, val and test", "at least one, naming a folder of pictures")
    root, splits = _places(path, data.get("path"), entries)
    return DatasetYaml(path, root, _names(path, data), splits)


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


def label_path(picture: Path) -> Path:
    """Where ultralytics looks for a picture's labels: the last folder `images` becomes `labels`, the suffix .txt."""
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def read_labels(dataset: DatasetYaml, split: str, problems: Problems) -> Iterator[AnnotatedImage]:
    """Read the pictures of one split with their boxes.

    A picture is left out and reported if the picture or one of its rows cannot be read: a face without its box would
    count as background.

    Args:
        dataset: The description.
        split: "train", "val" or "test".
        problems: Where everything that is wrong is reported.

    Yields:
        One AnnotatedImage for each picture, in sorted order: boxes in pixels of the picture as OpenCV shows it, as
        the file has them (they may reach past the edge), labelled with class names; polygons as bounding boxes;
        without boxes where the label file is empty or missing.

    Raises:
        DatasetError: See `split_images`.
    """
    for picture in split_images(dataset, split):
        image = read_picture(picture, dataset.names, split, problems)
        if image is not None:
            yield image


def read_picture(picture: Path, names: tuple[str, ...], split: str | None, problems: Problems) -> AnnotatedImage | None:
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
    boxes = _read_boxes(labels, names, size, problems) if labels.is_file() else ()
    return None if boxes is None else AnnotatedImage(picture, boxes, size, labels, split)


def _read_boxes(
    path: Path, names: tuple[str, ...], size: tuple[int, int], problems: Problems
) -> tuple[Box, ...] | None:
    try:
        rows = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.left_out("unreadable annotation file", path, error)
        return None
    boxes = []
    for number, row in enumerate((row for row in rows if row.strip()), start=1):
        try:
            boxes.append(_parse_row(row.split(), names, size))
        except ValueError as error:
            problems.left_out("malformed row", path, f"{row[:80]!r}: {error}", "picture left out", object=number)
            return None
    return tuple(boxes)


def _parse_row(fields: list[str], names: tuple[str, ...], size: tuple[int, int]) -> Box:
    values = [float(field) for field in fields]
    if not all(math.isfinite(value) for value in values):
        raise ValueError("not a finite number")
    if len(values) != 5 and (len(values) < 7 or len(values) % 2 == 0):
        raise ValueError(f"{len(values)} columns, expected 5 (a box) or an odd number from 7 (a polygon)")
    class_id = int(values[0])
    if class_id != values[0] or not 0 <= class_id < len(names):
        raise ValueError(f"class {fields[0]}, expected 0 to {len(names) - 1}")
    width, height = size
    if len(values) == 5:
        _, x, y, w, h = values
        if w < 0 or h < 0:
            raise ValueError("negative width or height")
        x1, y1, x2, y2 = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    else:
        xs, ys = values[1::2], values[2::2]
        x1, y1, x2, y2 = min(xs), min(ys), max(xs), max(ys)
    return Box(x1 * width, y1 * height, x2 * width, y2 * height, names[class_id])


def _load_mapping(path: Path) -> dict[str, Any]:
    data = read_yaml(path, DatasetError, "a data.yaml with keys such as train, val and names")
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
    try:
        root = _root(path, stated, [entry for found in entries.values() for entry in found])
        return root, {split: tuple(_resolve(root, entry) for entry in found) for split, found in entries.items()}
    except (OSError, ValueError, RuntimeError) as error:  # a name too long, a null byte, ~ of an unknown user
        raise DatasetError(
            path, f"its paths cannot be looked up ({_short(error)})", "folders, or .txt lists"
        ) from error


def _names(path: Path, data: dict[str, Any]) -> tuple[str, ...]:
    names, count = data.get("names"), data.get("nc")
    if names is None and isinstance(count, int) and count > _MAX_CLASSES:
        raise DatasetError(path, f"nc: {_short(count)}", f"at most {_MAX_CLASSES:,} classes")
    if names is None and isinstance(count, int) and count > 0:
        names = [f"class_{index}" for index in range(count)]
    if isinstance(names, dict):
        try:
            by_id = {int(key): name for key, name in names.items()}
        except (TypeError, ValueError, OverflowError):
            raise DatasetError(path, "names: keys that are no ids", "0, 1, 2, ...") from None
        if sorted(by_id) != list(range(len(names))):
            raise DatasetError(path, f"names: ids {_short(sorted(by_id))}", f"0 to {len(names) - 1} without gaps")
        names = [by_id[index] for index in range(len(by_id))]
    if not isinstance(names, list) or not names:
        raise DatasetError(path, "names: no class names", "a list, or id: name")
    if not all(isinstance(name, str | int | float) for name in names):
        raise DatasetError(path, "names: an entry that is no word", "a list of words, or id: word")
    if count is not None and str(count) != str(len(names)):
        raise DatasetError(path, f"nc: {_short(count)} but {len(names)} names", "the two to agree")
    names = [str(name) for name in names]
    if len(set(names)) != len(names):
        raise DatasetError(path, f"names: {_short(names)}", "each class name once")
    return tuple(names)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:100]}..."


def _root(path: Path, stated: object, entries: list[str]) -> Path:
    """The folder that entries are relative to: the first candidate under which one of them exists.

    `path:` is written relative to the yaml, to the working folder, or to ultralytics' folder of all datasets; in the
    last case the yaml usually lies in the dataset itself.
    """
    if stated is not None and not isinstance(stated, str):
        raise DatasetError(path, f"path: a {type(stated).__name__}", "a folder")
    folder = Path(stated or ".").expanduser()
    candidates = [path.parent / folder, Path.cwd() / folder, path.parent]
    for candidate in candidates:
        if any(_resolve(candidate, entry).exists() for entry in entries):
            return candidate.resolve()
    return candidates[0].resolve()


def _resolve(root: Path, entry: str) -> Path:
    place = (root / entry).resolve()
    if not place.exists() and entry.startswith("../"):  # Roboflow's exports start one folder too high
        return (root / entry[3:]).resolve()
    return place


def _listed_pictures(path: Path) -> Iterator[Path]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(path, f"cannot be read ({error})", "a list of pictures, one path a line") from error
    for line in filter(None, (line.strip() for line in lines)):
        if is_picture(Path(line)):
            # "./" is relative to the list, as in ultralytics; without it ultralytics means the working folder.
            # os.path.exists is False, not an exception, for a line that is too long to be a path.
            here = path.parent / line
            yield (here if line.startswith("./") or os.path.exists(here) else Path(line)).absolute()  # noqa: PTH110
