"""ultralytics' dataset with labels read by `converters.formats.yolo`."""
# ruff: noqa: E402  (the switches must be set before ultralytics is imported)

from detector.libraries import import_ultralytics

import_ultralytics()

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ultralytics.data.dataset import YOLODataset

from converters.annotation import AnnotatedImage
from converters.formats.yolo import DatasetYaml, load_dataset_yaml, read_labels
from converters.problems import Problems
from detector.training.label_corrections import LabelCorrections, fill, read_label_corrections


class LabelledDataset(YOLODataset):  # type: ignore[misc]  # ultralytics has no types
    """One split of a dataset, with labels read by `converters.formats.yolo`.

    The training split is corrected by the file that the data.yaml names as `label_corrections`.

    Args:
        split: "train" or "val".
    """

    im_files: list[str]

    def __init__(self, *args: Any, split: str, **kwargs: Any) -> None:
        self.split = split
        self._regions: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        super().__init__(*args, **kwargs)

    def get_img_files(self, img_path: str) -> list[str]:
        """The pictures that a list names, sorted. `BaseDataset` drops those with suffixes that it does not know."""
        files = sorted(Path(img_path).read_text(encoding="utf-8").splitlines())
        share = self.fraction if isinstance(self.fraction, int) else max(1, round(len(files) * self.fraction))
        return files[:share]

    def get_labels(self) -> list[dict[str, Any]]:
        """The labels of `im_files`, in ultralytics' form (xywh as fractions of the picture)."""
        dataset = load_dataset_yaml(Path(self.data["yaml_file"]))
        corrections = self._corrections(dataset)
        class_ids = {name: class_id for class_id, name in enumerate(dataset.names)}
        images = {str(image.path): corrections.apply(image) for image in read_labels(dataset, self.split, Problems())}
        for file, image in images.items():
            if ignored := corrections.ignored(image):
                self._regions[file] = _fractions(replace(image, boxes=tuple(ignored))), _fractions(image)
        self.im_files = [file for file in self.im_files if file in images]
        return [ultralytics_label(images[file], class_ids) for file in self.im_files]

    def _corrections(self, dataset: DatasetYaml) -> LabelCorrections:
        file = self.data.get("label_corrections")
        if self.split != "train" or not file:
            return LabelCorrections()
        return read_label_corrections(dataset.path.parent / file, dataset.names)

    def load_image(self, i: int, *args: Any, **kwargs: Any) -> tuple[Any, tuple[int, int], tuple[int, int]]:
        """Load an image of `im_files` without the regions that are ignored; see `BaseDataset`."""
        image, original, resized = super().load_image(i, *args, **kwargs)
        return self.without_ignored(self.im_files[i], image), original, resized

    def without_ignored(self, file: str, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Make the regions of an image grey that are not to be trained on.

        Args:
            file: The path of the image.
            image: (H, W, C), of any size; changed in place.
        """
        if file in self._regions:
            fill(image, *self._regions[file])
        return image


def ultralytics_label(image: AnnotatedImage, class_ids: dict[str, int]) -> dict[str, Any]:
    """The labels of one picture in ultralytics' form.

    Raises:
        ValueError: Its size is unknown.
    """
    xyxy = _fractions(image)
    xywh = np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    return {
        "im_file": str(image.path),
        "shape": image.size and image.size[::-1],
        "cls": np.array([class_ids[box.label] for box in image.boxes], np.float32).reshape(-1, 1),
        "bboxes": xywh,
        "segments": [],
        "keypoints": None,
        "normalized": True,
        "bbox_format": "xywh",
    }


def _fractions(image: AnnotatedImage) -> NDArray[np.float32]:
    """The corners of its boxes as fractions of the picture, clipped to it: (N, 4)."""
    if image.size is None:
        raise ValueError(f"{image.path}: size unknown")
    xyxy = np.array([(box.x1, box.y1, box.x2, box.y2) for box in image.boxes], np.float32).reshape(-1, 4)
    clipped: NDArray[np.float32] = np.clip(xyxy / np.array([*image.size, *image.size], np.float32), 0, 1)
    return clipped
