from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.augmentation.sample import Sample
from detector.detections import Detections
from detector.errors import UsageError
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.robustness import (
    CONDITIONS,
    measure_by_size,
    measure_conditions,
    measure_crops,
    measure_folders,
)
from detector.evaluation.robustness.counts import FoundFace, count_faces, match_faces
from detector.evaluation.robustness.measure import crop_around

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


def detections(boxes: list[tuple[float, ...]], scores: list[float], classes: list[int]) -> Detections:
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.array(scores, np.float32), np.array(classes, np.int64))


class BrightSquares:
    """Stands in for a detector: what is white is a bare face, what is red wears a mask."""

    batch_size, names = 3, NAMES

    def predict(self, images: list[np.ndarray]) -> list[Detections]:
        return [self._find(image) for image in images]

    def _find(self, image: np.ndarray) -> Detections:
        rows, columns = np.nonzero(image[..., 2] > 200)
        if not len(rows):
            return detections([], [], [])
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return detections([box], [0.9], [int(image[rows[0], columns[0], 0] > 200)])


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    """Two images of 100 x 80: a bare face of 40 pixels, and a masked one of 30."""
    for kind in ("images", "labels"):
        (tmp_path / kind / "val").mkdir(parents=True)
    for number, (side, colour) in enumerate(((40, (255, 255, 255)), (30, (0, 0, 255)))):
        image = np.zeros((80, 100, 3), np.uint8)
        image[20 : 20 + side, 10 : 10 + side] = colour
        cv2.imwrite(str(tmp_path / "images" / "val" / f"{number}.png"), image)
        box = f"{(10 + side / 2) / 100} {(20 + side / 2) / 80} {side / 100} {side / 80}"
        (tmp_path / "labels" / "val" / f"{number}.txt").write_text(f"{1 - number} {box}")
    (tmp_path / "data.yaml").write_text(f"val: images/val\nnames: {list(NAMES)}\n")
    return load_ground_truth(load_dataset_yaml(tmp_path / "data.yaml"), "val", Problems())


def test_each_face_gets_one_detection_the_most_certain_first() -> None:
    faces = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], float)
    found = detections([(0, 0, 10, 9), (0, 0, 10, 10), (22, 0, 36, 10)], [0.9, 0.8, 0.7], [2, 1, 0])
    assert match_faces(faces, found, iou=0.5) == [2, 0]
    assert match_faces(faces, found, iou=0.7) == [2, None]


def test_counts_tell_the_kinds_of_mistakes_apart() -> None:
    pairs = [(0, 0), (0, 1), (1, 0), (1, None), (2, 2), (2, 0)]
    counts = count_faces(FoundFace(true, found, 0.1) for true, found in pairs)
    assert (counts.faces, counts.found, counts.right) == (6, 5, 2)
    assert (counts.masked_called_bare, counts.bare_called_masked, counts.incorrect_right) == (1, 1, 1)
    assert (counts.recall, counts.label_accuracy) == (pytest.approx(5 / 6), pytest.approx(2 / 5))
    assert count_faces([]).recall is None


def test_faces_are_grouped_by_their_share_of_the_image(truth: GroundTruth) -> None:
    found = measure_conditions(BrightSquares(), truth, {"as it is": CONDITIONS["as it is"]}, 0.5)  # type: ignore[arg-type]
    by_size = measure_by_size(found["as it is"])
    assert by_size["40% to 80%"].faces == 1
    assert by_size["15% to 40%"].right == 1
    assert sum(counts.faces for counts in by_size.values()) == 2


def test_every_change_leaves_an_image_with_as_many_boxes(truth: GroundTruth) -> None:
    image = cv2.imread(str(truth.images[0].path))
    for change in CONDITIONS.values():
        changed = change(Sample(np.asarray(image, np.uint8), truth.images[0].xyxy, truth.images[0].class_id))
        assert changed.image.dtype == np.uint8
        assert len(changed.xyxy) == len(changed.classes) == 1


def test_crops_are_square_and_hold_the_face(truth: GroundTruth) -> None:
    image = np.asarray(cv2.imread(str(truth.images[0].path)), np.uint8)
    crop = crop_around(Sample(image, truth.images[0].xyxy, truth.images[0].class_id), 0, 2.0)
    assert crop.size == (80, 80)
    assert crop.xyxy[0].tolist() == pytest.approx([20, 20, 60, 60], abs=1)
    counts = measure_crops(BrightSquares(), truth, 0.5)  # type: ignore[arg-type]
    assert [counts[name].faces for name in ("1 x the face", "4 x the face, 100 px")] == [2, 2]
    assert counts["1.3 x the face"].right == 2


def test_class_folders_count_missing_faces_as_wrong(tmp_path: Path) -> None:
    for name, colour in (("WithMask", (0, 0, 255)), ("WithoutMask", (0, 0, 0))):
        (tmp_path / name).mkdir()
        for number in range(2):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.full((20, 20, 3), colour, np.uint8))
    scores = measure_folders(BrightSquares(), tmp_path)  # type: ignore[arg-type]
    assert (scores["with_mask"].accuracy, scores["without_mask"].empty) == (1.0, 2)
    assert (scores["all"].images, scores["all"].right) == (4, 2)
    with pytest.raises(UsageError, match="named after a class"):
        measure_folders(BrightSquares(), tmp_path / "WithMask")  # type: ignore[arg-type]
