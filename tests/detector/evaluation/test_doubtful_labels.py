from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.annotation import AnnotatedImage, Box
from converters.problems import Problems
from detector.detections import Detections
from detector.evaluation.doubtful_labels import DoubtfulLabel, find_doubtful
from detector.settings import DetectorSettings

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


class KnownFaces:
    """A detector that finds in each picture what the test says, by the grey of its first pixel."""

    batch_size = 2

    def __init__(self, *found: list[tuple[tuple[float, float, float, float], float, int]]) -> None:
        self.found = found

    def predict(self, images: list[np.ndarray]) -> list[Detections]:
        assert len(images) <= self.batch_size
        return [self._detections(self.found[image[0, 0, 0]]) for image in images]

    def _detections(self, faces: list[tuple[tuple[float, float, float, float], float, int]]) -> Detections:
        xyxy, confidence, class_id = zip(*faces, strict=True) if faces else ([], [], [])
        return Detections(np.array(xyxy).reshape(-1, 4), np.array(confidence), np.array(class_id), None, NAMES)


@pytest.fixture
def annotated(tmp_path):
    """Writes a grey picture and returns it with boxes."""

    def make(number: int, *boxes: Box) -> AnnotatedImage:
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), np.full((100, 100, 3), number, np.uint8))
        return AnnotatedImage(path, boxes, (100, 100), Path("a.xml"))

    return make


def doubtful(images: list[AnnotatedImage], *found: object, **options: object) -> list[DoubtfulLabel]:
    return list(find_doubtful(images, KnownFaces(*found), Problems(), **options))  # type: ignore[arg-type]


def test_a_face_that_nobody_annotated(annotated):
    images = [annotated(0, Box(0, 0, 20, 20, "with_mask")), annotated(1)]
    (found,) = doubtful(images, [((0, 0, 20, 20), 0.9, 0)], [((50, 50, 80, 90), 0.75, 1)])
    assert found == DoubtfulLabel("not annotated", images[1].path, (50, 50, 80, 90), None, "without_mask", 0.75)
    assert str(found) == "not annotated; detector: without_mask 0.75"


def test_a_face_that_is_drawn_larger_or_smaller_is_annotated(annotated):
    image = annotated(0, Box(10, 10, 50, 60, "with_mask"), Box(60, 60, 66, 66, "with_mask"))
    assert doubtful([image], [((15, 20, 40, 45), 0.9, 0), ((55, 55, 71, 71), 0.9, 0)]) == []


def test_one_face_found_twice_is_not_annotated_once(annotated):
    faces = [((10, 10, 30, 30), 0.9, 0), ((11, 11, 31, 31), 0.8, 2)]
    assert [each.other for each in doubtful([annotated(0)], faces)] == ["with_mask"]


def test_another_label(annotated):
    image = annotated(0, Box(10, 10, 50, 50, "with_mask"), Box(60, 60, 90, 90, "without_mask"))
    (found,) = doubtful([image], [((11, 11, 50, 50), 0.875, 2), ((60, 60, 90, 90), 0.8, 1)])
    assert found == DoubtfulLabel(
        "other label", image.path, (10, 10, 50, 50), "with_mask", "mask_worn_incorrectly", 0.875
    )


def test_the_best_of_two_answers_on_one_face_counts(annotated):
    image = annotated(0, Box(10, 10, 50, 50, "with_mask"))
    assert doubtful([image], [((10, 10, 50, 50), 0.9, 0), ((11, 11, 50, 50), 0.8, 2)]) == []


def test_faces_that_the_detector_is_not_sure_of_are_no_reason(annotated):
    image = annotated(0, Box(10, 10, 50, 50, "with_mask"))
    faces = [((10, 10, 50, 50), 0.55, 1), ((60, 60, 90, 90), 0.5, 1)]
    assert doubtful([image], faces) == []
    assert len(doubtful([image], faces, confidence=0.5)) == 2


def test_one_box_with_two_labels(annotated):
    image = annotated(0, Box(10, 10, 50, 50, "with_mask"), Box(10, 10, 51, 50, "without_mask"))
    (found,) = doubtful([image], [((10, 10, 50, 50), 0.9, 0)])
    assert (found.kind, found.annotated, found.other, found.confidence) == (
        "two labels",
        "with_mask",
        "without_mask",
        None,
    )


def test_pictures_that_cannot_be_read_are_reported_and_others_compared(annotated, tmp_path):
    images = [annotated(0), annotated(1)]
    (tmp_path / "0.png").write_bytes(b"no picture")
    problems, done = Problems(), []
    face = [((50, 50, 80, 90), 0.75, 1)]
    detector = KnownFaces([], face)
    found = list(find_doubtful(images, detector, problems, on_image=lambda *counts: done.append(counts)))
    assert [each.path for each in found] == [images[1].path]
    assert [item.file for item in problems.omissions] == [str(images[0].path)]
    assert done == [(2, 2)]


@pytest.mark.slow
def test_the_shipped_detector_runs(annotated):
    from detector.inference.detector import Detector

    detector = Detector.from_settings(DetectorSettings(agnostic_nms=True))
    assert list(find_doubtful([annotated(0)], detector, Problems())) == []
