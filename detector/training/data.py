"""The pictures to train on: checked before the first epoch, and listed for ultralytics."""

from pathlib import Path

import yaml

from converters.problems import Problems
from converters.yolo import SPLITS, DatasetYaml, load_dataset_yaml, read_labels
from detector.errors import TrainingError, UsageError


def load_datasets(paths: list[Path]) -> list[DatasetYaml]:
    """Read the descriptions of the datasets to train on together.

    Raises:
        UsageError: There is none, their classes differ, or the only one lacks a split.
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
    return datasets


def usable_pictures(datasets: list[DatasetYaml], split: str, problems: Problems) -> list[Path]:
    """Find the pictures of a split whose header and labels can be read; the others are recorded as left out.

    Raises:
        TrainingError: There are none, or none of them has a box.
        DatasetError: A folder or list is missing.
    """
    pictures, boxes = [], 0
    for dataset in datasets:
        if split in dataset.splits:
            for image in read_labels(dataset, split, problems):
                pictures.append(image.path)
                boxes += len(image.boxes)
    where = ", ".join(str(dataset.path) for dataset in datasets)
    if not pictures:
        raise TrainingError(where, f"no usable picture in its {split!r} split", "at least one with labels")
    if not boxes:
        raise TrainingError(where, f"{len(pictures)} pictures but not one box in its {split!r} split", "labelled faces")
    return pictures


def write_dataset(path: Path, names: tuple[str, ...], lists: dict[str, list[Path]]) -> Path:
    """Write lists of the pictures in use and a data.yaml over them; a picture in two datasets is listed once."""
    path = path.resolve()
    for split, pictures in lists.items():
        listing = "\n".join(str(picture) for picture in dict.fromkeys(pictures))
        path.with_name(f"{split}.txt").write_text(listing + "\n", encoding="utf-8")
    description = {split: f"{split}.txt" for split in lists} | {"names": dict(enumerate(names))}
    path.write_text(yaml.safe_dump(description, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path
