"""Cameras that hang upside down."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector import Detections, Detector
from detector.media.videos import read_video
from detector.monitor.cameras.upside_down import UpsideDown
from support.camera_scenes import SceneDetector, scene

TALL = (240, 240)  # `SceneDetector` finds nothing in the turned picture


def turned(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(cv2.rotate(image, cv2.ROTATE_180))


class Camera:
    """A picture a second, and how often the network looked."""

    def __init__(self, seconds: float | None = 60) -> None:
        self.check, self.clock, self.looks = UpsideDown(seconds), 1000.0, 0

    def find(self, image: np.ndarray) -> Detections:
        self.looks += 1
        return SceneDetector().predict(image)

    def see(self, *images: np.ndarray, seconds: int) -> str | None:
        for number in range(seconds):
            reason = self.check.update(images[number // 6 % len(images)], self.clock, self.find)
            self.clock += 1
        return reason


WALKING = (scene("w", TALL), scene(" w", TALL), scene("  m", TALL))


def test_a_camera_that_hangs_upside_down_is_noticed_and_is_well_once_it_is_turned() -> None:
    camera = Camera()
    assert camera.see(*map(turned, WALKING), seconds=50) is None
    assert "rotate: 180" in (camera.see(*map(turned, WALKING), seconds=15) or "")
    assert camera.see(turned(scene(size=TALL)), seconds=60)  # nobody: it is not known to be well
    assert camera.see(*WALKING, seconds=7) is None


def test_it_takes_two_looks_ten_times_in_that_time() -> None:
    camera = Camera()
    camera.see(*WALKING, seconds=600)
    assert camera.looks == 2 * 100


@pytest.mark.parametrize("images", [WALKING, (scene(size=TALL),)])
def test_a_camera_the_right_way_up_and_an_empty_one_are_well(images: tuple[np.ndarray, ...]) -> None:
    assert Camera().see(*images, seconds=600) is None


def test_what_looks_like_a_face_when_turned_but_never_moves_is_none() -> None:
    assert Camera().see(turned(scene("w", TALL)), seconds=600) is None


def test_faces_the_right_way_up_in_between_say_that_it_is_well() -> None:
    camera = Camera()
    for _ in range(20):
        assert camera.see(*map(turned, WALKING), seconds=42) is None
        assert camera.see(*WALKING, seconds=12) is None


def test_it_can_be_left_out() -> None:
    camera = Camera(None)
    assert camera.see(*map(turned, WALKING), seconds=600) is None
    assert camera.looks == 0


@pytest.mark.slow
@pytest.mark.parametrize("is_turned", [True, False])
def test_real_people_are_upside_down_or_not(shared: Path, is_turned: bool) -> None:
    video, detector = shared / "data" / "videos" / "putting-masks-on.mp4", Detector(device="cpu")
    images = [image for image, _ in islice(read_video(video), 60, 300, 60)]
    check = UpsideDown(3)
    for second, image in enumerate(images):
        reason = check.update(turned(image) if is_turned else image, 100.0 + second, detector.predict)
    assert (reason is not None) == is_turned
