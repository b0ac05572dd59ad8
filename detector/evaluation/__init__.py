"""Measures a detector on an annotated split; `docs/eval.md` defines each figure. Users' programs import from here."""

from detector.evaluation.confidence_metrics import Calibration, CalibrationBin, Threshold, WantedThreshold
from detector.evaluation.metrics import (
    Comparison,
    Difference,
    GroupScore,
    Interval,
    Metrics,
    Score,
    Scores,
    WorkingPoint,
    WorkingScore,
)
from detector.evaluation.run import evaluate

__all__ = [
    "Calibration",
    "CalibrationBin",
    "Comparison",
    "Difference",
    "GroupScore",
    "Interval",
    "Metrics",
    "Score",
    "Scores",
    "Threshold",
    "WantedThreshold",
    "WorkingPoint",
    "WorkingScore",
    "evaluate",
]
