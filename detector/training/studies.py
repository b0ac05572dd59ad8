"""Several trainings that answer one question: cross-validation, and a learning curve."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from detector.errors import TrainingError, UsageError, check_range
from detector.evaluation import Comparison, Metrics, evaluate
from detector.files import make_folder, writing
from detector.training.data import load_datasets, shared_kpt_shape, usable_pictures, write_dataset
from detector.training.decoding import Decoding
from detector.training.folds import divide
from detector.training.progress import Progress
from detector.training.run import resume, train
from detector.training.settings import EPOCHS, MAX_LEFT_OUT

SHARES = (0.25, 0.5, 1.0)
"""The shares of the training pictures that a learning curve is drawn from."""

_MAY_CHANGE = ("device", "loggers")  # where a study goes on


@dataclass(frozen=True, slots=True)
class Part:
    """One training of a study.

    Attributes:
        name: Its folder.
        pictures: The number of pictures trained on.
        faces: The number of faces in them.
        metrics: What `best.pt` reaches on the pictures that were not trained on.
    """

    name: str
    pictures: int
    faces: int
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the trainings of a cross-validation.

    Attributes:
        values: One for each training; None where there are no faces.
        mean: Of those that are known; None without any.
        deviation: Their standard deviation (n - 1); None for fewer than two.
    """

    values: tuple[float | None, ...]
    mean: float | None
    deviation: float | None


def cross_validate(
    data: list[Path], *, out: Path, folds: int, progress: Progress | None = None, **options: Any
) -> list[Part]:
    """Train as often as there are folds, each time on all pictures but those of one fold, and measure on that one.

    The train and val pictures of the datasets are divided anew; scenes stay together. Test pictures are not touched.

    Args:
        data: As for `train`.
        out: The folder. A second call with the same arguments goes on where the first one was cut off.
        folds: How many, from 2 to 20.
        progress: As for `train`.
        options: The other arguments of `train`.

    Raises:
        UsageError: `out` holds something else, or there are fewer scenes than folds.
        MaskDetectorError: As `train`.
    """
    check_range("folds", folds, 2, 20)
    study = _Study(data, out, {"folds": folds, **options}, progress)
    parts = study.divide(study.pictures("train") + study.pictures("val"), folds)
    if not all(parts):
        found = f"{sum(map(bool, parts))} scenes that can be kept apart"
        raise TrainingError(out, found, f"at least {folds}, one for each fold")
    results = []
    for number, val in enumerate(parts, start=1):
        rest = [image for part in parts if part is not val for image in part]
        results.append(study.run(f"fold-{number}", rest, val, f"Fold {number} of {folds}", options))
    _write(out / "folds.json", {name: asdict(spread) for name, spread in spreads(results).items()})
    return results


def learning_curve(data: list[Path], *, out: Path, progress: Progress | None = None, **options: Any) -> list[Part]:
    """Train on a quarter, on half and on all training pictures: would more pictures help?

    Smaller sets get more epochs, so that each network is trained for as many steps. The sets are nested, scenes stay
    together, and all are measured on the val pictures.

    Args:
        data: As for `train`.
        out: The folder. A second call with the same arguments goes on where the first one was cut off.
        progress: As for `train`.
        options: The other arguments of `train`. `epochs` is that of all pictures.

    Raises:
        UsageError: `out` holds something else.
        MaskDetectorError: As `train`.
    """
    study = _Study(data, out, {"curve": SHARES, **options}, progress)
    train_pictures, val = study.pictures("train"), study.pictures("val")
    quarters = study.divide(train_pictures, round(1 / SHARES[0]))
    results = []
    for share in SHARES:
        part = [image for quarter in quarters[: round(share / SHARES[0])] for image in quarter]
        epochs = math.ceil(options.get("epochs", EPOCHS) / share)
        name = f"{share:.0%}".replace("%", "-percent")
        what = f"{share:.0%} of the pictures, {epochs} epochs"
        results.append(study.run(name, part, val, what, {**options, "epochs": epochs}))
    rows = {part.name: {"pictures": part.pictures, "faces": part.faces, **figures(part.metrics)} for part in results}
    _write(out / "curve.json", rows)
    return results


def last_gain(out: Path, parts: Sequence[Part]) -> Comparison | None:
    """AP50 with all pictures less that with half of them, on the same val pictures, with intervals.

    Args:
        out: The folder of a learning curve.
        parts: Its result.
    """
    half, whole = (out / part.name for part in parts[-2:])
    predictions = whole / "predictions.json"
    metrics = evaluate(whole / "data.yaml", predictions=predictions, split="val", compare=half / "predictions.json")
    return metrics.comparison


