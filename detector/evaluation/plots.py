"""Precision-recall curves and the confusion matrix as pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from converters.plurals import quantity
from detector.evaluation.bootstrap import RECALLS
from detector.evaluation.confidence_metrics import Calibration, WantedThreshold
from detector.evaluation.metrics import Scores, WorkingPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ANY_FACE = "any face"
_MOST_CURVES = 10
_MOST_CELLS = 20  # with more classes numbers do not fit into the cells


def draw_pr_curves(
    target: Path, curves: Sequence[NDArray[np.float64] | None], scores: Scores, point: WorkingPoint
) -> None:
    """Draw interpolated precision over recall at IoU 0.5, with the working confidence as a dot on each curve.

    Args:
        target: The PNG to write.
        curves: As `precision_curves` gives them.
        scores: Where the AP50 of the legend comes from.
        point: The working confidence.
    """
    figure = _figure(7.5, 6)
    axes = figure.subplots()
    rows = list(
        zip(
            [*scores.classes, ANY_FACE],
            curves,
            [*scores.classes.values(), scores.any_face],
            [*point.classes.values(), point.any_face],
            strict=True,
        )
    )
    least = sorted((score.instances for _, _, score, _ in rows), reverse=True)[:_MOST_CURVES][-1]
    for name, curve, score, at_work in rows:
        if curve is None or score.instances < least:
            continue
        style = {"color": "0.45", "linestyle": "--"} if name == ANY_FACE else {}
        label = _plain(f"{name}: AP50 {score.ap50:.3f} ({quantity(score.instances, 'face')})")
        (line,) = axes.plot(RECALLS, curve, label=label, **style)  # type: ignore[arg-type]
        if at_work.precision is not None:
            axes.plot(at_work.recall or 0, at_work.precision, "o", color=line.get_color())
    axes.set(
        title=f"Precision and recall at IoU 0.5 (dots: confidence {point.confidence:g})",
        xlabel="recall",
        ylabel="precision",
        xlim=(0, 1.01),
        ylim=(0, 1.01),
    )
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(loc="lower left")
    figure.savefig(target, format="png", dpi=120)


def draw_confusion_matrix(target: Path, point: WorkingPoint, names: Sequence[str]) -> None:
    """Draw counts at the working confidence, each row shaded by its shares.

    Args:
        target: The PNG to write.
        point: Holds the matrix.
        names: Class names by class id.
    """
    matrix = np.array(point.confusion_matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    shares[-1] = 0  # the background has no shares: places without a face cannot be counted
    side = 3.2 + 1.1 * min(len(matrix), _MOST_CELLS)
    figure = _figure(side + 0.8, side)
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ticks = range(len(matrix))
    labels = [_plain(name) for name in names]
    axes.set_xticks(ticks, [*labels, "missed"], rotation=30, ha="right")
    axes.set_yticks(ticks, [*labels, "background"])
    axes.set(title=f"Confidence {point.confidence:g}, IoU 0.5", xlabel="detected as", ylabel="annotated as")
    figure.colorbar(image, ax=axes, label="share of the row", shrink=0.8)
    if len(names) < _MOST_CELLS:
        for row, column in np.ndindex(matrix.shape):
            if (row, column) != (len(names), len(names)):  # background found as background is not counted
                colour = "white" if shares[row, column] > 0.5 else "black"
                text = f"{matrix[row, column]}" + (f"\n{shares[row, column]:.0%}" if row < len(names) else "")
                axes.text(column, row, text, ha="center", va="center", color=colour)
    figure.savefig(target, format="png", dpi=120)


def draw_reliability(target: Path, calibration: Calibration, wanted: WantedThreshold | None) -> None:
    """Draw the share of right answers over their confidence, and precision and recall over the confidence to work at.

    Args:
        target: The PNG to write.
        calibration: The left half.
        wanted: The right half, with a line at the chosen confidence; None for none.
    """
    figure = _figure(6 if wanted is None else 12, 6)
    axes = figure.subplots(1, 1 if wanted is None else 2, squeeze=False)[0]
    bins = calibration.bins
    right = np.array([each.right for each in bins])
    ends = np.array([each.interval for each in bins]).reshape(-1, 2).T
    axes[0].plot([0, 1], [0, 1], color="0.6", linestyle="--", label="as it should be")
    if bins:
        whiskers = np.abs(ends - right)
        confidences = [each.confidence for each in bins]
        axes[0].errorbar(confidences, right, yerr=whiskers, marker="o", capsize=3, label="answers, 95 % interval")
        for each in bins:
            axes[0].annotate(f"{each.answers}", (each.confidence, 0.02), ha="center", color="0.4")
    axes[0].set(title="Are confidences what they say? (number of answers below)", xlabel="mean confidence")
    axes[0].set_ylabel("share on a face, with its label")
    if wanted is not None:
        _draw_thresholds(axes[1], wanted)
    for axis in axes:
        axis.set(xlim=(0, 1), ylim=(0, 1.02))
        axis.grid(alpha=0.3)
        axis.legend(loc="upper left" if axis is axes[0] else "lower left")
    figure.savefig(target, format="png", dpi=110)


def _draw_thresholds(axis: "Axes", wanted: WantedThreshold) -> None:
    confidences = [each.confidence for each in wanted.thresholds]
    for name in ("precision", "recall"):
        values = [getattr(each, name) for each in wanted.thresholds]
        axis.plot(confidences, [float("nan") if value is None else value for value in values], label=name)
    axis.axhline(wanted.value, color="0.6", linestyle="--", label=f"wanted {wanted.figure}")
    if wanted.chosen is not None:
        axis.axvline(wanted.chosen.confidence, color="0.3", linestyle=":", label=f"{wanted.chosen.confidence:g}")
    axis.set(title="All classes, by the confidence to work at", xlabel="confidence")


def _figure(width: float, height: float) -> "Figure":
    """A figure outside pyplot: it needs no display and does not disturb the user's own plots."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _plain(text: str) -> str:
    """Keep matplotlib from reading dollars as formulas."""
    return text.replace("$", r"\$")
