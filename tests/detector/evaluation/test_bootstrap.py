from dataclasses import replace

import numpy as np
import pytest

from detector.evaluation.bootstrap import ap50, ap50_samples, compare_runs, read_matches, scores_with_intervals
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth
from support.scenes import found, make_truth, random_scene

FACE = (100.0, 100.0, 140.0, 140.0)


def resampled(truth, results, weights):
    """The dataset that a resample stands for, with every image as often as it was drawn."""
    images, copies = [], []
    for image, times in zip(truth.images, weights, strict=True):
        for _ in range(times):
            number = len(images) + 1
            images.append((number, image))
            copies += [{**r, "image_id": number} for r in results if r["image_id"] == image.id]
    return GroundTruth(truth.names, tuple(replace(image, id=number) for number, image in images)), copies


@pytest.mark.parametrize("seed", range(4))
def test_on_the_full_set_equals_pycocotools_exactly(seed):
    truth, results = random_scene(seed)
    coco = run_coco(truth, results, sizes=False)
    scores = coco.scores()
    once = np.ones(len(truth.images), int)
    ours = [ap50(read_matches(per_image), once) for per_image in coco.matches()]
    theirs = [score.ap50 for score in (*scores.classes.values(), scores.any_face)]
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_on_a_resample_equals_pycocotools_on_the_images_it_stands_for():
    truth, results = random_scene(7, images=12)
    coco = run_coco(truth, results, sizes=False)
    random = np.random.default_rng(1)
    for _ in range(5):
        weights = np.bincount(random.integers(12, size=12), minlength=12)
        scores = run_coco(*resampled(truth, results, weights), sizes=False).scores()
        for per_image, score in zip(coco.matches(), (*scores.classes.values(), scores.any_face), strict=True):
            ours = ap50(read_matches(per_image), weights)
            assert np.isnan(ours) if score.ap50 is None else ours == pytest.approx(score.ap50, abs=1e-12)


def test_a_perfect_detector_has_no_spread():
    truth = make_truth([[(0, FACE), (1, (0.0, 0.0, 30.0, 30.0))]] * 5)
    results = [found(i, c, 0.9, xyxy) for i in range(1, 6) for c, xyxy in ((0, FACE), (1, (0.0, 0.0, 30.0, 30.0)))]
    coco = run_coco(truth, results)
    scores = scores_with_intervals(coco, 50, seed=0)
    for score in (scores.mean, scores.classes["with_mask"], scores.any_face):
        interval = score.ap50_interval
        assert (interval.low, interval.high, interval.resamples) == (pytest.approx(1), pytest.approx(1), 50)
    assert scores.classes["mask_worn_incorrectly"].ap50_interval is None


def test_resamples_without_the_only_face_of_a_class_are_not_counted():
    truth = make_truth([[(0, FACE), (2, (0.0, 0.0, 30.0, 30.0))]] + [[(0, FACE)]] * 9)
    coco = run_coco(truth, [found(i, 0, 0.9, FACE) for i in range(1, 11)])
    scores = scores_with_intervals(coco, 500, seed=0)
    rare = scores.classes["mask_worn_incorrectly"].ap50_interval
    # The image is missing from (9/10)^10 = 35 % of the resamples.
    assert 0.55 < rare.resamples / 500 < 0.75
    assert scores.mean.ap50_interval.resamples == rare.resamples
    assert scores.classes["with_mask"].ap50_interval.resamples == 500


def test_the_interval_of_found_and_missed_images_is_binomial():
    # Ten images, one face each, every second one found: AP50 is (about) the share of images that were found.
    truth = make_truth([[(0, FACE)]] * 10)
    coco = run_coco(truth, [found(i, 0, 0.9, FACE) for i in range(1, 11, 2)])
    interval = scores_with_intervals(coco, 2000, seed=0).mean.ap50_interval
    assert interval.low == pytest.approx(0.2, abs=0.02)
    assert interval.high == pytest.approx(0.8, abs=0.02)


def test_the_seed_decides_the_resamples():
    coco = run_coco(*random_scene(0, images=10), sizes=False)
    first = ap50_samples(coco, 20, seed=5)
    assert np.array_equal(first, ap50_samples(coco, 20, seed=5), equal_nan=True)
    assert not np.array_equal(first, ap50_samples(coco, 20, seed=6), equal_nan=True)


def test_no_detections_and_no_faces():
    nothing = run_coco(make_truth([[], []]), [])
    scores = scores_with_intervals(nothing, 10, seed=0)
    assert scores.mean.ap50_interval is None
    assert scores.any_face.ap50_interval is None
    blind = run_coco(make_truth([[(0, FACE)], [(0, FACE)]]), [])
    assert scores_with_intervals(blind, 10, seed=0).mean.ap50_interval.high == 0


def compare(truth, ours, theirs):
    return compare_runs("other", run_coco(truth, ours), run_coco(truth, theirs), 200, seed=0)


def test_a_comparison_is_paired():
    # Both miss the same images, and ours misses one more box: unpaired, the intervals would overlap widely.
    truth = make_truth([[(0, FACE), (0, (0.0, 0.0, 30.0, 30.0))]] * 20)
    theirs = [found(i, 0, 0.9, FACE) for i in range(1, 21) if i % 3]
    ours = theirs + [found(i, 0, 0.8, (0.0, 0.0, 30.0, 30.0)) for i in range(1, 21) if i % 3]
    result = compare(truth, ours, theirs).mean
    assert result.ap50 == pytest.approx(0.32, abs=0.03)
    assert result.interval.low > 0
    assert (result.better, result.worse) == (1, 0)


def test_the_same_predictions_are_neither_better_nor_worse():
    truth, results = random_scene(1, images=10)
    result = compare(truth, results, results)
    assert (result.mean.ap50, result.mean.better, result.mean.worse) == (0, 0, 0)
    assert (result.any_face.interval.low, result.any_face.interval.high) == (0, 0)


def test_exchanging_the_sides_turns_the_signs():
    truth, results = random_scene(2, images=10)
    weaker = [{**r, "score": 1 - r["score"]} for r in results]
    there, back = compare(truth, results, weaker), compare(truth, weaker, results)
    for name in truth.names:
        assert there.classes[name].ap50 == pytest.approx(-back.classes[name].ap50)
        assert there.classes[name].better == back.classes[name].worse
        assert there.classes[name].interval.low == pytest.approx(-back.classes[name].interval.high)
