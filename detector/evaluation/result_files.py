"""Writes the files of an evaluation."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import UsageError
from detector.evaluation.metrics import Metrics
from detector.evaluation.plots import draw_confusion_matrix, draw_pr_curves
from detector.evaluation.subjects import Found
from detector.evaluation.working_point import ImageOutcome
from detector.evaluation.worst_images import draw_worst_images
from detector.files import writing


def check_report_folder(out: Path, overwrite: bool) -> None:
    """Refuse to replace a report that nobody asked to replace.

    Args:
        out: Where the report is to be.
        overwrite: Replace an earlier one.

    Raises:
        UsageError: One lies there.
    """
    if (out / "metrics.json").exists() and not overwrite:
        raise UsageError(out, "holds an earlier report", "a new folder, or `overwrite`")


def write_result_files(
    out: Path,
    metrics: Metrics,
    found: Found,
    curves: Sequence[NDArray[np.float64] | None],
    outcomes: Sequence[ImageOutcome],
) -> None:
    """Write every file, each under a temporary name first.

    Args:
        out: An existing folder.
        metrics: Written to `metrics.json`.
        found: Its truth is written to `ground_truth.json`, a COCO dataset; what AP was computed from to
            `predictions.json`, and what users get at the working confidence to `answers.json`, both as COCO results.
        curves: Drawn in `pr_curves.png`.
        outcomes: Drawn in `worst_images.jpg`.

    Raises:
        OutputError: The folder cannot be written to.
    """
    point, truth = metrics.working_point, found.truth
    (out / "metrics.json").unlink(missing_ok=True)  # of an earlier report, whose other files are replaced now
    files = {"predictions.json": found.results, "answers.json": found.answers, "ground_truth.json": truth.to_coco()}
    for name, value in files.items():
        with writing(out / name) as path:
            path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    with writing(out / "pr_curves.png") as path:
        draw_pr_curves(path, curves, metrics.overall, point)
    with writing(out / "confusion_matrix.png") as path:
        draw_confusion_matrix(path, point, truth.names)
    with writing(out / "worst_images.jpg") as path:
        draw_worst_images(path, outcomes, truth.names, point.confidence)
    with writing(out / "metrics.json") as path:  # last, so that the other files are complete where it exists
        text = json.dumps(metrics.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")
