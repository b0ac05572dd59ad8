"""Ground truth: the pictures of a split and their `labels/`."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage
from converters.formats.yolo import DatasetYaml, read_labels, split_images
from converters.problems import Problems


@dataclass(frozen=True, slots=True, eq=False)
class TruthImage:
    """A picture and its faces.

    Attributes:
        id: COCO image id: the picture's place in the split, from 1.
        path: The file.
        file_name: Its name inside the split, as in COCO files.
        width: In pixels, as displayed.
        height: In pixels, as displayed.
        xyxy: float64 (N, 4), pixels, inside the picture.
        class_id: int64 (N,).
    """

    id: int
    path: Path
    file_name: str
    width: int
    height: int
    xyxy: NDArray[np.float64]
    class_id: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """The annotated pictures of one split.

    Attributes:
        names: Class names by class id.
        images: In the order of their ids.
    """

    names: tuple[str, ...]
    images: tuple[TruthImage, ...]

    def without(self, paths: set[str]) -> "GroundTruth":
        """The ground truth without some pictures."""
        return replace(self, images=tuple(image for image in self.images if str(image.path) not in paths))

    def crowds(self, faces: int) -> "GroundTruth":
        """Only the pictures with at least so many faces."""
        return replace(self, images=tuple(image for image in self.images if len(image.xyxy) >= faces))

    def to_coco(self) -> dict[str, Any]:
        """The truth as a COCO dataset; category ids are class ids, annotation ids start at 1 and follow the images."""
        boxes = [(i, box, label) for i in self.images for box, label in zip(i.xyxy, i.class_id, strict=True)]
        return {
            "images": [
                {"id": image.id, "file_name": image.file_name, "width": image.width, "height": image.height}
                for image in self.images
            ],
            "annotations": [
                _annotation(number, image.id, int(class_id), box)
                for number, (image, box, class_id) in enumerate(boxes, start=1)
            ],
            "categories": [{"id": class_id, "name": name} for class_id, name in enumerate(self.names)],
        }


def load_ground_truth(dataset: DatasetYaml, split: str, problems: Problems) -> GroundTruth:
    """Read a split's pictures (their headers) and labels.

    Args:
        dataset: The dataset.
        split: "train", "val" or "test".
        problems: Receives what was repaired and what had to be left out.

    Returns:
        The truth, possibly without any picture where all had to be left out.

    Raises:
        DatasetError: The dataset has no such split, or no pictures in it.
    """
    ids = {path: number for number, path in enumerate(split_images(dataset, split), start=1)}
    base = _base_folder(dataset, split)
    images = [
        _truth_image(annotated, dataset.names, ids[annotated.path], base, problems)
        for annotated in read_labels(dataset, split, problems)
    ]
    return GroundTruth(dataset.names, tuple(images))


def _base_folder(dataset: DatasetYaml, split: str) -> Path:
    """The folder that file names are relative to: that of the split, as in our COCO files, or that of the dataset."""
    places = dataset.splits[split]
    return places[0] if len(places) == 1 and places[0].is_dir() else dataset.root


def _truth_image(
    annotated: AnnotatedImage, names: tuple[str, ...], number: int, base: Path, problems: Problems
) -> TruthImage:
    if annotated.size is None:
        raise ValueError(f"{annotated.path}: labels were read without the picture's size")
    width, height = annotated.size
    path = annotated.path
    file_name = path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()
    kept: dict[tuple[float, float, float, float, int], None] = {}
    for row, box in enumerate(annotated.boxes, start=1):
        # Boxes are clipped to the picture, because detections are clipped too.
        x1, x2 = (min(max(x, 0.0), width) for x in (box.x1, box.x2))
        y1, y2 = (min(max(y, 0.0), height) for y in (box.y1, box.y2))
        face = (x1, y1, x2, y2, names.index(box.label))
        if face in kept:
            problems.repaired("duplicate box", annotated.annotation, box, "counted once", row)
        else:
            kept[face] = None
    xyxy = np.array([face[:4] for face in kept], np.float64).reshape(-1, 4)
    class_id = np.array([face[4] for face in kept], np.int64)
    return TruthImage(number, path, file_name, width, height, xyxy, class_id)


def _annotation(number: int, image_id: int, class_id: int, xyxy: NDArray[np.float64]) -> dict[str, Any]:
    x1, y1, x2, y2 = xyxy.tolist()
    # A label file has six decimals, which make 15.9999 px of a 16 px face. Without rounding it would be counted in
    # another size group.
    area = round(round(x2 - x1, 2) * round(y2 - y1, 2), 3)
    return {
        "id": number,
        "image_id": image_id,
        "category_id": class_id,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": area,
        "iscrowd": 0,
    }
