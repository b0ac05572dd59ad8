"""The training split with close-ups, collages, roll and degradation drawn anew each time an image is used."""
# ruff: noqa: E402  (the switches must be set before ultralytics is imported)

from detector.libraries import import_ultralytics

import_ultralytics()

import random
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import get_worker_info
from ultralytics.utils.patches import imread

from converters.formats.yolo import load_dataset_yaml, read_picture
from converters.problems import Problems
from detector.augmentation.close_ups import close_up, random_border
from detector.augmentation.collages import choose_grid, collage
from detector.augmentation.degradation import degrade
from detector.augmentation.sample import Image, Sample, resized, rolled
from detector.augmentation.settings import Augmentation
from detector.training.labelled import LabelledDataset, ultralytics_label

_SMALLEST_FACE = 20  # pixels of its longer side: a close-up of a smaller one shows nothing but blur
_CACHE_BYTES = 1 << 30  # of decoded images, in all loader processes together


class AugmentedDataset(LabelledDataset):
    """A training split whose images are drawn anew each time; see `Augmentation`.

    Its settings are under `augmentation` in the data.yaml, with the list of thumbnails as `thumbnails`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "rect": False})
        self._augmentation = Augmentation.from_dict(self.data["augmentation"])
        self._images = _ImageCache(_CACHE_BYTES, self.without_ignored)
        self._faces = _Faces(self.im_files, self.labels)
        self._thumbnails = _Thumbnails(self._read_thumbnails())
        self.buffer = range(self.ni)  # mosaics choose from all images, not from those that happen to be in memory

    def _read_thumbnails(self) -> list[dict[str, Any]]:
        if not self.data.get("thumbnails"):
            return []
        dataset = load_dataset_yaml(Path(self.data["yaml_file"]))
        paths = map(Path, (dataset.path.parent / self.data["thumbnails"]).read_text(encoding="utf-8").splitlines())
        images = [read_picture(path, dataset.names, "train", Problems(), dataset.kpt_shape) for path in paths]
        class_ids = {name: class_id for class_id, name in enumerate(dataset.names)}
        return [ultralytics_label(image, class_ids) for image in images if image is not None and image.boxes]

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """One image with its boxes, in ultralytics' form, its longer side `imgsz` pixels.

        Args:
            index: The image that is used if neither a close-up nor a collage is drawn.
        """
        chance = random.Random(random.getrandbits(64))  # noqa: S311  (not a secret; ultralytics seeds the global one)
        sample = self._draw(index, chance)
        if max(sample.size) > self.imgsz:
            sample = resized(sample, self.imgsz)  # first: the cost of what follows grows with the pixels
        if chance.random() < self._augmentation.degrade:
            sample = Sample(degrade(sample.image, chance), sample.xyxy, sample.classes)
        return self._as_label(index, resized(sample, self.imgsz))

    def _draw(self, index: int, chance: random.Random) -> Sample:
        kind, wanted = chance.random(), self._augmentation
        crop = self._close_up(chance) if kind < wanted.close_ups else None
        if crop is not None:
            return crop
        if wanted.close_ups <= kind < wanted.close_ups + wanted.collages and self._thumbnails:
            return self._collage(chance)
        sample = self._load(self.labels[index])
        if chance.random() < wanted.roll:
            sample = rolled(sample, chance.uniform(-wanted.most_roll, wanted.most_roll), random_border(chance))
        return sample

    def _close_up(self, chance: random.Random) -> Sample | None:
        if not self._faces:
            return None
        number, face = self._faces.choose(chance)
        return close_up(self._load(self.labels[number]), face, chance)

    def _collage(self, chance: random.Random) -> Sample:
        grid = choose_grid(chance)
        labels = self._thumbnails.choose(grid**2, chance)
        return collage([self._load(label) for label in labels], grid, self.imgsz, chance)

    def _load(self, label: dict[str, Any]) -> Sample:
        image = self._images.read(label["im_file"])
        return Sample(image, _pixels(label, (image.shape[1], image.shape[0])), label["cls"][:, 0].astype(np.int64))

    def _as_label(self, index: int, sample: Sample) -> dict[str, Any]:
        width, height = sample.size
        xyxy = np.clip(sample.xyxy / [width, height, width, height], 0, 1).astype(np.float32)
        label: dict[str, Any] = {
            "im_file": self.im_files[index],
            "cls": sample.classes.astype(np.float32).reshape(-1, 1),
            "bboxes": np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1),
            "segments": [],
            "keypoints": None,
            "normalized": True,
            "bbox_format": "xywh",
            "img": np.ascontiguousarray(sample.image),
            "ori_shape": (height, width),
            "resized_shape": (height, width),
            "ratio_pad": (1.0, 1.0),
        }
        updated: dict[str, Any] = self.update_labels_info(label)
        return updated


def _pixels(label: dict[str, Any], size: tuple[int, int]) -> NDArray[np.float64]:
    """The boxes of a label, xyxy float64 (N, 4), in pixels of an image of that (width, height)."""
    centres, extents = label["bboxes"][:, :2].astype(np.float64), label["bboxes"][:, 2:].astype(np.float64)
    xyxy: NDArray[np.float64] = np.hstack([centres - extents / 2, centres + extents / 2]) * np.array([*size, *size])
    return xyxy


class _ImageCache:
    """Decoded images, the most recently used ones kept up to a number of bytes.

    Args:
        limit: The number of bytes.
        change: Called with the path and the image once it is decoded; gives the image that is kept.
    """

    def __init__(self, limit: int, change: Callable[[str, Image], Image] = lambda path, image: image) -> None:
        self._limit, self._used = limit, 0
        self._change = change
        self._images: OrderedDict[str, Image] = OrderedDict()

    def read(self, path: str) -> Image:
        """BGR uint8 (H, W, 3); not to be written to.

        Raises:
            FileNotFoundError: It cannot be read.
        """
        if path in self._images:
            self._images.move_to_end(path)
            return self._images[path]
        image = imread(path)
        if image is None:
            raise FileNotFoundError(f"{path}: not readable")
        image = self._change(path, np.asarray(image, np.uint8))
        self._images[path] = image
        self._used += image.nbytes
        while self._used * _loaders() > self._limit and len(self._images) > 1:
            self._used -= self._images.popitem(last=False)[1].nbytes
        return image


def _loaders() -> int:
    """The number of processes that load images; each has its own cache."""
    worker = get_worker_info()
    return worker.num_workers if worker else 1


class _Faces:
    """The faces that close-ups are made of; those of rare classes are chosen more often."""

    def __init__(self, files: Sequence[str], labels: Sequence[dict[str, Any]]) -> None:
        first = {file: number for number, file in reversed(list(enumerate(files)))}  # repeats count once
        self._faces = [(number, face) for number in first.values() for face in _large_enough(labels[number])]
        classes = [int(labels[number]["cls"][face, 0]) for number, face in self._faces]
        self._weights = _rarity(classes)

    def __bool__(self) -> bool:
        return bool(self._faces)

    def choose(self, chance: random.Random) -> tuple[int, int]:
        """The number of an image, and that of a face in it."""
        return chance.choices(self._faces, cum_weights=self._weights)[0]


class _Thumbnails:
    """The labels of thumbnails; those with rare classes are chosen more often."""

    def __init__(self, labels: Sequence[dict[str, Any]]) -> None:
        self._labels = labels
        counts = Counter(int(class_id) for label in labels for class_id in label["cls"][:, 0])
        rarest = [min((int(each) for each in label["cls"][:, 0]), key=lambda each: counts[each]) for label in labels]
        self._weights = _rarity(rarest)

    def __bool__(self) -> bool:
        return bool(self._labels)

    def choose(self, number: int, chance: random.Random) -> list[dict[str, Any]]:
        return chance.choices(self._labels, cum_weights=self._weights, k=number)


def _large_enough(label: dict[str, Any]) -> list[int]:
    height, width = label["shape"]
    sides = (label["bboxes"][:, 2:] * [width, height]).max(axis=1, initial=0)
    return [int(face) for face in np.flatnonzero(sides >= _SMALLEST_FACE)]


def _rarity(classes: Sequence[int]) -> list[float]:
    """Cumulative sampling weights. The weight of an item is 1 / sqrt(the number of items of its class)."""
    counts = Counter(classes)
    return list(accumulate(counts[each] ** -0.5 for each in classes))
