"""COCO JSON: `images/` and one `annotations/instances_SPLIT.json` for each split, as CVAT and Datumaro lay it out."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from converters.labels import CLASS_NAMES
from converters.split import SPLITS
from converters.writing.json_file import write_json
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
        write_json(folder / "annotations" / f"instances_{split}.json", {**head, **document(members)}, indent=None)


def document(pictures: Sequence[WrittenPicture], first_id: int = 1) -> dict[str, Any]:
    """COCO's images, annotations and categories of some pictures.

    Args:
        pictures: The pictures.
        first_id: Id of the first class. COCO's own ids start at 1.
    """
    class_ids = {name: number for number, name in enumerate(CLASS_NAMES, start=first_id)}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, picture in enumerate(pictures, start=1):
        width, height = picture.size
        images.append({"id": number, "file_name": picture.name, "width": width, "height": height})
        for box in picture.boxes:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": class_ids[box.label],
                    "bbox": [round(value, 6) for value in (box.x1, box.y1, box.width, box.height)],
                    "area": round(box.width * box.height, 6),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": class_ids[name], "name": name, "supercategory": "face"} for name in CLASS_NAMES]
    return {"images": images, "annotations": annotations, "categories": categories}
