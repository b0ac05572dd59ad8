"""Writing the files of a YOLO dataset."""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage, Box
from converters.conversion_record import grouped
from converters.folder_writing import names_in
from converters.labels import CLASS_NAMES
from converters.options import Link
from converters.picture_copies import place
from converters.pictures import CONVERSION_FILE, DATA_FILE, displayed_size
from converters.problems import Problems
from converters.split import SPLITS

_CLASS_IDS = {name: number for number, name in enumerate(CLASS_NAMES)}


def unique_names(images: Iterable[AnnotatedImage], problems: Problems) -> list[str]:
    """File names for the pictures, no two with the same stem: label files are found by it, in every split.

    Args:
        images: The pictures.
        problems: Where new names are recorded.

    Returns:
        A name for each picture: its own, or where that is taken, one with its suffix or its folder in it.
    """
    taken: set[str] = set()
    names = []
    for image in images:
        path = image.path
        suffix = image.written_suffix or path.suffix
        stems = [path.stem, f"{path.stem}_{path.suffix.lower().lstrip('.')}", f"{path.parent.name}_{path.stem}"]
        number = 2
        while (stem := stems.pop(0)).casefold() in taken:
            if not stems:
                stems.append(f"{path.stem}_{number}")
                number += 1
        taken.add(stem.casefold())
        names.append(f"{stem}{suffix}")
        if stem != path.stem:
            problems.repaired("name already taken", path, path.name, f"written as {names[-1]}")
    return names


def write_split(
    folder: Path,
    split: str,
    items: Sequence[tuple[str, AnnotatedImage]],
    link: Link,
    problems: Problems,
    on_picture: Callable[[], None],
) -> None:
    """Write one split's pictures, label files and COCO ground truth.

    Args:
        folder: The dataset's folder.
        split: "train", "val" or "test".
        items: File name and annotation of each picture: size set, boxes valid, labels class names.
        link: How pictures get into the folder.
        problems: Where a link that could not be made is noted.
        on_picture: Called after each picture.
    """
    images, labels = folder / "images" / split, folder / "labels" / split
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    for name, image in items:
        link = place(image, images / name, link, problems)
        size = image.size or displayed_size(image.path)
        text = "".join([label_line(box, _CLASS_IDS[box.label], size) for box in image.boxes])
        with open(f"{labels}/{name.rpartition('.')[0]}.txt", "w", encoding="ascii") as file:  # noqa: PTH123 (faster)
            file.write(text)
        on_picture()
    write_json(folder / "coco" / f"{split}.json", _coco(items), indent=None)


def write_data_yaml(folder: Path, splits: Iterable[str]) -> None:
    """Write data.yaml; it names no root, so that the dataset may be moved."""
    lines = [f"{split}: images/{split}\n" for split in SPLITS if split in splits]
    names = [f"  {number}: {name}\n" for number, name in enumerate(CLASS_NAMES)]
    (folder / DATA_FILE).write_text("".join([*lines, "names:\n", *names]), encoding="utf-8")


def write_json(path: Path, data: object, indent: int | None = 1) -> None:
    """Write JSON that people can read; what UTF-8 cannot express in a file name is escaped."""
    path.parent.mkdir(exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, indent=indent)
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def write_conversion_json(folder: Path, content: dict[str, Any]) -> None:
    """Write conversion.json, the last file of a dataset: what was done, and which files were written."""
    files = [name for name in names_in(folder) if not name.endswith("/")]
    write_json(folder / CONVERSION_FILE, {**content, "files": grouped([*files, CONVERSION_FILE])})


def label_line(box: Box, class_id: int, size: tuple[int, int]) -> str:
    """A box as a line of a YOLO label file, in a picture of size (width, height)."""
    width, height = size
    x, y = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
    return f"{class_id} {x:.6f} {y:.6f} {box.width / width:.6f} {box.height / height:.6f}\n"


def _coco(items: Sequence[tuple[str, AnnotatedImage]]) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, image) in enumerate(items, start=1):
        width, height = image.size or (0, 0)
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        for box in image.boxes:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": _CLASS_IDS[box.label],
                    "bbox": [round(value, 6) for value in (box.x1, box.y1, box.width, box.height)],
                    "area": round(box.width * box.height, 6),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": number, "name": name, "supercategory": "face"} for number, name in enumerate(CLASS_NAMES)]
    return {"images": images, "annotations": annotations, "categories": categories}
