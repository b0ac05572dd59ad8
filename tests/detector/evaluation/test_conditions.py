import cv2
import numpy as np
import pytest

from detector.errors import UsageError
from detector.evaluation.conditions import check_groupings, group_scores, light_and_warmth
from detector.evaluation.ground_truth import TruthImage
from detector.evaluation.wilson import wilson_interval
from detector.evaluation.working_point import FaceOutcome, ImageOutcome

BOX = (0.0, 0.0, 30.0, 30.0)  # 30 % of the images below


def outcome(tmp_path, name: str, bgr: tuple[int, int, int], *faces: FaceOutcome) -> ImageOutcome:
    path = tmp_path / name
    cv2.imwrite(str(path), np.full((100, 200, 3), bgr, np.uint8))
    image = TruthImage(1, path, name, 200, 100, np.zeros((0, 4)), np.zeros(0, np.int64))
    return ImageOutcome(image, faces)


def face(label: int, found: int | None, box=BOX) -> FaceOutcome:
    return FaceOutcome(box, label, None if found is None else box, found, None if found is None else 0.9)


def test_faces_are_counted_by_size_light_and_colour(tmp_path):
    small = (0.0, 0.0, 1.0, 1.5)
    outcomes = [
        outcome(tmp_path, "grey.png", (120, 120, 120), face(0, 0), face(1, 0), face(1, None, small)),
        outcome(tmp_path, "warm.png", (60, 120, 200), face(2, 2)),
        outcome(tmp_path, "night.png", (30, 10, 10), face(0, None), FaceOutcome(found=BOX, found_class=1)),
        outcome(tmp_path, "empty.png", (9, 9, 9)),
    ]
    by = group_scores(outcomes, ["size", "light", "colour"])
    counts = {
        name: {group: (score.faces, score.found, score.right) for group, score in groups.items()}
        for name, groups in by.items()
    }
    assert counts == {
        "size": {"under 2 %": (1, 0, 0), "15 to 40 %": (4, 3, 2)},
        "light": {"very dark": (1, 0, 0), "medium": (4, 3, 2)},
        "colour": {"cool": (1, 0, 0), "warm": (1, 1, 1), "grey": (3, 2, 1)},
    }
    grey = by["colour"]["grey"]
    assert (grey.recall, grey.label_accuracy) == (pytest.approx(2 / 3), 0.5)
    assert by["light"]["very dark"].label_accuracy is None


def test_nothing_is_read_unless_asked_for(tmp_path):
    missing = ImageOutcome(
        TruthImage(1, tmp_path / "no.png", "no.png", 9, 9, np.zeros((0, 4)), np.zeros(0, np.int64)), (face(0, 0),)
    )
    assert group_scores([missing], ()) == {}


def test_a_jpeg_of_a_grey_image_has_no_colour():
    noise = np.random.default_rng(0).integers(0, 255, (90, 90), np.uint8)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(noise, cv2.COLOR_GRAY2BGR))
    light, warmth = light_and_warmth(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8))
    assert 120 < light < 135
    assert warmth is None


def test_an_unknown_grouping_is_refused_by_name():
    with pytest.raises(UsageError, match="'age'; expected one or more of size, light, colour"):
        check_groupings(["size", "age"])


def test_intervals_are_those_of_published_examples():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
