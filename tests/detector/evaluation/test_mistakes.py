import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.evaluation.coco_ap import run_coco
from detector.evaluation.mistakes import KINDS, MOST, find_mistakes, write_mistakes
from detector.evaluation.working_point import image_outcomes
from support.scenes import NAMES, found, make_truth, random_scene

NEAR = (20.0, 0.0, 60.0, 40.0)  # IoU 1/3 with A
A, B = (0.0, 0.0, 40.0, 40.0), (100.0, 0.0, 140.0, 40.0)


def mistakes_of(truth, results, confidence=0.25):
    outcomes = image_outcomes(run_coco(truth, results, sizes=False), truth, confidence)
    return find_mistakes(outcomes, NAMES), outcomes


def counts(faces, detections) -> dict[str, int]:
    results = [found(1, class_id, score, xyxy) for class_id, score, xyxy in detections]
    several, _ = mistakes_of(make_truth([faces]), results)
    return {kind: len(members) for kind, members in several.items() if members}


@pytest.mark.parametrize(
    ("detections", "expected"),
    [
        ([(0, 0.9, A)], {}),
        ([], {"missed": 1}),
        ([(1, 0.9, A)], {"wrong label": 1}),
        ([(0, 0.9, A), (1, 0.8, A)], {"two answers": 1}),
        ([(0, 0.9, A), (0, 0.8, (10.0, 10.0, 20.0, 20.0))], {"two answers": 1}),  # inside the face
        ([(0, 0.9, NEAR)], {"badly placed": 1}),  # not missed as well
        ([(0, 0.9, NEAR), (0, 0.8, (22.0, 0.0, 62.0, 40.0))], {"badly placed": 1, "not annotated": 1}),
        ([(0, 0.9, A), (0, 0.8, B)], {"not annotated": 1}),
        ([(0, 0.9, A), (0, 0.2, B)], {}),  # below the confidence
    ],
)  # fmt: skip
def test_a_mistake_has_the_kind_that_its_boxes_have(detections, expected):
    assert counts([(0, A)], detections) == expected


def test_every_mistake_is_of_one_kind():
    truth, results = random_scene(3)
    several, outcomes = mistakes_of(truth, results)
    total = sum(image.mistakes for image in outcomes)
    assert sum(map(len, several.values())) == total - len(several["badly placed"])  # a box and a face that are one
    assert all(several[kind] for kind in ("missed", "wrong label", "not annotated"))


def test_every_mistake_is_listed_and_the_first_ones_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cv2.imwrite(str(tmp_path / "1.jpg"), np.full((480, 640, 3), 90, np.uint8))
    monkeypatch.chdir(tmp_path)
    faces = [(1, (10.0 * n, 0.0, 10.0 * n + 9 - n / 10, 30.0)) for n in range(MOST + 2)]
    several, _ = mistakes_of(make_truth([faces]), [found(1, 2, 0.9, (0.0, 300.0, 50.0, 350.0))])
    out = tmp_path / "report"
    (out / "mistakes").mkdir(parents=True)
    (out / "mistakes" / "wrong_label.jpg").write_bytes(b"of an earlier report")
    write_mistakes(out, several, NAMES)
    with (out / "mistakes.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == MOST + 3
    assert rows[0] == {
        "image": "1.jpg", "kind": "missed", "annotated": "without_mask", "detected": "", "confidence": "",
        "x1": "0.0", "y1": "0.0", "x2": "9.0", "y2": "30.0",
    }  # fmt: skip
    assert rows[-1]["detected"] == "mask_worn_incorrectly"
    assert sorted(path.name for path in (out / "mistakes").iterdir()) == ["missed.jpg", "not_annotated.jpg"]
    sheet = cv2.imread(str(out / "mistakes" / "not_annotated.jpg"))
    assert (abs(sheet.astype(int) - (242, 61, 255)).max(axis=2) < 40).sum() > 500


def test_every_kind_has_a_sentence():
    assert list(KINDS) == ["missed", "badly placed", "wrong label", "two answers", "not annotated"]
    assert all(text.endswith(".") for text in KINDS.values())
