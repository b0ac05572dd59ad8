"""YOLO: data.yaml, pictures and label files for ultralytics, and the same boxes as COCO ground truth."""

import os
from collections.abc import Iterable
from pathlib import Path

from converters.annotation import Box
from converters.file_search import DATA_FILE
from converters.labels import CLASS_NAMES
from converters.split import SPLITS
from converters.writing import coco
from converters.writing.json_file import write_lists
from converters.writing.writer import WrittenPicture

FOLDERS = frozenset(f"{kind}/{split}" for kind in ("images", "labels") for split in SPLITS)
FILES = frozenset({DATA_FILE, *(f"coco/{split}.json" for split in SPLITS)})
PLAIN_NAMES = False
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
_CLASS_IDS = {name: number for number, name in enumerate(CLASS_NAMES)}
_ALWAYS = ("train", "val")  # ultralytics wants them named in data.yaml, even where there is nothing in them


def picture_folder(split: str) -> str:
    """The folder of a split's pictures."""
    return f"images/{split}"


def write(folder: Path, pictures: Iterable[WrittenPicture]) -> None:
    """Write a label file for each picture, COCO ground truth for each split, and data.yaml.

    Args:
        folder: The dataset's folder.
        pictures: See `Writer`.
    """
    by_split: dict[str, list[WrittenPicture]] = {split: [] for split in _ALWAYS}
    for split in SPLITS:
        (folder / "labels" / split).mkdir(parents=True)
    for picture in pictures:
        by_split.setdefault(picture.split, []).append(picture)
        text = "".join([label_line(box, _CLASS_IDS[box.label], picture.size) for box in picture.boxes])
        name = f"{folder}/labels/{picture.split}/{picture.stem}.txt"
        file = os.open(name, _NEW)  # faster than `open`, of which there would be one for each picture
        try:
            os.write(file, text.encode("ascii"))
        finally:
            os.close(file)
    if "test" not in by_split:
        (folder / "labels/test").rmdir()
    for split, members in by_split.items():
        (folder / picture_folder(split)).mkdir(parents=True, exist_ok=True)
        write_lists(folder / "coco" / f"{split}.json", {}, coco.lists(members, first_id=0))
    write_data_yaml(folder, by_split)


def write_data_yaml(folder: Path, splits: Iterable[str]) -> None:
    """Write data.yaml; it names no root, so that the dataset may be moved."""
    lines = [f"{split}: images/{split}\n" for split in SPLITS if split in splits]
    names = [f"  {number}: {name}\n" for number, name in enumerate(CLASS_NAMES)]
    (folder / DATA_FILE).write_text("".join([*lines, "names:\n", *names]), encoding="utf-8")


def label_line(box: Box, class_id: int, size: tuple[int, int]) -> str:
    """A box as a line of a YOLO label file, in a picture of size (width, height)."""
    width, height = size
    x, y = (box.x1 + box.x2) / 2 / width, (box.y1 + box.y2) / 2 / height
    return f"{class_id} {x:.6f} {y:.6f} {box.width / width:.6f} {box.height / height:.6f}\n"
