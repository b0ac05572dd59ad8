"""Training curves as a picture."""

import csv
from pathlib import Path

from detector.files import writing


def draw_curves(results: Path, target: Path) -> None:
    """Draw losses and mAP over the epochs.

    Args:
        results: ultralytics' `results.csv`.
        target: The PNG to write.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with results.open(newline="") as file:
        read = [{key.strip(): float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    # An epoch that was cut off before its checkpoint was written comes again after a resume.
    rows = [_measured(row) for row in {row["epoch"]: row for row in read}.values()]
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(11, 6), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2).ravel()
    for axis, loss in zip(axes, ("box", "cls", "dfl"), strict=False):
        for part, label in (("train", "training"), ("val", "validation")):
            axis.plot(epochs, [row.get(f"{part}/{loss}_loss", float("nan")) for row in rows], label=label, marker=".")
        axis.set(title=f"{loss} loss", xlabel="epoch")
        axis.legend()
    for column, label in (("metrics/mAP50(B)", "mAP50"), ("metrics/mAP50-95(B)", "mAP50-95")):
        axes[3].plot(epochs, [row[column] for row in rows], label=label, marker=".")
    axes[3].set(title="validation, ultralytics' own measure", xlabel="epoch", ylim=(0, 1))
    axes[3].legend()
    with writing(target) as path:
        figure.savefig(path, format="png", dpi=110)


def _measured(row: dict[str, float]) -> dict[str, float]:
    """A row without the zeros that stand for what was not measured, where the setting `val` is off."""
    figures = [key for key in row if key.startswith(("val/", "metrics/"))]
    return {**row, **dict.fromkeys(figures, float("nan"))} if not any(row[key] for key in figures) else row
