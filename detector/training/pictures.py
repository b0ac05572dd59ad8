"""Finds the pictures to train and validate on, and says which cannot be used."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.formats.yolo import DatasetYaml
from converters.problems import Problem
from detector.augmentation.settings import Augmentation
from detector.errors import check_range
from detector.training.data import (
    UsablePictures,
    keep_in_list,
    load_datasets,
    load_thumbnails,
    shared_kpt_shape,
    usable_pictures,
)
from detector.training.decoding import Decoding
from detector.training.label_corrections import LabelCorrections, read_label_corrections
from detector.training.progress import Progress
from detector.training.settings import MAX_LEFT_OUT

MEMORY = Path("run", "decoded.json")  # in the folder of a training; see `Decoding`


@dataclass(frozen=True, slots=True)
class TrainingPictures:
    """What a training can use.

    Attributes:
        names: The classes.
        kpt_shape: See `DatasetYaml`.
        lists: The pictures of "train", with corrected labels, and those of "val".
        thumbnails: The small images that collages are made of.
        left_out: For each picture that cannot be used, why.
    """

    names: tuple[str, ...]
    kpt_shape: tuple[int, int] | None
    lists: dict[str, list[AnnotatedImage]]
    thumbnails: list[AnnotatedImage]
    left_out: list[Problem]


def find_pictures(
    data: list[Path],
    thumbnails: list[Path] | None,
    label_corrections: Path | None,
    augmentation: Augmentation,
    max_left_out: float,
    decoding: Decoding,
    progress: Progress,
) -> TrainingPictures:
    """Find the pictures of a training; see `detector.training.run.train` for the arguments.

    Raises:
        MaskDetectorError: The data are not usable.
    """
    check_range("max_left_out", max_left_out, 0, 1)
    datasets = load_datasets(data)
    names = datasets[0].names
    small = load_thumbnails(thumbnails or [], names, augmentation.collages)
    corrections = read_label_corrections(label_corrections, names) if label_corrections else LabelCorrections()
    usable = partial(usable_pictures, decoding=decoding, max_left_out=max_left_out, on_left_out=progress.on_left_out)
    train, val = usable(datasets, "train"), usable(datasets, "val")
    collages = usable(small, "train", purpose="thumbnails") if small else UsablePictures([], [])
    if label_corrections:
        progress.on_note(corrections.summary(train.images))
    lists = {"train": [corrections.apply(image) for image in train.images], "val": val.images}
    return TrainingPictures(
        names, shared_kpt_shape(datasets), lists, collages.images, train.left_out + val.left_out + collages.left_out
    )


def check(
    data: list[Path],
    *,
    augmentation: Augmentation | None = None,
    thumbnails: list[Path] | None = None,
    label_corrections: Path | None = None,
    max_left_out: float = MAX_LEFT_OUT,
    progress: Progress | None = None,
) -> list[Problem]:
    """Check the pictures and labels as `train` does before the first epoch. Nothing is trained or written.

    Args:
        data: As for `train`, like all other arguments.
        augmentation: Only the share of collages matters, which needs `thumbnails`.
        thumbnails: See `train`.
        label_corrections: See `train`.
        max_left_out: See `train`.
        progress: See `train`.

    Returns:
        For each picture that cannot be used, why.

    Raises:
        UsageError: An option is wrong.
        MaskDetectorError: The data are not usable.
    """
    augmentation = augmentation or Augmentation()
    augmentation.check()
    progress = progress or Progress()
    decoding = Decoding(on_picture=progress.on_decoded)
    found = find_pictures(data, thumbnails, label_corrections, augmentation, max_left_out, decoding, progress)
    progress.on_data(found.lists)
    return found.left_out


def find_again(dataset: DatasetYaml, out: Path, max_left_out: float, progress: Progress) -> dict[str, UsablePictures]:
    """Find the pictures of a training that is resumed. Those that were damaged since are taken out of its lists.

    Raises:
        MaskDetectorError: The data are not usable.
    """
    decoding = Decoding(out / MEMORY, progress.on_decoded)
    found = {
        split: usable_pictures(
            [dataset], split, decoding=decoding, max_left_out=max_left_out, on_left_out=progress.on_left_out
        )
        for split in ("train", "val")
    }
    for split, usable in found.items():
        if usable.left_out:
            keep_in_list(out / f"{split}.txt", usable.images)
    decoding.remember(out / MEMORY)
    return found
