"""ultralytics' dataset with labels read by `converters.formats.yolo`."""
# ruff: noqa: E402  (the switches must be set before ultralytics is imported)

from detector.libraries import import_ultralytics

import_ultralytics()

from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.data.dataset import YOLODataset

from converters.annotation import AnnotatedImage
from converters.formats.yolo import load_dataset_yaml, read_labels
from converters.problems import Problems


class LabelledDataset(YOLODataset):  # type: ignore[misc]  # ultralytics has no types
    """One split of a dataset, with labels read by `converters.formats.yolo`.

    Args:
        split: "train" or "val".
    """

    im_files: list[str]

    def __init__(self, *args: Any, split: str, **kwargs: Any) -> None:
        self.split = split
        super().__init__(*args, **kwargs)

    def get_labels(self) -> list[dict[str, Any]]:
        """The labels of `im_files`, in ultralytics' form (xywh as fractions of the picture)."""
        dataset = load_dataset_yaml(Path(self.data["yaml_file"]))
        class_ids = {name: class_id for class_id, name in enumerate(dataset.names)}
        images = {str(image.path): image for image in read_labels(dataset, self.split, Problems())}
        self.im_files = [file for file in self.im_files if file in images]
        return [ultralytics_label(images[file], class_ids) for file in self.im_files]


def ultralytics_label(image: AnnotatedImage, class_ids: dict[str, int]) -> dict[str, Any]:
    """The labels of one picture in ultralytics' form.

    Raises:
        ValueError: Its size is unknown.
    """
    if image.size is None:
        raise ValueError(f"{image.path}: size unknown")
    width, height = image.size
    xyxy = np.array([(box.x1, box.y1, box.x2, box.y2) for box in image.boxes], np.float32).reshape(-1, 4)
    xyxy = np.clip(xyxy / np.array([width, height, width, height], np.float32), 0, 1)
    xywh = np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    return {
        "im_file": str(image.path),
        "shape": (height, width),
        "cls": np.array([class_ids[box.label] for box in image.boxes], np.float32).reshape(-1, 1),
        "bboxes": xywh,
        "segments": [],
        "keypoints": None,
        "normalized": True,
        "bbox_format": "xywh",
    }
