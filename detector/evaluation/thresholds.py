"""The confidence that gives a wanted precision or recall.

Every confidence from 0.01 to 0.99 is tried as a user's `conf`. Answers at a high confidence are not always those of a
low one with the weaker ones left out, because a weak box may replace a stronger one at another scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import OptionError
from detector.evaluation.confidence_metrics import Threshold, WantedThreshold
from detector.evaluation.ground_truth import GroundTruth, TruthImage
from detector.evaluation.matching import match_boxes
from detector.evaluation.predictions import Result
from detector.evaluation.wilson import wilson_interval
from detector.settings import DetectorSettings

CONFIDENCES = tuple(number / 100 for number in range(1, 100))
"""The confidences that are tried."""

_FIGURES = ("precision", "recall")
_MATCH = 0.5  # IoU


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wanted precision or recall."""

    figure: str
    value: float


def parse_wanted(text: str) -> Wanted:
    """Read `precision=0.95` or `recall=0.9`.

    Raises:
        OptionError: It is something else.
    """
    figure, _, value = text.partition("=")
    try:
        wanted = Wanted(figure.strip().lower(), float(value))
    except ValueError:
        wanted = Wanted(figure, -1.0)
    if wanted.figure not in _FIGURES or not 0 < wanted.value <= 1:
        raise OptionError("want", repr(text), "precision=0.95 or recall=0.9, above 0 and up to 1")
    return wanted


@dataclass(slots=True)
class ThresholdCounts:
    """Counts answers, and right ones, at every confidence.

    Attributes:
        faces: Annotated faces so far.
        answers: int64 (C,): answers at each of `CONFIDENCES`.
        right: int64 (C,): those on a face, with its label.
    """

    faces: int = 0
    answers: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(CONFIDENCES), np.int64))
    right: NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(CONFIDENCES), np.int64))

    def add(self, image: TruthImage, found: Sequence[Detections]) -> None:
        """Count one picture.

        Args:
            image: The picture.
            found: The answers at each of `CONFIDENCES`, best score first.
        """
        self.faces += len(image.xyxy)
        for place, detections in enumerate(found):
            self.answers[place] += len(detections)
            self.right[place] += int(right_answers(image, detections.xyxy, detections.class_id).sum())

    def add_results(self, truth: GroundTruth, results: Sequence[Result]) -> None:
        """Count all pictures of a split, with detections that were read from a file."""
        by_image: dict[int, list[Result]] = {image.id: [] for image in truth.images}
        for result in results:
            if result["image_id"] in by_image:
                by_image[result["image_id"]].append(result)
        for image in truth.images:
            rows = sorted(by_image[image.id], key=lambda row: -row["score"])
            boxes = np.array([row["bbox"] for row in rows], np.float64).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            scores = np.array([row["score"] for row in rows], np.float64)
            right = right_answers(image, boxes, np.array([row["category_id"] for row in rows], np.int64))
            self.faces += len(image.xyxy)
            # Weaker boxes do not change what stronger ones are matched with.
            above = scores[None, :] > np.array(CONFIDENCES)[:, None]
            self.answers += above.sum(axis=1)
            self.right += (above & right).sum(axis=1)

    def choose(self, wanted: Wanted) -> WantedThreshold:
        """Find the confidence with the wanted figure at which the other figure is highest."""
        thresholds = [self._threshold(place) for place in range(len(CONFIDENCES))]
        known = [each for each in thresholds if _value(each, wanted.figure) is not None]
        other = _FIGURES[1 - _FIGURES.index(wanted.figure)]
        enough = [each for each in known if (_value(each, wanted.figure) or 0) >= wanted.value]
        chosen = max(enough, key=lambda each: (_value(each, other) or 0, each.confidence), default=None)
        nearest = max(known, key=lambda each: _value(each, wanted.figure) or 0, default=None)
        interval = None
        if chosen is not None:
            interval = wilson_interval(chosen.right, chosen.answers if other == "recall" else chosen.faces)
        return WantedThreshold(wanted.figure, wanted.value, chosen, nearest, interval, tuple(thresholds))

    def _threshold(self, place: int) -> Threshold:
        answers, right = int(self.answers[place]), int(self.right[place])
        precision, recall = right / answers if answers else None, right / self.faces if self.faces else None
        return Threshold(CONFIDENCES[place], answers, right, self.faces, precision, recall)


def settings_at(settings: DetectorSettings) -> list[DetectorSettings]:
    """The settings with each of `CONFIDENCES`."""
    return [replace(settings, conf=confidence) for confidence in CONFIDENCES]


def right_answers(image: TruthImage, xyxy: NDArray[np.floating], class_id: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which answers are on a face and have its label.

    They are matched with faces as `image_outcomes` does, from an IoU of 0.5 on.

    Args:
        image: The picture.
        xyxy: (N, 4), best score first.
        class_id: (N,).
    """
    face = match_boxes(xyxy, image.xyxy, _MATCH)
    right = face >= 0
    right[right] = class_id[right] == image.class_id[face[right]]
    return right


def _value(threshold: Threshold, figure: str) -> float | None:
    return threshold.precision if figure == "precision" else threshold.recall
