"""Writes the files of an evaluation."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import UsageError
from detector.evaluation.metrics import Metrics
from detector.evaluation.mistakes import Kind, Mistake, write_mistakes
from detector.evaluation.page import write_page
from detector.evaluation.plots import draw_confusion_matrix, draw_pr_curves, draw_reliability
from detector.evaluation.subjects import Found
from detector.evaluation.working_point import ImageOutcome
from detector.evaluation.worst_images import draw_worst_images
from detector.files import writing

_LAST = ("metrics.json", "report.html", "conf.txt")


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
    mistakes: Mapping[Kind, Sequence[Mistake]],
    html: bool,
) -> None:
    """Write every file, each under a temporary name first.

    Args:
        out: An existing folder.
        metrics: Written to `metrics.json`.
        found: Its truth is written to `ground_truth.json`, a COCO dataset; what AP was computed from to
            `predictions.json`, and what users get at the working confidence to `answers.json`, both as COCO results.
        curves: Drawn in `pr_curves.png`.
        outcomes: Drawn in `worst_images.jpg`.
        mistakes: Written to `mistakes.csv`, and drawn in `mistakes/`.
        html: Write `report.html` too.

    Raises:
        OutputError: The folder cannot be written to.
    """
    for name in _LAST:  # of an earlier report, whose other files are replaced now
        (out / name).unlink(missing_ok=True)
    files = {
        "predictions.json": found.results,
        "answers.json": found.answers,
        "ground_truth.json": found.truth.to_coco(),
    }
    for name, value in files.items():
        with writing(out / name) as path:
            path.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    _draw(out, metrics, found.truth.names, curves, outcomes)
    write_mistakes(out, mistakes, found.truth.names)
    if metrics.wanted and metrics.wanted.chosen:
        with writing(out / "conf.txt") as path:
            path.write_text(f"{metrics.wanted.chosen.confidence:g}\n", encoding="utf-8")
    if html:
        write_page(out, metrics, mistakes, found.truth.names)
    with writing(out / "metrics.json") as path:  # last, so that the other files are complete where it exists
        text = json.dumps(metrics.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def _draw(
    out: Path,
    metrics: Metrics,
    names: Sequence[str],
    curves: Sequence[NDArray[np.float64] | None],
    outcomes: Sequence[ImageOutcome],
) -> None:
    point = metrics.working_point
    with writing(out / "pr_curves.png") as path:
        draw_pr_curves(path, curves, metrics.overall, point)
    with writing(out / "confusion_matrix.png") as path:
        draw_confusion_matrix(path, point, names)
    with writing(out / "reliability.png") as path:
        draw_reliability(path, metrics.calibration, metrics.wanted)
    with writing(out / "worst_images.jpg") as path:
        draw_worst_images(path, outcomes, names, point.confidence)
