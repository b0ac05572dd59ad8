"""`detector train --folds` and `--curve`: several trainings, and one table."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.cli.console import console, errors
from detector.cli.train_progress import shown_progress

if TYPE_CHECKING:
    from detector.evaluation import Difference
    from detector.training.studies import Part


def run_study(data: list[Path], out: Path, folds: int | None, options: dict[str, Any]) -> None:
    """Train several times, and print what comes out.

    Args:
        data: Dataset descriptions.
        out: The folder.
        folds: The number of folds; None for a learning curve.
        options: The other arguments of `train`.
    """
    from detector.training.studies import cross_validate, learning_curve

    try:
        with shown_progress(out) as progress:
            if folds:
                parts = cross_validate(data, out=out, folds=folds, progress=progress, **options)
            else:
                parts = learning_curve(data, out=out, progress=progress, **options)
    except KeyboardInterrupt:
        errors.print("Interrupted. The same command, with the same --out, goes on.", markup=False)
        sys.exit(130)
    if folds:
        _print_folds(parts)
    else:
        _print_curve(out, parts)
    console.print(f"Trainings: {out}", markup=False, soft_wrap=True)


def _print_folds(parts: "list[Part]") -> None:
    from detector.cli.metrics_tables import print_table
    from detector.evaluation.tables import FigureTable
    from detector.training.studies import spreads

    columns = ("figure", *(part.name for part in parts), "mean", "spread")
    rows = [
        (name, *map(_figure, spread.values), _figure(spread.mean), _figure(spread.deviation))
        for name, spread in spreads(parts).items()
    ]
    note = "Spread: standard deviation over the folds. A difference smaller than it may be chance."
    print_table(FigureTable(f"Cross-validation, {len(parts)} folds", columns, rows, note))


def _print_curve(out: Path, parts: "list[Part]") -> None:
    from detector.cli.metrics_tables import print_table
    from detector.evaluation.tables import FigureTable
    from detector.training.studies import figures, last_gain

    rows = [
        (part.name, str(part.pictures), str(part.faces), *map(_figure, figures(part.metrics).values()))
        for part in parts
    ]
    columns = ("trained on", "pictures", "faces", *figures(parts[0].metrics))
    comparison = last_gain(out, parts)
    note = "" if comparison is None else verdict(comparison.mean)
    print_table(FigureTable("Learning curve, on the same validation pictures", columns, rows, note))


def verdict(gain: "Difference") -> str:
    """Whether more pictures would help, from what the second half of the pictures brought."""
    if gain.ap50 is None or gain.interval is None:
        return "No face is annotated in the validation pictures, so there is nothing to compare."
    low, high = gain.interval.low, gain.interval.high
    what = (
        f"The second half of the pictures changed mAP50 by {gain.ap50:+.3f} (95 % interval {low:+.3f} to {high:+.3f})"
    )
    if low > 0:
        return f"{what}: twice as many pictures will probably help again."
    if high < 0:
        return f"{what}: more pictures like these do not help; look at their labels."
    return f"{what}: on these validation pictures, that can be chance. More pictures may help little."


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
