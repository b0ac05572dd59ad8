"""CVAT for images 1.1: `annotations.xml` and `images/SPLIT/`, as CVAT exports a project."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import Box
from converters.labels import CLASS_NAMES
from converters.split import SPLITS
from converters.writing.writer import WrittenPicture, number

if TYPE_CHECKING:
    from lxml.etree import _Element

_FILE = "annotations.xml"
FOLDERS = frozenset(f"images/{split}" for split in SPLITS)
FILES = frozenset({_FILE})
PLAIN_NAMES = True


def picture_folder(split: str) -> str:
    """The folder of a split's pictures."""
    return f"images/{split}"


def write(folder: Path, pictures: Iterable[WrittenPicture]) -> None:
    """Write annotations.xml, picture by picture: it is never in memory as a whole.

    Args:
        folder: The dataset's folder.
        pictures: See `Writer`.
    """
    from lxml import etree

    with etree.xmlfile(str(folder / _FILE), encoding="utf-8") as file:
        file.write_declaration()
        with file.element("annotations"):
            file.write("\n", _version(), _meta(), pretty_print=True)
            for index, picture in enumerate(pictures):
                file.write(_image(index, picture), pretty_print=True)


def _version() -> "_Element":
    from lxml.builder import E

    return E.version("1.1")


def _meta() -> "_Element":
    from lxml.builder import E

    labels = (E.label(E.name(label), E.type("rectangle"), E.attributes()) for label in CLASS_NAMES)
    return E.meta(E.project(E.labels(*labels)))


def _image(index: int, picture: WrittenPicture) -> "_Element":
    from lxml.builder import E

    width, height = map(str, picture.size)
    attributes = {"id": str(index), "name": picture.name, "subset": picture.split, "width": width, "height": height}
    return E.image(attributes, *map(_box, picture.boxes))


def _box(box: Box) -> "_Element":
    from lxml.builder import E

    edges = dict(zip(("xtl", "ytl", "xbr", "ybr"), map(number, (box.x1, box.y1, box.x2, box.y2)), strict=True))
    return E.box({"label": box.label, "source": "manual", "occluded": "0", **edges, "z_order": "0"})
