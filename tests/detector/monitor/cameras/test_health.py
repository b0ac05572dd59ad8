"""Pictures that show nothing new."""

import cv2
import numpy as np
import pytest

from detector.monitor.cameras.health import PictureHealth
from support.camera_scenes import scene
from support.sample_pictures import picture


def noisy(image: np.ndarray, seed: int, sigma: float = 4) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def street(seed: int = 0) -> np.ndarray:
    """A picture with shapes and noise."""
    return cv2.resize(picture(12, 20, seed), (320, 180), interpolation=cv2.INTER_LINEAR)


def watch(images: list[np.ndarray], every: float = 1.0) -> list[str | None]:
    health = PictureHealth(60.0, 10.0)
    return [health.update(image, 100 + every * number) for number, image in enumerate(images)]


def test_the_same_picture_for_a_minute_is_frozen_and_the_next_other_one_is_not() -> None:
    said = watch([street()] * 90 + [street(1)])
    assert said[:60] == [None] * 60
    assert said[60] == "frozen: the same picture for 60 s"
    assert said[89] == "frozen: the same picture for 89 s"
    assert said[90] is None


def test_a_quiet_room_is_not_frozen() -> None:
    assert watch([noisy(street(), seed, 1) for seed in range(90)]) == [None] * 90


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((180, 320, 3), np.uint8), "black: the picture shows nothing"),
        (cv2.GaussianBlur(street(), (0, 0), 60), "covered: the picture has no details"),
        (np.full((180, 320, 3), 120, np.uint8), "covered: the picture has no details"),
    ],
)
def test_a_black_or_covered_camera_shows_nothing(image: np.ndarray, reason: str) -> None:
    said = watch([street(), *(noisy(image, seed) for seed in range(20)), street()])
    assert said == [None] * 10 + [reason] * 11 + [None]


def test_a_hand_that_passes_is_not_a_cover() -> None:
    covered = np.full((180, 320, 3), 120, np.uint8)
    assert watch([street(), *[covered] * 5, street(1), *[covered] * 5, street()]) == [None] * 13


@pytest.mark.parametrize("light", [1.0, 0.5, 0.15])
def test_a_dark_room_with_shapes_in_it_is_watched(light: float) -> None:
    assert watch([noisy(street() * light, seed) for seed in range(30)]) == [None] * 30


def test_nothing_is_checked_where_it_is_switched_off() -> None:
    health = PictureHealth(None, None)
    assert not any(health.update(scene(), clock) for clock in range(1000))