def figures(metrics: Metrics) -> dict[str, float | None]:
    """The figures that are compared: AP50 of each class, their mean and that of any face, and AP."""
    scores = metrics.overall
    classes = {f"AP50 {name}": score.ap50 for name, score in scores.classes.items()}
    return {"mAP50": scores.mean.ap50, "mAP50-95": scores.mean.ap, **classes, "AP50 any face": scores.any_face.ap50}


def spreads(parts: Sequence[Part]) -> dict[str, Spread]:
    """Mean and spread of each figure over the trainings."""
    tables = [figures(part.metrics) for part in parts]
    return {name: _spread([table[name] for table in tables]) for name in tables[0]}


def _spread(values: Sequence[float | None]) -> Spread:
    known = [value for value in values if value is not None]
    deviation = statistics.stdev(known) if len(known) > 1 else None
    return Spread(tuple(values), statistics.mean(known) if known else None, deviation)


class _Study:
    """Trainings that share pictures, options and a folder.

    Args:
        data: Dataset descriptions.
        out: The folder: new, empty, or of the same study.
        options: What was asked for; written to `study.json`.
        progress: Functions that are called as it goes.

    Raises:
        UsageError: `out` holds something else.
        DatasetError: A dataset cannot be read.
    """

    def __init__(self, data: list[Path], out: Path, options: Mapping[str, Any], progress: Progress | None) -> None:
        self._datasets = load_datasets(data)
        self._out = out
        self._progress = progress or Progress()
        self._decoding = Decoding(None, self._progress.on_decoded)
        self._limit = options.get("max_left_out", MAX_LEFT_OUT)
        kept = {name: str(value) for name, value in options.items() if name not in _MAY_CHANGE}
        asked = {"data": [str(path) for path in data], **kept}
        _claim(out, json.dumps(asked, indent=2, ensure_ascii=False))

    def pictures(self, split: str) -> list[AnnotatedImage]:
        """The pictures of a split that can be used."""
        return usable_pictures(
            self._datasets,
            split,
            decoding=self._decoding,
            max_left_out=self._limit,
            on_left_out=self._progress.on_left_out,
        ).images

    def divide(self, images: Sequence[AnnotatedImage], folds: int) -> list[list[AnnotatedImage]]:
        """Divide pictures, each once, into folds."""
        return divide(
            list({image.path: image for image in images}.values()), folds, on_picture=self._progress.on_decoded
        )

    def run(
        self,
        name: str,
        images: Sequence[AnnotatedImage],
        val: Sequence[AnnotatedImage],
        what: str,
        options: Mapping[str, Any],
    ) -> Part:
        """Train, go on with a training that was cut off, or read the result of a finished one."""
        out = self._out / name
        faces = sum(len(image.boxes) for image in images)
        self._progress.on_note(f"{what}: {len(images)} pictures with {faces} boxes.")
        device = options.get("device", "auto")
        if (out / "metrics.json").is_file():
            metrics = evaluate(out / "data.yaml", predictions=out / "predictions.json", split="val")
        elif (out / "run" / "weights" / "last.pt").is_file():
            loggers = options.get("loggers", ())
            metrics = resume(out, device=device, loggers=loggers, progress=self._progress).metrics
        else:
            folder = self._out / "lists" / name
            make_folder(folder)
            lists = {"train": list(images), "val": list(val)}
            names, kpt_shape = self._datasets[0].names, shared_kpt_shape(self._datasets)
            dataset = write_dataset(folder / "data.yaml", names, lists, kpt_shape=kpt_shape)
            metrics = train([dataset], out=out, progress=self._progress, **options).metrics
        return Part(name, len(images), faces, metrics)


def _claim(out: Path, asked: str) -> None:
    """Write what was asked for into a new folder, or find the same there."""
    note = out / "study.json"
    if note.is_file():
        if note.read_text(encoding="utf-8") != asked:
            raise UsageError(
                out, "holds trainings with other options", "a new folder, or the options in its study.json"
            )
        return
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(out, "already exists and is not empty", "a new folder")
    make_folder(out)
    with writing(note) as path:
        path.write_text(asked, encoding="utf-8")


def _write(path: Path, value: Mapping[str, Any]) -> None:
    with writing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
