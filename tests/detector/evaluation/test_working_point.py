import pytest

from detector.evaluation.coco_ap import run_coco
from detector.evaluation.working_point import image_outcomes, working_point
from support.scenes import found, make_truth, random_scene

A, B, C = (0.0, 0.0, 40.0, 40.0), (100.0, 0.0, 140.0, 40.0), (200.0, 0.0, 240.0, 40.0)


def measure(truth, results, confidence=0.25):
    coco = run_coco(truth, results, sizes=False)
    outcomes = image_outcomes(coco, truth, confidence)
    return working_point(coco, outcomes, confidence), outcomes


def test_counted_by_hand():
    truth = make_truth([[(0, A), (1, B), (2, C)], []])
    point, outcomes = measure(truth, [
        found(1, 0, 0.9, A),  # right
        found(1, 0, 0.8, B),  # wrong label
        found(1, 2, 0.2, C),  # too weak: missed
        found(2, 1, 0.7, A),  # on background
    ])  # fmt: skip
    assert point.confusion_matrix == (
        (1, 0, 0, 0),
        (1, 0, 0, 0),
        (0, 0, 0, 1),
        (0, 1, 0, 0),
    )
    assert (point.matched_faces, point.label_accuracy) == (2, 0.5)
    first = point.classes["with_mask"]
    assert (first.true_positives, first.false_positives, first.false_negatives) == (1, 1, 0)
    assert (first.precision, first.recall, first.f1) == (0.5, 1, pytest.approx(2 / 3))
    second = point.classes["without_mask"]
    assert (second.precision, second.recall, second.f1) == (0, 0, 0)
    rare = point.classes["mask_worn_incorrectly"]
    assert (rare.precision, rare.recall, rare.f1) == (None, 0, 0)
    assert (point.any_face.true_positives, point.any_face.false_positives) == (2, 1)
    assert [image.mistakes for image in outcomes] == [2, 1]


def test_the_more_confident_of_two_boxes_names_a_face():
    truth = make_truth([[(1, A)]])
    point, _ = measure(truth, [found(1, 0, 0.9, A), found(1, 1, 0.8, A)])
    assert point.confusion_matrix[1] == (1, 0, 0, 0)
    assert point.confusion_matrix[3] == (0, 1, 0, 0)
    assert point.label_accuracy == 0
    # Class by class, as for AP, the second box is a hit.
    assert point.classes["without_mask"].recall == 1


def test_a_detection_takes_the_face_it_overlaps_most():
    near = (30.0, 0.0, 70.0, 40.0)
    truth = make_truth([[(0, A), (1, near)]])
    point, _ = measure(truth, [found(1, 1, 0.9, (26.0, 0.0, 66.0, 40.0))])
    assert point.confusion_matrix[1][1] == 1


def test_an_overlap_of_less_than_half_is_no_match():
    point, _ = measure(make_truth([[(0, A)]]), [found(1, 0, 0.9, (0.0, 0.0, 40.0, 19.9))])
    assert point.confusion_matrix == ((0, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0), (1, 0, 0, 0))
    point, _ = measure(make_truth([[(0, A)]]), [found(1, 0, 0.9, (0.0, 0.0, 40.0, 20.0))])
    assert point.confusion_matrix[0] == (1, 0, 0, 0)


def test_the_working_confidence_itself_is_left_out_as_by_the_detector():
    point, _ = measure(make_truth([[(0, A)]]), [found(1, 0, 0.25, A)])
    assert point.classes["with_mask"].true_positives == 0


def test_nothing_found_and_nothing_there():
    point, _ = measure(make_truth([[]]), [])
    assert point.label_accuracy is None
    assert (point.any_face.precision, point.any_face.recall, point.any_face.f1) == (None, None, None)


@pytest.mark.parametrize("confidence", [0.1, 0.4, 0.8])
def test_matrix_and_counts_agree_on_any_scene(confidence):
    truth, results = random_scene(5)
    point, outcomes = measure(truth, results, confidence)
    faces = [sum(row) for row in point.confusion_matrix[:-1]]
    assert faces == [sum((image.class_id == c).sum() for image in truth.images) for c in range(3)]
    drawn = [sum(row[c] for row in point.confusion_matrix) for c in range(3)]
    assert drawn == [sum(r["category_id"] == c and r["score"] > confidence for r in results) for c in range(3)]
    assert point.matched_faces == point.any_face.true_positives
    for score, count in zip(point.classes.values(), faces, strict=True):
        assert score.true_positives + score.false_negatives == count
    # A matching made for this confidence alone is the same as the part above it of the matching for AP.
    alone, _ = measure(truth, [r for r in results if r["score"] > confidence], confidence)
    assert alone == point
    assert sum(image.mistakes for image in outcomes) == sum(
        point.confusion_matrix[r][c] for r in range(4) for c in range(4) if r != c
    )
