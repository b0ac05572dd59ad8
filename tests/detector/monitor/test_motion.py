"""Which frames need a look of the network."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest

from detector.monitor.motion import MotionFilter
from support.camera_scenes import scene

FPS = 10


class Camera:
    """Ten pictures a second, of which it keeps how many needed a look."""

    def __init__(self, is_open: Callable[[], bool] = lambda: False) -> None:
        self.motion, self.is_open, self.clock = MotionFilter(4.0), is_open, 1000.0

    def see(self, images: Iterable[np.ndarray]) -> list[bool]:
        looks = []
        for image in images:
            looks.append(self.motion.needs_look(image, self.clock))
            if looks[-1]:
                self.motion.note_look(is_open=self.is_open())
            self.clock += 1 / FPS
        return looks


def noisy(image: np.ndarray, count: int, sigma: float) -> Iterable[np.ndarray]:
    """Pictures of a camera with noise, compressed."""
    random = np.random.default_rng(1)
    for _ in range(count):
        picture = np.clip(image + random.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)
        yield cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("sigma", [0, 5, 12])
def test_while_nothing_moves_there_is_a_look_every_two_seconds(sigma: float) -> None:
    camera = Camera()
    camera.see(noisy(scene("w m"), 2 * FPS, sigma))
    assert sum(camera.see(noisy(scene("w m"), 20 * FPS, sigma))) == 10


def test_every_frame_in_which_something_moves_needs_a_look_and_those_of_the_next_half_second() -> None:
    camera = Camera()
    camera.see([scene("w")] * 5 * FPS)
    assert all(camera.see(np.roll(scene("w"), 5 * step, axis=1) for step in range(1, 31)))
    assert sum(camera.see([np.roll(scene("w"), 200, axis=1)] * 2 * FPS)) in (5, 6)


def test_a_mask_on_the_smallest_face_that_votes_is_motion() -> None:
    before, after = scene(size=(480, 640)), scene(size=(480, 640))
    before[200:216, 300:316] = after[200:216, 300:316] = (120, 150, 200)  # a face of 16 pixels
    after[208:216, 300:316] = (220, 200, 190)
    camera = Camera()
    camera.see([before] * 3 * FPS)
    assert camera.see([after])[0]


def test_what_moves_slowly_is_compared_with_the_last_look_and_not_with_the_last_frame() -> None:
    camera = Camera()
    camera.see([scene("w")] * 15)  # the next look that is due anyway is at 20
    brighter = [np.clip(scene("w").astype(int) + 4 * step, 0, 255).astype(np.uint8) for step in range(5)]
    assert camera.see(brighter) == [False, False, False, False, True]


def test_a_look_that_leaves_something_open_is_followed_by_more_for_five_seconds() -> None:
    is_open = True
    camera = Camera(lambda: is_open)
    looks = camera.see([scene("w")] * 10 * FPS)
    assert all(looks[:50])
    assert sum(looks[52:]) <= 3
    is_open = False
    camera.see([scene("w")] * 3 * FPS)
    is_open = True
    assert sum(camera.see([scene("w")] * 5 * FPS)) > 25  # what is open anew is looked at again


def test_another_size_of_the_picture_needs_a_look() -> None:
    camera = Camera()
    camera.see([scene("w")] * 15)
    assert camera.see([scene("w", (240, 480))]) == [True]


def test_pictures_that_are_smaller_than_a_cell_are_compared_too() -> None:
    tiny = np.full((4, 6, 3), 10, np.uint8)
    camera = Camera()
    camera.see([tiny] * 15)
    assert camera.see([tiny, tiny + 100]) == [False, True]
