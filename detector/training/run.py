"""`train` and `resume`: checks before the first epoch, ultralytics' trainer, and an evaluation at the end."""

import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from converters.formats.yolo import load_dataset_yaml
from converters.process_wide import shared_by_threads
from detector.augmentation.landmarks import LandmarkFinder
from detector.augmentation.settings import Augmentation
from detector.augmentation.synthetic import write_synthetic
from detector.device import resolve_device
from detector.errors import OptionError, TrainingError, UsageError, check_range
from detector.files import make_folder
from detector.model.weights import load_weights
from detector.training.checks import (
    check_no_script,
    check_resumed,
    check_space,
    check_start,
    landmark_finder,
    starting_point,
)
from detector.training.data import repeat_rare, write_dataset
from detector.training.decoding import Decoding
from detector.training.loggers import check_loggers, switched_on
from detector.training.moved import check_there, find_moved
from detector.training.pictures import MEMORY, TrainingPictures, find_again, find_pictures
from detector.training.progress import Progress, attach
from detector.training.result import TrainingResult, finish
from detector.training.settings import BATCH, EPOCHS, IMGSZ, MAX_LEFT_OUT, REPEAT_RARE, SETTINGS, check_settings


def train(
    data: list[Path],
    *,
    out: Path,
    weights: str | Path | None = None,
    epochs: int = EPOCHS,
    imgsz: int = IMGSZ,
    batch: int = BATCH,
    device: str = "auto",
    repeat: float = REPEAT_RARE,
    synthetic: float = 0.0,
    yunet: Path | None = None,
    augmentation: Augmentation | None = None,
    thumbnails: list[Path] | None = None,
    label_corrections: Path | None = None,
    settings: Mapping[str, Any] | None = None,
    loggers: Sequence[str] = (),
    trust_weights: bool = False,
    max_left_out: float = MAX_LEFT_OUT,
    progress: Progress | None = None,
) -> TrainingResult:
    """Fine-tune a YOLOv8 detector.

    Args:
        data: Dataset descriptions (data.yaml) with the same classes; trained on together.
        out: A folder that does not exist yet or is empty. Receives `best.pt`, `last.pt`, `curves.png`, `metrics.json`
            and the rest of the evaluation, `data.yaml` with the lists of pictures used, `synthetic/` if asked for, and
            ultralytics' folder `run/`.
        weights: What to start from: None for the shipped weights, a `.pt` path, the name of an ultralytics release, or
            a model `.yaml` to start from nothing.
        epochs: Passes over the training pictures.
        imgsz: Longer side of the network's input, in pixels.
        batch: Pictures per step.
        device: See `resolve_device`.
        repeat: Repeat training pictures with classes found in less than this share of them; see `data.repeat_rare`.
        synthetic: The share of synthetic pictures among those trained on, below 1; `detector.augmentation.synthetic`
            makes them from the training pictures and writes them to `synthetic/` in `out`.
        yunet: The ONNX file of OpenCV's face detector, which finds eyes, nose and mouth; needed for `synthetic`.
        augmentation: Close-ups, collages, degradation and roll, drawn anew each time an image is used; None for none.
        thumbnails: Dataset descriptions whose train splits hold small images for the collages.
        label_corrections: A CSV with faces to add to the labels of the training pictures, labels to change, and regions
            to ignore; see `read_label_corrections`. The label files stay as they are.
        settings: ultralytics' training settings by name, over `SETTINGS`.
        loggers: "tensorboard", "mlflow", "wandb": ultralytics' callbacks for them, if they are installed.
        trust_weights: Load weights even if that runs code from the file.
        max_left_out: The largest share of a split's pictures that may be left out because they cannot be used.
        progress: Functions that are called as it goes.

    Raises:
        UsageError: An option or setting is wrong.
        MaskDetectorError: Data, weights or the output folder are not usable.
    """
    options = {**SETTINGS, **check_settings(settings or {})}
    augmentation = augmentation or Augmentation()
    check_start(out, data, synthetic, augmentation)
    landmarks = landmark_finder(yunet) if synthetic else None
    model = starting_point(weights, trust_weights)
    device = resolve_device(device)
    loggers = check_loggers(loggers, device)
    progress = progress or Progress()
    decoding = Decoding(out / MEMORY, progress.on_decoded)
    found = find_pictures(data, thumbnails, label_corrections, augmentation, max_left_out, decoding, progress)
    make_folder(out)
    (out / "run").mkdir(exist_ok=True)  # shows from now on that the files beside it are of a training
    decoding.remember(out / MEMORY)
    check_space(out, model)
    used = {"train": repeat_rare(found.lists["train"], repeat), "val": found.lists["val"]}
    if landmarks is not None:
        used["train"] += _synthetic(found, len(used["train"]), synthetic, landmarks, out, progress)
    dataset = write_dataset(
        out / "data.yaml", found.names, used, augmentation, found.thumbnails, label_corrections, found.kpt_shape
    )
    progress.on_data(used)
    sizes = {"epochs": epochs, "imgsz": imgsz, "batch": batch}
    overrides = {**options, **sizes, "model": str(model), **_places(out, dataset, device)}
    _run(overrides, trust_weights, loggers, progress)
    return finish(out, device, found.lists, found.left_out)


