import random

import numpy as np
import pytest

from detector.augmentation.close_ups import close_up
from detector.augmentation.sample import Sample, visible_share


def two_faces() -> Sample:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)
    return Sample(image, np.array([[100, 100, 160, 180], [170, 110, 230, 190]], float), np.array([0, 2]))


@pytest.fixture(scope="module")
def crops() -> list[Sample]:
    made = [close_up(two_faces(), seed % 2, random.Random(seed)) for seed in range(300)]
    kept = [crop for crop in made if crop is not None]
    assert len(kept) > 250
    return kept


def test_the_face_is_in_its_crop_and_boxes_are_inside_the_image(crops: list[Sample]) -> None:
    for crop in crops:
        width, height = crop.size
        assert len(crop.classes) >= 1
        assert (crop.xyxy >= 0).all()
        assert (crop.xyxy <= [width, height, width, height]).all()
        assert (crop.xyxy[:, 2:] - crop.xyxy[:, :2] > 1).all()


def test_faces_come_small_and_more_than_filling_the_crop(crops: list[Sample]) -> None:
    shares = [float((crop.xyxy[:, 2:] - crop.xyxy[:, :2]).max() / max(crop.size)) for crop in crops]
    assert min(shares) < 0.15
    assert max(shares) > 0.95


def test_some_crops_are_of_low_resolution(crops: list[Sample]) -> None:
    assert 0.2 < np.mean([max(crop.size) <= 160 for crop in crops]) < 0.8


def test_a_face_half_shown_has_a_box() -> None:
    """With two faces side by side, no crop shows a tenth to a third of the other without a box."""
    assert visible_share(np.array([[0, 0, 10, 10.0]]), (0, 0, 4, 10))[0] == pytest.approx(0.4)
    both = [crop for seed in range(200) if (crop := close_up(two_faces(), 0, random.Random(seed)))]
    assert {len(crop.classes) for crop in both} == {1, 2}


def test_the_same_chance_gives_the_same_crop() -> None:
    first, second = (close_up(two_faces(), 0, random.Random(5)) for _ in range(2))
    assert first is not None and second is not None
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.xyxy, second.xyxy)
