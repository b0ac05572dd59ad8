"""Pascal VOC: `JPEGImages/`, `Annotations/` with the fields that labelImg writes, `ImageSets/Main/` with the splits."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import Box
from converters.split import SPLITS
from converters.writing.writer import WrittenPicture, number

if TYPE_CHECKING:
    from lxml.etree import _Element

_PICTURES, _ANNOTATIONS, _SPLITS = "JPEGImages", "Annotations", "ImageSets/Main"
FOLDERS = frozenset({_PICTURES, _ANNOTATIONS})
FILES = frozenset(f"{_SPLITS}/{split}.txt" for split in SPLITS)
PLAIN_NAMES = True


def picture_folder(split: str) -> str:
    """The folder of the pictures, one for all splits."""
    return _PICTURES


def write(folder: Path, pictures: Iterable[WrittenPicture]) -> None:
    """Write an XML file for each picture, and a list of names for each split.

    Args:
        folder: The dataset's folder.
        pictures: See `Writer`.
    """
    from lxml import etree

    for name in (_ANNOTATIONS, _SPLITS):
        (folder / name).mkdir(parents=True)
    stems: dict[str, list[str]] = {}
    for picture in pictures:
        stems.setdefault(picture.split, []).append(picture.stem)
        text = etree.tostring(_annotation(picture), encoding="utf-8", pretty_print=True)
        (folder / _ANNOTATIONS / f"{picture.stem}.xml").write_bytes(text)
    for split, names in stems.items():
        (folder / _SPLITS / f"{split}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def _annotation(picture: WrittenPicture) -> "_Element":
    from lxml.builder import E

    width, height = picture.size
    return E.annotation(
        E.folder(_PICTURES),
        E.filename(picture.name),
        E.source(E.database("Unknown")),
        E.size(E.width(str(width)), E.height(str(height)), E.depth("3")),
        E.segmented("0"),
        *(_object(box, picture.size) for box in picture.boxes),
    )


def _object(box: Box, size: tuple[int, int]) -> "_Element":
    from lxml.builder import E

    truncated = box.x1 <= 0 or box.y1 <= 0 or box.x2 >= size[0] or box.y2 >= size[1]
    return E.object(
        E.name(box.label),
        E.pose("Unspecified"),
        E.truncated(str(int(truncated))),
        E.difficult("0"),
        E.bndbox(E.xmin(number(box.x1)), E.ymin(number(box.y1)), E.xmax(number(box.x2)), E.ymax(number(box.y2))),
    )
