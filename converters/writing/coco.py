"""COCO JSON: `images/` and one `annotations/instances_SPLIT.json` for each split, as CVAT and Datumaro lay it out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from converters.labels import CLASS_NAMES
from converters.split import SPLITS
from converters.writing.json_file import write_lists
from converters.writing.writer import WrittenPicture

FOLDERS = frozenset(f"images/{split}" for split in SPLITS)
FILES = frozenset(f"annotations/instances_{split}.json" for split in SPLITS)
PLAIN_NAMES = True


def picture_folder(split: str) -> str:
    """The folder of a split's pictures."""
    return f"images/{split}"


def write(folder: Path, pictures: Iterable[WrittenPicture]) -> None:
    """Write one JSON file for each split that has pictures.

    Args:
        folder: The dataset's folder.
        pictures: See `Writer`.
    """
    by_split: dict[str, list[WrittenPicture]] = {}
    for picture in pictures:
        by_split.setdefault(picture.split, []).append(picture)
    for split, members in by_split.items():
        head = {"info": {"description": split}, "licenses": []}
        write_lists(folder / "annotations" / f"instances_{split}.json", head, lists(members))


def lists(pictures: Sequence[WrittenPicture], first_id: int = 1) -> dict[str, Iterable[dict[str, Any]]]:
    """COCO's images, annotations and categories of some pictures.

    Args:
        pictures: The pictures.
        first_id: Id of the first class. COCO's own ids start at 1.
    """
    class_ids = {name: number for number, name in enumerate(CLASS_NAMES, start=first_id)}
    categories = [{"id": class_ids[name], "name": name, "supercategory": "face"} for name in CLASS_NAMES]
    return {"images": _images(pictures), "annotations": _annotations(pictures, class_ids), "categories": categories}


def _images(pictures: Iterable[WrittenPicture]) -> Iterator[dict[str, Any]]:
    for number, picture in enumerate(pictures, start=1):
        width, height = picture.size
        yield {"id": number, "file_name": picture.name, "width": width, "height": height}


def _annotations(pictures: Iterable[WrittenPicture], class_ids: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    boxes = ((number, box) for number, picture in enumerate(pictures, start=1) for box in picture.boxes)
    for number, (image_id, box) in enumerate(boxes, start=1):
        width, height = box.width, box.height
        yield {
            "id": number,
            "image_id": image_id,
            "category_id": class_ids[box.label],
            "bbox": [round(box.x1, 6), round(box.y1, 6), round(width, 6), round(height, 6)],
            "area": round(width * height, 6),
            "iscrowd": 0,
        }
