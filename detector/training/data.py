"""Checks the pictures to train on, repeats rare ones, and lists them for ultralytics."""

import math
import random
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from converters.annotation import AnnotatedImage
from converters.formats.yolo import DatasetYaml, load_dataset_yaml, read_labels
from converters.problems import Problem, Problems
from converters.split import SPLITS
from detector.augmentation.settings import Augmentation
from detector.errors import OptionError, TrainingError, UsageError
from detector.files import writing
from detector.training.decoding import Decoding

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


@dataclass(frozen=True, slots=True)
class UsablePictures:
    """The pictures of a split that can be trained or validated on.

    Attributes:
        images: The pictures. One that several datasets hold is there once.
        left_out: For each of the others, why it cannot be used.
    """

    images: list[AnnotatedImage]
    left_out: list[Problem]


def usable_pictures(
    datasets: list[DatasetYaml],
    split: str,
    *,
    purpose: str | None = None,
    decoding: Decoding | None = None,
    max_left_out: float = 1.0,
    on_left_out: Callable[[str, list[Problem], int], None] = lambda purpose, left_out, total: None,
) -> UsablePictures:
    """Find the pictures of a split that can be decoded, with labels that can be read and boxes that lie in the picture.

    Args:
        datasets: Those that have no such split are passed over.
        split: "train" or "val".
        purpose: What `on_left_out` calls the pictures; None: the split.
        decoding: Decodes the pictures; None to read only their headers.
        max_left_out: The largest share of pictures that may be left out.
        on_left_out: Called with the purpose, the reasons, and the number of all pictures, if any is left out.

    Raises:
        TrainingError: There are none, none of them has a box, or more than `max_left_out` cannot be used.
        DatasetError: A folder or list is missing.
    """
    problems = Problems()
    found: dict[Path, AnnotatedImage] = {}
    for dataset in datasets:
        if split in dataset.splits:
            found.update((image.path, image) for image in read_labels(dataset, split, problems))
    images = list(found.values())
    if decoding:
        images = decoding.intact(images, problems)
    left_out = problems.omissions
    if left_out:
        on_left_out(purpose or split, left_out, len(images) + len(left_out))
    _check_enough(datasets, split, images, left_out, max_left_out)
    return UsablePictures(images, left_out)


def _check_enough(
    datasets: Sequence[DatasetYaml],
    split: str,
    images: Sequence[AnnotatedImage],
    left_out: list[Problem],
    max_left_out: float,
) -> None:
    where, total = ", ".join(str(dataset.path) for dataset in datasets), len(images) + len(left_out)
    if not images:
        why = f": {reasons(left_out)}; the first is {left_out[0]}" if left_out else ""
        raise TrainingError(
            where, f"no usable picture in its {split!r} split{why}", "labels as fractions of the picture, from 0 to 1"
        )
    if len(left_out) > max_left_out * total:
        raise TrainingError(
            where,
            f"{len(left_out)} of {total} pictures of its {split!r} split cannot be used: {reasons(left_out)}",
            f"at most {max_left_out:.0%}; `max_left_out` sets another share",
        )
    if not any(image.boxes for image in images):
        files = sum(image.annotation.is_file() for image in images)
        looked = f"{files} label files are there, looked for as {images[0].annotation}"
        raise TrainingError(
            where, f"{len(images)} pictures but not one box in its {split!r} split ({looked})", "labelled faces"
        )


def reasons(left_out: list[Problem]) -> str:
    """How often each reason occurs: "58 outside the picture, 3 damaged picture"."""
    counts = Counter(problem.kind for problem in left_out)
    return ", ".join(f"{count} {kind}" for kind, count in counts.most_common())


def load_thumbnails(paths: list[Path], names: tuple[str, ...], share: float) -> list[DatasetYaml]:
    """Read the descriptions of the datasets of small images that collages are made of.

    Args:
        paths: Dataset descriptions; their train splits are used.
        names: The classes of the training.
        share: The share of training images that become collages.

    Raises:
        UsageError: There are thumbnails without collages or the other way round, or the classes differ.
        DatasetError: One cannot be read.
    """
    if bool(paths) != bool(share):
        given, missing = ("thumbnails", "collages") if paths else ("collages", "thumbnails")
        raise OptionError(given, f"given without `{missing}`", "both or neither")
    datasets = [load_dataset_yaml(path) for path in paths]
    for dataset in datasets:
        if dataset.names != names:
            raise UsageError(dataset.path, f"classes {list(dataset.names)}", f"those trained on: {list(names)}")
    return datasets


def keep_in_list(listing: Path, images: Sequence[AnnotatedImage]) -> None:
    """Take the other pictures out of a list that `write_dataset` wrote."""
    kept = {str(image.path) for image in images}
    lines = listing.read_text(encoding="utf-8").splitlines()
    with writing(listing) as temporary:
        temporary.write_text("".join(f"{line}\n" for line in lines if line in kept), encoding="utf-8")


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

    Args:
        path: The data.yaml; the lists lie beside it.
        names: Class names by class id.
        lists: The pictures of each split.
        augmentation: How training pictures are changed.
        thumbnails: The small images that collages are made of.
        label_corrections: A file of corrections, which is copied beside the data.yaml.
        kpt_shape: See `DatasetYaml`.

    Returns:
        The absolute path of the data.yaml.
    """
    path = path.resolve()
    for name, images in {**lists, "thumbnails": thumbnails}.items():
        listing = "".join(f"{image.path}\n" for image in images)
        if images:
            path.with_name(f"{name}.txt").write_text(listing, encoding="utf-8")
    description: dict[str, Any] = {split: f"{split}.txt" for split in lists} | {"names": dict(enumerate(names))}
    if kpt_shape is not None:  # the label files are read again, with landmarks behind their boxes
        description["kpt_shape"] = list(kpt_shape)
    if augmentation is not None and augmentation.wanted:
        description["augmentation"] = augmentation.as_dict()
    if thumbnails:
        description["thumbnails"] = "thumbnails.txt"
    if label_corrections is not None:
        shutil.copyfile(label_corrections, path.with_name(LABEL_CORRECTIONS))
        description["label_corrections"] = LABEL_CORRECTIONS
    path.write_text(yaml.safe_dump(description, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
