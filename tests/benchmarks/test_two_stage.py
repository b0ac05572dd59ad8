"""The pieces of `benchmarks/two_stage`: where crops lie, what fitted boxes are, and who is blamed for what."""

import json
import runpy
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import stage_losses
from crop_classifier import average_precision, judge
from face_crops import SIZE, Augmentation, crop_face, cut_face
from face_pipeline import BoxFit, FaceFinder, TwoStage
from report import Measured, Report, draw_chart, to_markdown
from side_by_side import draw_side_by_side
from stage_losses import FALSE, FATES, account

from converters.boxes import iou
from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.evaluation import evaluate
from detector.evaluation.coco_ap import run_coco
from detector.evaluation.ground_truth import GroundTruth, TruthImage, load_ground_truth
from detector.evaluation.working_point import image_outcomes

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


def truth_of(*boxes, class_id=0) -> GroundTruth:
    xyxy = np.array(boxes, float).reshape(-1, 4)
    image = TruthImage(1, Path("a.png"), "a.png", 400, 300, xyxy, np.full(len(xyxy), class_id))
    return GroundTruth(NAMES, (image,))


def result(box, score, class_id=0):
    x1, y1, x2, y2 = box
    bbox = [x1, y1, x2 - x1, y2 - y1]
    return {"image_id": 1, "file_name": "a.png", "category_id": class_id, "bbox": bbox, "score": score}


