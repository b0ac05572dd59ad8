"""Calibration and wanted thresholds."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from detector.errors import OptionError
from detector.evaluation.calibration import calibrate
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.plots import draw_reliability
from detector.evaluation.thresholds import (
    CONFIDENCES,
    ThresholdCounts,
    Wanted,
    parse_wanted,
    right_answers,
)
from detector.evaluation.working_point import image_outcomes
from support.scenes import found, make_truth, random_scene

A, B, C = (0.0, 0.0, 40.0, 40.0), (100.0, 0.0, 140.0, 40.0), (200.0, 0.0, 240.0, 40.0)


def outcomes_of(truth, results, confidence=0.25):
    return image_outcomes(run_coco(truth, results, sizes=False), truth, confidence)


def counted(truth, results) -> ThresholdCounts:
    counts = ThresholdCounts()
    counts.add_results(truth, results)
    return counts


def test_reliability_counted_by_hand():
    truth = make_truth([[(0, A), (1, B)]])
    results = [
        found(1, 0, 0.85, A),  # right
        found(1, 0, 0.81, B),  # on a face, with another label
        found(1, 2, 0.45, C),  # on background
        found(1, 2, 1.0, (300.0, 0.0, 340.0, 40.0)),
    ]
    calibration = calibrate(outcomes_of(truth, results))
    assert [(each.low, each.answers, each.right) for each in calibration.bins] == [
        (0.4, 1, 0.0), (0.8, 2, 0.5), (0.9, 1, 0.0),
    ]  # fmt: skip
    assert calibration.bins[1].confidence == pytest.approx(0.83)
    assert calibration.error == pytest.approx((0.45 + 2 * 0.33 + 1.0) / 4)
    low, high = calibration.bins[1].interval
    assert 0 < low < 0.5 < high < 1


def test_no_answer_has_no_calibration(tmp_path: Path):
    calibration = calibrate(outcomes_of(make_truth([[(0, A)]]), []))
    assert (calibration.bins, calibration.error) == ((), None)
    draw_reliability(
        tmp_path / "plot.png", calibration, counted(make_truth([[(0, A)]]), []).choose(Wanted("recall", 1))
    )
    with Image.open(tmp_path / "plot.png") as plot:
        plot.load()


@pytest.mark.parametrize("confidence", [0.1, 0.25, 0.5, 0.9])
def test_counts_are_those_of_an_evaluation_at_that_confidence(confidence):
    truth, results = random_scene(7)
    outcomes = [each for image in outcomes_of(truth, results, confidence) for each in image.outcomes]
    threshold = counted(truth, results).choose(Wanted("precision", 0.5)).thresholds[CONFIDENCES.index(confidence)]
    assert threshold.answers == sum(each.found is not None for each in outcomes)
    assert threshold.right == sum(each.found is not None and each.right for each in outcomes)
    assert threshold.faces == sum(each.face is not None for each in outcomes)


def test_of_several_confidences_the_one_that_finds_most_is_chosen():
    truth = make_truth([[(0, A), (0, B), (0, C)]])
    results = [
        found(1, 0, 0.905, A),
        found(1, 1, 0.805, B),  # wrong
        found(1, 0, 0.705, C),
        found(1, 0, 0.305, (300.0, 0.0, 340.0, 40.0)),  # wrong
    ]
    chosen = counted(truth, results).choose(Wanted("precision", 0.6)).chosen
    assert (chosen.confidence, chosen.precision, chosen.recall) == (0.7, pytest.approx(2 / 3), pytest.approx(2 / 3))
    chosen = counted(truth, results).choose(Wanted("recall", 0.3)).chosen
    assert (chosen.confidence, chosen.precision) == (0.9, 1.0)


def test_what_no_confidence_has_is_not_made_up():
    truth = make_truth([[(0, A), (0, B)]])
    wanted = counted(truth, [found(1, 0, 0.6, A)]).choose(Wanted("recall", 0.9))
    assert (wanted.chosen, wanted.interval) == (None, None)
    assert (wanted.nearest.recall, wanted.nearest.precision) == (0.5, 1.0)
    assert counted(make_truth([[]]), []).choose(Wanted("precision", 0.9)).nearest is None


def test_a_second_answer_on_a_face_is_not_right():
    (image,) = make_truth([[(0, A)]]).images
    assert right_answers(image, np.array([A, A]), np.array([0, 0])).tolist() == [True, False]


@pytest.mark.parametrize("text", ["0.95", "precision", "f1=0.9", "precision=95", "recall=0", "recall=x"])
def test_what_cannot_be_wanted_is_refused(text):
    with pytest.raises(OptionError, match="precision="):
        parse_wanted(text)


def test_wanted_figures_are_read():
    assert parse_wanted("precision=0.95") == Wanted("precision", 0.95)
    assert parse_wanted("Recall = 1") == Wanted("recall", 1.0)
