"""In which frames, and where in them, the network has to look."""

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest

from detector.monitor.motion import MotionFilter
from detector.people.identity import Xyxy
from support.camera_scenes import scene
from support.sample_pictures import picture

FPS = 10
OPEN = (10, 30, 50, 70)  # a face about which a look left something open
STREET = picture(480, 640, 3)
EVERYWHERE = (0, 0, 640, 480)


class Camera:
    """Ten pictures a second, and where they had to be looked at."""

    def __init__(self, is_open: Callable[[], bool] = lambda: False) -> None:
        self.motion, self.is_open, self.clock = MotionFilter(4.0), is_open, 1000.0

    def parts(self, images: Iterable[np.ndarray]) -> list[Xyxy | None]:
        parts = []
        for image in images:
            parts.append(self.motion.needs_look(image, self.clock))
            if parts[-1] is not None:
                self.motion.note_look([OPEN] if self.is_open() else [])
            self.clock += 1 / FPS
        return parts

    def see(self, images: Iterable[np.ndarray]) -> list[bool]:
        return [part is not None for part in self.parts(images)]


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
    parts = [part for part in camera.parts(noisy(scene("w m"), 20 * FPS, sigma)) if part is not None]
    others = [part for part in parts if part != (0, 0, 240, 120)]
    assert len(parts) - len(others) == 10
    assert not others or sigma == 12  # so much noise makes a single cell differ now and then
    assert len(others) < 20
    assert all((right - left, bottom - top) == (8, 8) for left, top, right, bottom in others)


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


def street(*places: tuple[int, int]) -> np.ndarray:
    """A still picture with somebody, 40 x 80 pixels large, at each place."""
    image = STREET.copy()
    for left, top in places:
        image[top : top + 80, left : left + 40] = 255 - image[top : top + 80, left : left + 40]
    return image


def still(seconds: float = 1.6, *places: tuple[int, int]) -> Camera:
    """A camera before which nothing has moved: the next look at the whole picture is due in more than half a second."""
    camera = Camera()
    camera.see([street(*places)] * int(seconds * FPS))
    return camera


def test_what_moves_needs_a_look() -> None:
    assert still().parts([street((200, 160))]) == [(200, 160, 240, 240)]


def test_where_it_was_is_looked_at_with_where_it_is() -> None:
    assert still(1.6, (200, 160)).parts([street((224, 176))]) == [(200, 160, 264, 256)]


def test_what_moved_in_the_last_half_second_is_looked_at_too() -> None:
    parts = still().parts([street((200, 160)), street((400, 160)), *[street((400, 160))] * 6])
    assert parts[:2] == [(200, 160, 240, 240), (200, 160, 440, 240)]
    assert parts[4] == (200, 160, 440, 240)
    assert parts[-1] is None


def test_two_who_move_in_opposite_corners_are_looked_at_together() -> None:
    assert still().parts([street((0, 0), (600, 400))]) == [EVERYWHERE]


def test_a_camera_that_turns_is_looked_at_whole() -> None:
    camera = still()
    (left, top, right, bottom), *_ = camera.parts([np.roll(STREET, 40, axis=1)])
    assert (right - left) * (bottom - top) > 0.9 * 640 * 480


def test_while_something_moves_the_whole_picture_is_looked_at_every_two_seconds() -> None:
    parts = still().parts(street((200 + 4 * step, 160)) for step in range(60))
    assert sum(part == EVERYWHERE for part in parts) == 3
    assert None not in parts


def test_open_faces_are_looked_at_with_what_moves() -> None:
    camera = still()
    camera.motion.note_look([(100.5, 150.2, 120.5, 180)])
    assert camera.parts([street((200, 160))]) == [(100, 150, 240, 240)]


def test_what_was_not_looked_at_is_compared_with_when_it_was() -> None:
    camera = still()
    brighter = [street((200, 160)) for _ in range(5)]
    for step, image in enumerate(brighter):
        image[400:440, 400:440] += np.uint8(4 * step)
    assert camera.parts(brighter) == [(200, 160, 240, 240)] * 4 + [(200, 160, 440, 440)]


@pytest.mark.parametrize("size", [(483, 645), (7, 5)])
def test_what_is_left_beside_the_last_cell_is_looked_at_with_it(size: tuple[int, int]) -> None:
    camera = Camera()
    before = picture(*size, 3)
    camera.see([before] * 16)
    after = before.copy()
    after[-20:, -20:] = 255 - after[-20:, -20:]
    (part,) = camera.parts([after])
    assert part is not None
    assert part[2:] == size[::-1]