def resume(
    out: Path,
    *,
    data: list[Path] | None = None,
    device: str = "auto",
    loggers: Sequence[str] = (),
    max_left_out: float = MAX_LEFT_OUT,
    progress: Progress | None = None,
) -> TrainingResult:
    """Continue an interrupted training from its last finished epoch, with the settings it was started with.

    After the last epoch only the evaluation is left to do.

    Args:
        out: The folder given to `train`.
        data: Where the datasets of the training are now, if they were moved since. They must have its classes and
            pictures; see `find_moved`.
        device: See `resolve_device`; may differ from before.
        loggers: As for `train`.
        max_left_out: The largest share of a split's pictures that may be left out. Only pictures that have changed
            since the start are decoded again.
        progress: Functions that are called as it goes.

    Raises:
        UsageError: There is nothing to continue.
        MaskDetectorError: The checkpoint or the data are not usable.
    """
    last = out / "run" / "weights" / "last.pt"
    if not last.is_file():
        raise UsageError(last, "no such checkpoint, so no epoch was finished", "a folder in which training was cut off")
    checkpoint = load_weights(last)
    dataset = load_dataset_yaml(out / "data.yaml")
    check_no_script(dataset.path)
    moved = [load_dataset_yaml(path) for path in data or []]
    check_resumed(checkpoint, last, [dataset, *moved], out)
    check_range("max_left_out", max_left_out, 0, 1)
    device = resolve_device(device)
    loggers = check_loggers(loggers, device)
    progress = progress or Progress()
    if moved:
        progress.on_note(find_moved(moved, out, out / MEMORY))
    check_there(out, max_left_out)
    found = find_again(dataset, out, max_left_out, progress)
    left_out = [problem for usable in found.values() for problem in usable.left_out]
    check_space(out, last)
    if 0 <= checkpoint.epoch < checkpoint.epochs - 1:
        _run({"model": str(last), "resume": str(last), **_places(out, dataset.path, device)}, False, loggers, progress)
    else:  # it was cut off after the last epoch, before its results were finished
        from detector.training.trainer import shrink_checkpoints

        shrink_checkpoints(last.parent)
    return finish(out, device, {split: each.images for split, each in found.items()}, left_out)


def _synthetic(
    found: TrainingPictures, number: int, share: float, landmarks: LandmarkFinder, out: Path, progress: Progress
) -> list[AnnotatedImage]:
    """Make synthetic pictures.

    Args:
        found: Its training pictures are what they are made from.
        number: How many pictures are trained on beside them.
        share: The share of synthetic ones among all.
        landmarks: Finds eyes, noses and mouths.
        out: The folder of the training.
        progress: Functions that are called as it goes.
    """
    count = math.ceil(number * share / (1 - share))
    shutil.rmtree(out / "synthetic", ignore_errors=True)  # of a training that never finished an epoch
    return write_synthetic(
        found.lists["train"],
        count,
        landmarks,
        out / "synthetic",
        names=found.names,
        on_picture=progress.on_synthetic,
    )


def _places(out: Path, dataset: Path, device: str) -> dict[str, Any]:
    """The settings of ultralytics for where to read, to write and to compute."""
    return {
        "data": str(dataset),
        "device": device,
        "save_dir": str(out.resolve() / "run"),
        "task": "detect",
        "mode": "train",
    }


def _run(overrides: dict[str, Any], trust: bool, loggers: Sequence[str], progress: Progress) -> None:
    from detector.training.trainer import MaskTrainer

    with _named_errors(Path(overrides["save_dir"])):
        with switched_on(loggers):
            trainer = MaskTrainer(overrides=overrides, trust=trust)
        if trainer.ddp:
            with _workers_print():  # other processes cannot call the functions of `progress`
                trainer.train()
        else:
            attach(trainer, progress)
            trainer.train()


@shared_by_threads
@contextmanager
def _workers_print() -> Iterator[None]:
    """Let ultralytics print in the processes that it starts inside this block."""
    before, os.environ["YOLO_VERBOSE"] = os.environ.get("YOLO_VERBOSE", "false"), "true"
    try:
        yield
    finally:
        os.environ["YOLO_VERBOSE"] = before


@contextmanager
def _named_errors(run: Path) -> Iterator[None]:
    """Turn common exceptions of ultralytics into one clear message."""
    try:
        yield
    except OSError as error:
        raise TrainingError(error.filename or run, error.strerror or str(error), "to be able to write there") from error
    except RuntimeError as error:
        if "out of memory" in str(error).lower():
            raise TrainingError(run, "out of memory", "a smaller `batch` or `imgsz`") from error
        if "froze the entire model" in str(error):
            raise OptionError("freeze", "all layers of the network", "fewer, such as 10 for the backbone") from error
        raise
    except ValueError as error:
        if "BatchNorm" in str(error):
            found = (
                "a batch of one picture at less than 64 pixels, of which batch normalisation has one value a channel"
            )
            raise TrainingError(run, found, "`imgsz` of at least 64, or another `batch`") from error
        raise
