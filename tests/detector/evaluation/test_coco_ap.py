import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from detector.evaluation.coco_ap import SIZES, run_coco
from support.scenes import found, make_truth, random_scene

FACE = (100.0, 100.0, 140.0, 140.0)


def by_hand(truth, results, **settings) -> COCOeval:
    """pycocotools as its documentation says to use it."""
    with contextlib.redirect_stdout(io.StringIO()):
        faces = COCO()
        faces.dataset = truth.to_coco()
        faces.createIndex()
        evaluation = COCOeval(faces, faces.loadRes([dict(result) for result in results]), "bbox")
        for name, value in settings.items():
            setattr(evaluation.params, name, value)
        evaluation.evaluate()
        evaluation.accumulate()
        if not settings:
            evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_summary_of_pycocotools_where_no_image_has_100_detections(seed):
    truth, results = random_scene(seed)
    stats = by_hand(truth, results).stats
    mean = run_coco(truth, results).scores().mean
    assert (mean.ap, mean.ap50, mean.ap75) == pytest.approx(tuple(stats[:3]), abs=1e-12)


def test_a_class_alone_equals_pycocotools_on_that_class_alone():
    truth, results = random_scene(3)
    scores = run_coco(truth, results).scores()
    for class_id, name in enumerate(truth.names):
        alone = by_hand(truth, results, catIds=[class_id])
        assert scores.classes[name].ap50 == pytest.approx(alone.eval["precision"][0, :, 0, 0, -1].mean())
        assert scores.classes[name].recall == pytest.approx(alone.eval["recall"][0, 0, 0, -1])


def test_detections_beyond_the_hundredth_count_up_to_300():
    face = (0, FACE)
    wrong = [found(1, 0, 0.9 - i / 1000, (300, 300, 310, 310)) for i in range(299)]
    truth = make_truth([[face]])
    assert run_coco(truth, [*wrong, found(1, 0, 0.1, FACE)]).scores().mean.recall == 1
    assert run_coco(truth, [*wrong, wrong[0], found(1, 0, 0.1, FACE)]).scores().mean.recall == 0


def test_any_face_ignores_labels():
    scores = run_coco(make_truth([[(0, FACE)]]), [found(1, 2, 0.9, FACE)]).scores()
    assert scores.classes["with_mask"].ap50 == 0
    assert scores.any_face.ap50 == pytest.approx(1)
    assert scores.any_face.recall == 1


def test_any_face_counts_a_second_box_on_a_face_as_wrong():
    scores = run_coco(make_truth([[(0, FACE)], [(0, FACE)]]), [
        found(1, 1, 0.9, FACE), found(1, 0, 0.8, FACE), found(2, 0, 0.7, FACE)
    ]).scores()  # fmt: skip
    # Right, wrong, right: precision 1 up to recall 0.5 (51 of the 101 samples), 2/3 beyond.
    assert scores.any_face.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert scores.classes["with_mask"].ap50 == pytest.approx(1)


def test_a_class_without_faces_has_no_figures_and_is_not_in_the_mean():
    scores = run_coco(make_truth([[(0, FACE)]]), [found(1, 0, 0.9, FACE), found(1, 2, 0.9, FACE)]).scores()
    rare = scores.classes["mask_worn_incorrectly"]
    assert (rare.instances, rare.ap, rare.ap50, rare.ap75, rare.recall) == (0, None, None, None, None)
    assert scores.mean.ap50 == pytest.approx(1)


def test_faces_that_nothing_was_found_of_are_zero_not_missing():
    scores = run_coco(make_truth([[(0, FACE)], [(1, FACE)]]), []).scores()
    assert (scores.mean.ap, scores.mean.recall, scores.any_face.ap50) == (0, 0, 0)
    assert scores.classes["with_mask"].instances == 1


def test_background_only():
    scores = run_coco(make_truth([[], []]), [found(1, 0, 0.9, FACE)]).scores()
    assert (scores.images, scores.mean.instances, scores.mean.ap, scores.any_face.ap) == (2, 0, None, None)


def test_a_detection_on_a_background_image_counts_against_precision():
    hit, false = found(1, 0, 0.5, FACE), found(2, 0, 0.9, FACE)
    assert run_coco(make_truth([[(0, FACE)], []]), [hit]).scores().mean.ap50 == pytest.approx(1)
    assert run_coco(make_truth([[(0, FACE)], []]), [hit, false]).scores().mean.ap50 == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("side", "size"),
    [(15.9, "under_16"), (16, "16_to_32"), (31.9, "16_to_32"), (32, "32_to_96"), (95.9, "32_to_96"), (96, "over_96")],
)
def test_a_face_is_in_one_size_group_the_larger_on_a_border(side, size):
    box = (10.0, 10.0, 10.0 + side, 10.0 + side)
    coco = run_coco(make_truth([[(0, box)]]), [found(1, 0, 0.9, box)])
    counts = {name: coco.scores(area).mean.instances for area, name in enumerate(SIZES, start=1)}
    assert counts == {name: int(name == size) for name in SIZES}


def test_six_decimals_of_a_label_file_do_not_move_a_face_to_another_size_group():
    side = round(16 / 301, 6) * 301  # 15.999955
    assert side < 16
    coco = run_coco(make_truth([[(0, (0, 0, side, side))]]), [])
    assert coco.scores(2).mean.instances == 1


def test_sizes_follow_pycocotools_area_ranges():
    truth, results = random_scene(4)
    areas = [[0, 1e10], [0, 255.9], [256, 1023.9], [1024, 9215.9], [9216, 1e10]]
    hand = by_hand(truth, results, areaRng=areas, areaRngLbl=["a", "b", "c", "d", "e"], maxDets=[300])
    coco = run_coco(truth, results)
    total = 0
    for area in range(1, 5):
        scores = coco.scores(area)
        total += scores.mean.instances
        precision = hand.eval["precision"][0, :, :, area, 0]
        assert scores.mean.ap50 == pytest.approx(precision[precision > -1].mean())
    assert total == coco.scores().mean.instances


def test_crowds_are_images_with_ten_faces_or_more_and_other_images_do_not_count():
    def row(faces):
        return [(0, (40.0 * i, 0.0, 40.0 * i + 20, 20.0)) for i in range(faces)]

    truth = make_truth([row(9), row(10), row(11)]).crowds(10)
    assert [image.id for image in truth.images] == [2, 3]
    results = [found(1, 0, 0.99, (500, 400, 520, 420)), *(found(2, 0, 0.9, xyxy) for _, xyxy in row(10))]
    scores = run_coco(truth, results, sizes=False).scores()
    assert (scores.images, scores.mean.instances) == (2, 21)
    assert scores.mean.recall == pytest.approx(10 / 21)
    assert scores.mean.ap50 == pytest.approx(np.mean(np.linspace(0, 1, 101) <= 10 / 21))


def test_pycocotools_is_silent(capsys):
    run_coco(*random_scene(0, images=2))
    assert capsys.readouterr().out == ""
