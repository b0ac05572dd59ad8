"""How good a detector is on an annotated split: the numbers that `docs/eval.md` defines."""

from detector.evaluation.metrics import (
    Comparison,
    Difference,
    Interval,
    Metrics,
    Score,
    Scores,
    WorkingPoint,
    WorkingScore,
)
from detector.evaluation.run import evaluate

__all__ = [
    "Comparison",
    "Difference",
    "Interval",
    "Metrics",
    "Score",
    "Scores",
    "WorkingPoint",
    "WorkingScore",
    "evaluate",
]