@pytest.mark.parametrize("box", [(100, 80, 120, 110), (4, 2, 24, 32), (60, 20, 260, 260), (380, 270, 400, 300)])
def test_a_crop_holds_its_face_in_the_middle_with_a_margin(box):
    image = np.zeros((300, 400, 3), np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = 255
    crop = crop_face(cut_face(image, np.array(box, float)))
    assert crop.shape == (SIZE, SIZE, 3)
    rows, columns = np.nonzero(crop[..., 0] > 180)  # outside the picture it is grey
    per_pixel = SIZE / (1.3 * max(x2 - x1, y2 - y1))
    assert np.mean(columns) == pytest.approx((SIZE - 1) / 2, abs=1)
    assert np.mean(rows) == pytest.approx((SIZE - 1) / 2, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx((x2 - x1) * per_pixel, abs=per_pixel + 2)
    assert np.ptp(rows) + 1 == pytest.approx((y2 - y1) * per_pixel, abs=per_pixel + 2)


def test_crops_outside_the_picture_and_changed_crops_are_crops_all_the_same():
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    rng = np.random.default_rng(1)
    for box in [(-30, -30, -10, -5), (79.5, 59.5, 80, 60), (90, 70, 95, 80), (0, 0, 80, 60), (10, 10, 10, 10)]:
        face = cut_face(image, np.array(box, float))
        for augmentation in (None, Augmentation()):
            crop = crop_face(face, augmentation, rng)
            assert crop.shape == (SIZE, SIZE, 3)
            assert crop.dtype == np.uint8


def test_the_same_draws_give_the_same_crop_and_others_another():
    image = np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)
    face = cut_face(image, np.array([20.0, 20, 50, 50]))
    first, again, other = (crop_face(face, Augmentation(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_fitted_boxes_move_and_scale_by_shares_of_their_sides():
    boxes = np.array([[100.0, 100, 120, 140]])
    assert BoxFit().apply(boxes).tolist() == boxes.tolist()
    assert BoxFit(0.5, 0.25, 2, 0.5).apply(boxes)[0].tolist() == [100, 120, 140, 140]


FACE = (100, 100, 140, 140)
HALF = (100, 100, 140, 112)  # IoU 0.3 with it
ELSEWHERE = (10, 10, 40, 40)


@pytest.mark.parametrize(
    ("results", "fate"),
    [
        ([result(FACE, 0.9)], "right label"),
        ([result(FACE, 0.9, 1)], "wrong label"),
        ([result(HALF, 0.9)], "box too far off"),
        ([result(HALF, 0.9), result(FACE, 0.3)], "box too far off"),
        ([result(FACE, 0.3)], "score too low"),
        ([result(FACE, 0.2)], "not found"),
        ([result(ELSEWHERE, 0.9)], "not found"),
        ([], "not found"),
    ],
)
def test_every_face_has_one_fate(results, fate):
    fates, _ = account(truth_of(FACE), results, 0.5)
    assert [face.fate for face in fates] == [fate]
    assert fate in FATES
    assert (fates[0].size, fates[0].crowd, fates[0].class_id) == ("32_to_96", False, 0)


def test_boxes_without_a_face_of_their_own_are_told_apart():
    results = [result(FACE, 0.9), result((101, 100, 140, 140), 0.8, 1), result(HALF, 0.7), result(ELSEWHERE, 0.6)]
    _, false = account(truth_of(FACE), [*results, result(ELSEWHERE, 0.1)], 0.5)
    assert false == {(kind, False): 1 for kind in FALSE}


def test_ten_faces_are_a_crowd():
    boxes = [(30 * i, 0, 30 * i + 12, 12) for i in range(10)]
    fates, false = account(truth_of(*boxes), [result(ELSEWHERE, 0.9)], 0.5)
    assert all(face.crowd and face.size == "under_16" for face in fates)
    assert false == {("no face there", True): 1}


class Halves:
    """A classifier that calls everything with_mask, and is sure by half."""

    def __call__(self, image, xyxy):
        return np.tile([0.5, 0.3, 0.2], (len(xyxy), 1))


class TwoFaces:
    """A finder of two faces, one of them beyond the border."""

    def __call__(self, image):
        return np.array([[10.0, 10, 30, 30], [-5, 40, 15, 60]]), np.array([0.9, 0.4])


def test_the_score_of_each_label_is_the_product_of_both_stages():
    image = np.zeros((50, 100, 3), np.uint8)
    (faces,) = TwoStage(TwoFaces(), Halves(), NAMES, BoxFit(width=2), conf=0.19).predict([image])
    assert faces.labels == ["with_mask", "without_mask", "with_mask"]
    assert faces.confidence.tolist() == pytest.approx([0.45, 0.27, 0.2])
    assert faces.xyxy.tolist() == [[0, 10, 40, 30], [0, 10, 40, 30], [0, 40, 25, 50]]
    (none,) = TwoStage(TwoFaces(), Halves(), NAMES, conf=0.9).predict([image])
    assert len(none) == 0


def test_the_threshold_is_that_of_the_best_f1_whatever_the_label():
    best_threshold = runpy.run_path(str(Path(stage_losses.__file__).parent))["best_threshold"]
    other = (200, 100, 240, 140)
    results = [result(FACE, 0.9, 1), result(ELSEWHERE, 0.6), result(other, 0.55), result(ELSEWHERE, 0.2)]
    assert best_threshold(truth_of(FACE, other), results) == 0.54
    assert best_threshold(truth_of(FACE, other), results[:2]) == 0.89


@pytest.fixture
def report(tmp_path) -> Report:
    """Two contestants on one picture of two faces: one finds both, the other one of them under a wrong label."""
    for folder in ("images/val", "labels/val"):
        (tmp_path / folder).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "images/val/a.png"), np.zeros((300, 400, 3), np.uint8))
    other = (200, 100, 240, 140)
    rows = [
        f"{k} {(x1 + x2) / 800} {(y1 + y2) / 600} 0.1 {40 / 300}" for k, (x1, y1, x2, y2) in enumerate((FACE, other))
    ]
    (tmp_path / "labels/val/a.txt").write_text("\n".join(rows))
    (tmp_path / "data.yaml").write_text(f"val: images/val\nnames: {list(NAMES)}\n")
    truth = load_ground_truth(load_dataset_yaml(tmp_path / "data.yaml"), "val", Problems())
    measured = []
    for name, results in (("poor", [result(FACE, 0.9, 1)]), ("good", [result(FACE, 0.9), result(other, 0.8, 1)])):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(results))
        rival = tmp_path / "poor.json" if name == "good" else None
        metrics = evaluate(tmp_path / "data.yaml", predictions=path, compare=rival, resamples=5)
        fates, false = account(truth, results, 0.5)
        outcomes = image_outcomes(run_coco(truth, results), truth, 0.5)
        measured.append(Measured(name, metrics, tuple(fates), false, tuple(outcomes), 10.0, None, None))
    poor, good = measured
    poor = replace(poor, difference=good.metrics.comparison, finder_milliseconds=4.0)
    labelling = judge(np.array([[0.9, 0.1, 0], [0.2, 0.8, 0]]), np.array([0, 1]), 3)
    return Report((poor, good), NAMES, "val", labelling, np.array([1, 1, 0]), "`w.pt`", "a machine")


def test_the_page_has_whole_tables_with_the_figures_in_them(report):
    page = to_markdown(report)
    tables = [block.splitlines() for block in page.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for table in tables:
        assert len({line.count("|") for line in table}) == 1
    assert "AP50 over the classes 1.000 against 0.000 to 0.000" in page.replace("\n", " ")
    assert "| AP50 any face (2) | 0.505 | 1.000 |" in page
    assert "| **all faces** (2) | poor | 0.0% | 50.0% | 0.0% | 0.0% | 50.0% |" in page
    assert "| ... for finding alone | 4.0 | - |" in page
    assert all(len(line) <= 120 for line in page.splitlines() if not line.startswith("|"))


def test_chart_and_sheet_are_pictures(report, tmp_path):
    draw_chart(tmp_path / "chart.png", report)
    draw_side_by_side(tmp_path / "sheet.jpg", {one.name: one.outcomes for one in report.measured})
    assert cv2.imread(str(tmp_path / "chart.png")) is not None
    assert cv2.imread(str(tmp_path / "sheet.jpg")).shape[1] == 2 * 520


def test_average_precision_and_judgement():
    assert average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True])) == pytest.approx((1 + 2 / 3) / 2)
    probabilities = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.6, 0.4, 0]])
    rows = judge(probabilities, np.array([0, 1, 1]), 3)
    assert rows[:2, 0].tolist() == [1, 0.5]
    assert rows[:2, 1].tolist() == [0.5, 1]
    assert rows[3, 0] == pytest.approx(2 / 3)
    assert np.isnan(rows[2]).all()


def test_yunet_finds_a_face_at_both_sizes(shared):
    model = shared / "models" / "face_detection_yunet_2023mar.onnx"
    picture = shared / "data" / "face-mask-detection"
    from detector.media.images import read_image

    image = read_image(sorted((picture / "images").iterdir())[0])
    found = [FaceFinder(model, scale, 0.3)(image) for scale in (1, 2)]
    for xyxy, scores in found:
        assert xyxy.shape == (len(scores), 4)
        assert np.all(np.diff(scores) <= 0)
    best = [xyxy[:1] for xyxy, _ in found]
    assert iou(*best)[0, 0] > 0.5
