import random
from collections.abc import Callable

import numpy as np
import pytest

from detector.augmentation import degradation
from detector.augmentation.degradation import degrade
from detector.augmentation.sample import Image


@pytest.fixture
def photo() -> Image:
    """A smooth coloured gradient with an edge."""
    ramp = np.linspace(40, 200, 96)
    image = np.stack([np.tile(ramp, (64, 1)), np.full((64, 96), 120), np.tile(ramp[::-1], (64, 1))], axis=-1)
    image[20:40, 30:60] = (20, 60, 220)
    return image.astype(np.uint8)


def test_grey_has_no_colour(photo: Image) -> None:
    assert np.ptp(degradation.grey(photo), axis=2).max() == 0


def test_white_balance_shifts_red_against_blue(photo: Image) -> None:
    warm, cool = (degradation.white_balance(photo, warmth).mean(axis=(0, 1)) for warmth in (0.3, -0.3))
    blue, _, red = photo.mean(axis=(0, 1))
    assert warm[2] > red > cool[2]
    assert warm[0] < blue < cool[0]


def test_exposure_darkens_and_clips(photo: Image) -> None:
    assert degradation.exposure(photo, 0.25).mean() == pytest.approx(photo.mean() / 4, abs=1)
    assert (degradation.exposure(photo, 2.0)[photo > 128] == 255).all()


@pytest.mark.parametrize(
    "soften",
    [
        lambda image: degradation.blur(image, 3),
        lambda image: degradation.motion_blur(image, 9, 30),
        lambda image: degradation.low_resolution(image, 0.25),
    ],
)
def test_edges_become_soft(photo: Image, soften: Callable[[Image], Image]) -> None:
    assert np.abs(np.diff(soften(photo).astype(int), axis=1)).max() < np.abs(np.diff(photo.astype(int), axis=1)).max()


def test_noise_has_the_strength_asked_for_and_comes_from_the_seed(photo: Image) -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    assert degradation.noise(grey, 20, seed=1).std() == pytest.approx(20, rel=0.05)
    assert np.ptp(degradation.noise(grey, 20, seed=1, coloured=False), axis=2).max() == 0
    assert np.array_equal(degradation.noise(photo, 9, seed=3), degradation.noise(photo, 9, seed=3))


def test_jpeg_loses_more_at_lower_quality(photo: Image) -> None:
    def loss(quality: int) -> float:
        return float(np.abs(degradation.jpeg(photo, quality).astype(int) - photo).mean())

    assert loss(10) > loss(90)


def test_degraded_images_keep_their_form_and_often_lose_their_colour(photo: Image) -> None:
    before = photo.copy()
    changed = [degrade(photo, random.Random(seed)) for seed in range(100)]
    assert all(image.shape == photo.shape and image.dtype == np.uint8 for image in changed)
    assert np.array_equal(photo, before)
    assert 0.25 < np.mean([np.ptp(image, axis=2).max() == 0 for image in changed]) < 0.65
