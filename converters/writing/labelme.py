"""LabelMe: a folder for each split, with a JSON file beside each picture. LabelMe opens and corrects such a folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from converters.annotation import Box
from converters.split import SPLITS
from converters.writing.json_file import write_json
from converters.writing.writer import WrittenPicture

FOLDERS = frozenset(SPLITS)
FILES: frozenset[str] = frozenset()
PLAIN_NAMES = True
_VERSION = "5.5.0"  # of LabelMe, whose fields these are; it reads files of other versions too


def picture_folder(split: str) -> str:
    """The folder of a split's pictures."""
    return split


def write(folder: Path, pictures: Iterable[WrittenPicture]) -> None:
    """Write a JSON file beside each picture.

    Args:
        folder: The dataset's folder.
        pictures: See `Writer`.
    """
    for picture in pictures:
        write_json(folder / picture.split / f"{picture.stem}.json", _document(picture), indent=2)


def _document(picture: WrittenPicture) -> dict[str, Any]:
    width, height = picture.size
    return {
        "version": _VERSION,
        "flags": {},
        "shapes": [_shape(box) for box in picture.boxes],
        "imagePath": picture.name,
        "imageData": None,  # LabelMe then reads the picture itself
        "imageHeight": height,
        "imageWidth": width,
    }


def _shape(box: Box) -> dict[str, Any]:
    corners = [[round(box.x1, 6), round(box.y1, 6)], [round(box.x2, 6), round(box.y2, 6)]]
    return {
        "label": box.label,
        "points": corners,
        "group_id": None,
        "description": "",
        "shape_type": "rectangle",
        "flags": {},
        "mask": None,
    }
