"""Reliability: whether the confidences of answers are what they say."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.confidence_metrics import Calibration, CalibrationBin
from detector.evaluation.wilson import wilson_interval
from detector.evaluation.working_point import ImageOutcome

_BINS = 10


def calibrate(outcomes: Sequence[ImageOutcome]) -> Calibration:
    """Compare confidences with the shares of right answers, in ten ranges of confidence.

    Args:
        outcomes: The answers at the working confidence.
    """
    answers = [outcome for image in outcomes for outcome in image.outcomes if outcome.confidence is not None]
    scores = np.array([outcome.confidence for outcome in answers], np.float64)
    right = np.array([outcome.right for outcome in answers], bool)
    places = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    bins = tuple(_bin(place, scores[places == place], right[places == place]) for place in sorted({*places.tolist()}))
    error = sum(each.answers * abs(each.right - each.confidence) for each in bins)
    return Calibration(bins, float(error / len(answers)) if answers else None)


def _bin(place: int, scores: NDArray[np.float64], right: NDArray[np.bool_]) -> CalibrationBin:
    hits = int(right.sum())
    return CalibrationBin(
        place / _BINS,
        (place + 1) / _BINS,
        len(scores),
        float(scores.mean()),
        hits / len(scores),
        wilson_interval(hits, len(scores)),
    )
