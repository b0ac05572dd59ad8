"""Checks the pictures to train on, repeats rare ones, and lists them for ultralytics."""

import math
import random
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from converters.annotation import AnnotatedImage
from converters.formats.yolo import DatasetYaml, load_dataset_yaml, read_labels
from converters.problems import Problems
from converters.split import SPLITS
from detector.augmentation.settings import Augmentation
from detector.errors import TrainingError, UsageError

LABEL_CORRECTIONS = "label-corrections.csv"  # the name of the copy beside the data.yaml of a training


def load_datasets(paths: list[Path]) -> list[DatasetYaml]:
    """Read the descriptions of the datasets to train on together.

    Raises:
        UsageError: There is none, their classes or landmarks differ, or the only one lacks a split.
        DatasetError: One cannot be read.
    """
    if not paths:
        raise UsageError("DATA.yaml", "none given", "the data.yaml of at least one dataset")
    datasets = [load_dataset_yaml(path) for path in paths]
    for dataset in datasets:
        if dataset.names != datasets[0].names:
            first = datasets[0]
            raise UsageError(
                dataset.path, f"classes {list(dataset.names)}", f"those of {first.path}: {list(first.names)}"
            )
        for split in ("train", "val"):
            if split not in dataset.splits and len(datasets) == 1:
                have = ", ".join(name for name in SPLITS if name in dataset.splits)
                raise UsageError(dataset.path, f"no {split!r} split (only {have})", "both train and val")
    shared_kpt_shape(datasets)
    return datasets


def shared_kpt_shape(datasets: Sequence[DatasetYaml]) -> tuple[int, int] | None:
    """The landmarks behind the boxes of datasets, which are not read; see `DatasetYaml`.

    Raises:
        UsageError: Two datasets have different ones: their label files could not be read alike.
    """
    stated = [dataset for dataset in datasets if dataset.kpt_shape]
    for dataset in stated:
        if dataset.kpt_shape != stated[0].kpt_shape:
            expected = f"that of {stated[0].path}: {stated[0].kpt_shape}"
            raise UsageError(dataset.path, f"kpt_shape {dataset.kpt_shape}", expected)
    return stated[0].kpt_shape if stated else None


def usable_pictures(datasets: list[DatasetYaml], split: str, problems: Problems) -> list[AnnotatedImage]:
    """Find the pictures of a split whose header and labels can be read; the others are recorded as left out.

    Returns:
        The pictures. One that several datasets hold is there once.

    Raises:
        TrainingError: There are none, or none of them has a box.
        DatasetError: A folder or list is missing.
    """
    images: dict[Path, AnnotatedImage] = {}
    for dataset in datasets:
        if split in dataset.splits:
            images.update((image.path, image) for image in read_labels(dataset, split, problems))
    where = ", ".join(str(dataset.path) for dataset in datasets)
    if not images:
        raise TrainingError(where, f"no usable picture in its {split!r} split", "at least one with labels")
    if not any(image.boxes for image in images.values()):
        raise TrainingError(where, f"{len(images)} pictures but not one box in its {split!r} split", "labelled faces")
    return list(images.values())


def load_thumbnails(
    paths: list[Path], names: tuple[str, ...], share: float, problems: Problems
) -> list[AnnotatedImage]:
    """Read the small images that collages are made of.

    Args:
        paths: Dataset descriptions; their train splits are used.
        names: The classes of the training.
        share: The share of training images that become collages.
        problems: Receives what cannot be used.

    Raises:
        UsageError: There are thumbnails without collages or the other way round, or the classes differ.
        TrainingError: None can be used.
        DatasetError: One cannot be read.
    """
    if bool(paths) != bool(share):
        given, missing = ("--thumbnails", "--collages") if paths else ("--collages", "--thumbnails")
        raise UsageError(given, f"given without {missing}", "both or neither")
    if not paths:
        return []
    datasets = [load_dataset_yaml(path) for path in paths]
    for dataset in datasets:
        if dataset.names != names:
            raise UsageError(dataset.path, f"classes {list(dataset.names)}", f"those trained on: {list(names)}")
    return usable_pictures(datasets, "train", problems)


def repeat_rare(images: Sequence[AnnotatedImage], threshold: float, seed: int = 0) -> list[AnnotatedImage]:
    """Repeat pictures that hold rare classes (repeat factor sampling: Gupta, Dollar and Girshick, LVIS, 2019).

    A class in a share f of the pictures has the repeat factor max(1, sqrt(threshold / f)). A picture is repeated by the
    largest factor of its classes. The fractional part is the probability of one more repeat.

    Args:
        images: The pictures.
        threshold: Classes in at least this share of the pictures are not rare; 0 repeats nothing.
        seed: The seed of the random numbers.
    """
    labels = [{box.label for box in image.boxes} for image in images]
    pictures = Counter(label for present in labels for label in present)
    factor = {label: max(1.0, math.sqrt(threshold * len(images) / number)) for label, number in pictures.items()}
    chance = random.Random(seed)  # noqa: S311  (not a secret)
    repeated: list[AnnotatedImage] = []
    for image, present in zip(images, labels, strict=True):
        times = max((factor[label] for label in present), default=1.0)
        repeated += [image] * (int(times) + (chance.random() < times % 1))
    return repeated


def write_dataset(
    path: Path,
    names: tuple[str, ...],
    lists: dict[str, list[AnnotatedImage]],
    augmentation: Augmentation | None = None,
    thumbnails: Sequence[AnnotatedImage] = (),
    label_corrections: Path | None = None,
    kpt_shape: tuple[int, int] | None = None,
) -> Path:
    """Write a list of pictures for each split, in the order and as often as given, and a data.yaml over them.

    What training does to the pictures and labels is written there too, so that a resumed training goes on with it.
    """
    path = path.resolve()
    for name, images in {**lists, "thumbnails": thumbnails}.items():
        listing = "".join(f"{image.path}\n" for image in images)
        if images:
            path.with_name(f"{name}.txt").write_text(listing, encoding="utf-8")
    description: dict[str, Any] = {split: f"{split}.txt" for split in lists} | {"names": dict(enumerate(names))}
    if augmentation is not None and augmentation.wanted:
        description["augmentation"] = augmentation.as_dict()
    if kpt_shape is not None:
        description["kpt_shape"] = list(kpt_shape)
    if thumbnails:
        description["thumbnails"] = "thumbnails.txt"
    if label_corrections is not None:
        shutil.copyfile(label_corrections, path.with_name(LABEL_CORRECTIONS))
        description["label_corrections"] = LABEL_CORRECTIONS
    path.write_text(yaml.safe_dump(description, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
