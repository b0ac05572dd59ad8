"""Faces in a picture of which only a part has changed."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from detector import Detections, Detector
from detector.errors import UsageError
from detector.inference.finding import FaceFinder
from detector.media.images import read_image

STREET = (720, 1280)


class Looks:
    """What the network of a detector was given."""

    def __init__(self, detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shapes: list[tuple[int, int]] = []
        backend, looks = detector._network.backend, self

        class Noting(type(backend)):  # type: ignore[misc]
            def __call__(self, batch: np.ndarray) -> np.ndarray:
                looks.shapes.append(batch.shape[1:3])
                return super().__call__(batch)

        monkeypatch.setattr(backend, "__class__", Noting)


@pytest.fixture
def looks(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> Looks:
    return Looks(detector, monkeypatch)


@pytest.fixture(scope="module")
def people(assets: Path) -> list[np.ndarray]:
    """Two people, cut out of photos, as small as before a wide camera."""
    one, other = read_image(assets / "zidane.jpg")[:, 650:], read_image(assets / "bus.jpg")[380:640, 40:240]
    return [cv2.resize(one, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA).astype(np.uint8), other]


def street(*people: tuple[np.ndarray, int, int]) -> np.ndarray:
    """A still picture with people at places."""
    image = np.full((*STREET, 3), 110, np.uint8)
    for person, left, top in people:
        image[top : top + person.shape[0], left : left + person.shape[1]] = person
    return image


def around(person: np.ndarray, left: int, top: int, step: int = 0) -> tuple[int, int, int, int]:
    return left - step, top - step, left + person.shape[1] + step, top + person.shape[0] + step


def assert_same(ours: Detections, others: Detections) -> None:
    """The same faces with the same labels, each box within a pixel and a half, each score within 0.05."""
    clear, expected = ours[ours.confidence > 0.25], others[others.confidence > 0.25]
    assert len(clear) == len(expected) >= 1
    distance = np.abs(clear.xyxy[:, None] - expected.xyxy).max(axis=2)
    nearest = distance.argmin(axis=1)
    assert sorted(nearest) == list(range(len(expected)))
    assert distance.min(axis=1).max() < 1.5
    assert clear.class_id.tolist() == expected.class_id[nearest].tolist()
    assert np.abs(clear.confidence - expected.confidence[nearest]).max() < 0.05


@pytest.mark.parametrize("many", [False, True])
def test_a_part_gives_the_faces_of_the_whole_picture(
    detector: Detector, people: list[np.ndarray], monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    moving, resting = people
    faces = detector.predict(street((moving, 800, 400), (resting, 40, 60)))
    for step in range(1, 4):
        image = street((moving, 800 + 10 * step, 400), (resting, 40, 60))
        faces = detector.predict_changed(image, faces, around(moving, 800 + 10 * step, 400, 10), many=many)
        assert faces.confidence.tolist() == sorted(faces.confidence.tolist(), reverse=True)
        assert_same(faces, detector.predict(image))


def test_the_network_sees_less_than_half_of_the_input(
    detector: Detector, people: list[np.ndarray], looks: Looks
) -> None:
    moving, _ = people
    before = detector.predict(street((moving, 800, 400)))
    looks.shapes.clear()
    detector.predict_changed(street((moving, 810, 400)), before, around(moving, 805, 400, 5))
    ((height, width),) = looks.shapes
    assert height * width < 0.5 * 384 * 640


def test_somebody_who_comes_in_is_found_and_who_leaves_is_not(detector: Detector, people: list[np.ndarray]) -> None:
    moving, resting = people
    place = (1280 - moving.shape[1], 300)
    empty, entered = street((resting, 40, 60)), street((resting, 40, 60), (moving, *place))
    changed = around(moving, *place)
    inside = detector.predict_changed(entered, detector.predict(empty), changed)
    assert_same(inside, detector.predict(entered))
    assert_same(detector.predict_changed(empty, inside, changed), detector.predict(empty))


def test_faces_elsewhere_are_those_of_before(detector: Detector, people: list[np.ndarray]) -> None:
    moving, resting = people
    before = detector.predict(street((moving, 800, 400), (resting, 40, 60)))
    gone = street((moving, 810, 400))  # who rested is gone, but that is said to have changed nothing
    faces = detector.predict_changed(gone, before, around(moving, 805, 400, 5))
    (left,) = np.flatnonzero(before.xyxy[:, 2] < 400)
    assert before[left] in list(faces)
    assert faces.tracker_id is None


def test_two_in_opposite_corners_are_looked_at_in_the_whole_picture(
    detector: Detector, people: list[np.ndarray], looks: Looks
) -> None:
    one, other = people
    image = street((one, 0, 0), (other, 1280 - other.shape[1], 720 - other.shape[0]))
    whole = detector.predict(image)
    looks.shapes.clear()
    assert detector.predict_changed(image, Detections.empty(), (0, 0, 1280, 720)) == whole
    assert looks.shapes == [(384, 640), (96, 160)]


def test_a_face_across_the_border_of_the_part_makes_the_look_a_whole_one(
    detector: Detector, people: list[np.ndarray], looks: Looks
) -> None:
    moving, _ = people
    image = street((moving, 800, 400))
    whole = detector.predict(image)
    x1, y1, _, y2 = whole.xyxy[0]
    looks.shapes.clear()
    found = [  # it is not known, and only what is left of it has changed: at some of these distances it is cut
        detector.predict_changed(
            image, Detections.empty(detector.names), (x1 - 100 - away, y1, x1 - 100 - away + 8, y2)
        )
        for away in range(0, 160, 10)
    ]
    assert {len(faces[faces.confidence > 0.25]) for faces in found} <= {0, len(whole[whole.confidence > 0.25])}
    assert 16 < len(looks.shapes) < 48
    for faces in found:
        if not faces[faces.confidence > 0.25].is_empty():
            assert_same(faces, whole)


@pytest.mark.parametrize("options", [{"tile": 320}, {"multiscale": "off"}, {"gamma": 1.5}])
def test_options_hold(people: list[np.ndarray], options: dict[str, object]) -> None:
    detector, (moving, resting) = Detector(device="cpu", **options), people  # type: ignore[arg-type]
    before = detector.predict(street((moving, 800, 400), (resting, 40, 60)))
    image = street((moving, 810, 400), (resting, 40, 60))
    assert_same(detector.predict_changed(image, before, around(moving, 805, 400, 5)), detector.predict(image))


def test_at_most_so_many_faces_are_given(people: list[np.ndarray]) -> None:
    moving, resting = people
    one = Detector(device="cpu", max_det=1)
    image = street((moving, 800, 400), (resting, 40, 60))
    assert len(one.predict_changed(image, one.predict(image), around(moving, 800, 400))) == 1


@pytest.mark.parametrize("changed", [(1, 2, 3), (0, 0, np.nan, 5), ()])
def test_what_is_no_box_is_refused(detector: Detector, changed: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="changed"):
        detector.predict_changed(street(), Detections.empty(), changed)


def test_a_weak_box_at_the_border_is_left_out_and_a_clear_one_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def backend(score: float) -> object:
        class Fixed:
            square, stride = False, 32

            def __call__(self, batch: np.ndarray) -> np.ndarray:
                asked.append(f"{batch.shape[1]} x {batch.shape[2]}")
                box = [batch.shape[2] - 10, 60, 20, 20, score]  # ends at the right border
                return np.array(box, np.float32).reshape(1, 5, 1)

        return Fixed()

    from detector.inference.cancellation import Cancellation
    from detector.settings import DetectorSettings

    settings = DetectorSettings(conf=0.1, multiscale="off")
    finder = FaceFinder(640, 1, ("face",))
    given = (np.zeros((*STREET, 3), np.uint8), Detections.empty(("face",)), np.array([400, 300, 440, 340], np.float32))
    assert len(finder.find_changed(settings, backend(0.2), *given, Cancellation())) == 0  # type: ignore[arg-type]
    assert len(finder.find_changed(settings, backend(0.6), *given, Cancellation())) == 1  # type: ignore[arg-type]
    assert asked[1:] == [asked[0], "384 x 640"]
