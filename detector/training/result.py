"""Writes the results of a training: published weights, curves and an evaluation."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from converters.problems import Problem
from detector.errors import TrainingError


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The results of a training.

    Attributes:
        best: The weights of the best epoch on the validation pictures; `last.pt` beside it is from the last epoch.
        epoch: Which epoch that was, 1 for the first; None where the checkpoint does not say.
        map50: The mAP50 that ultralytics measured after it, which is not quite that of `metrics`.
        metrics: The figures of `detector.evaluation.evaluate` for `best`.
        left_out: Pictures that could not be trained or validated on, and why.
        seen: Validation pictures that are training pictures too, which makes the metrics too high.
    """

    best: Path
    epoch: int | None
    map50: float | None
    metrics: Any
    left_out: list[Problem]
    seen: list[Path]


def finish(out: Path, device: str, lists: dict[str, list[AnnotatedImage]], left_out: list[Problem]) -> TrainingResult:
    """Publish the best weights, draw the curves, and evaluate as `detector eval` does.

    Args:
        out: The folder of the training.
        device: As `resolve_device` gives it. If there are several, the first one evaluates.
        lists: The pictures of "train" and "val".
        left_out: Pictures that could not be used.

    Raises:
        TrainingError: No epoch was finished.
    """
    from detector.evaluation import evaluate
    from detector.model.checkpoints import load_checkpoint, publish
    from detector.training.curves import draw_curves

    run = out / "run"
    best = next((path for path in (run / "weights" / "best.pt", run / "weights" / "last.pt") if path.is_file()), None)
    if best is None:
        raise TrainingError(run, "no checkpoint was written", "at least one finished epoch")
    history = load_checkpoint(best).get("train_results") or {}  # of the epochs up to this one
    publish(best, out / "best.pt")
    publish(best.with_name("last.pt"), out / "last.pt")
    draw_curves(run / "results.csv", out / "curves.png")
    device = device.split(",")[0]
    metrics = evaluate(out / "data.yaml", weights=out / "best.pt", split="val", device=device, out=out, overwrite=True)
    train_paths = {image.path for image in lists["train"]}
    seen = [image.path for image in lists["val"] if image.path in train_paths]
    epoch, map50 = (history[key][-1] if history.get(key) else None for key in ("epoch", "metrics/mAP50(B)"))
    return TrainingResult(out / "best.pt", epoch, map50, metrics, left_out, seen)
