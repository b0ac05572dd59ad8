import numpy as np
import pytest

from detector.monitor.cameras.adjustment import PictureAdjustment
from detector.people.settings import Zone
from support.sample_pictures import picture


@pytest.mark.parametrize(("rotate", "turns"), [(0, 0), (90, 3), (180, 2), (270, 1)])
def test_pictures_are_turned_clockwise(rotate: int, turns: int) -> None:
    image = picture(40, 60)
    assert np.array_equal(PictureAdjustment(rotate, None, ()).apply(image), np.rot90(image, turns))


def test_gamma_brightens() -> None:
    grey = np.full((4, 4, 3), 64, np.uint8)
    assert PictureAdjustment(0, 2.0, ()).apply(grey).max() == 128


def test_masks_are_black_in_the_turned_picture_and_the_given_one_stays() -> None:
    image = np.full((40, 60, 3), 200, np.uint8)
    left = Zone(polygon=((0, 0), (0.5, 0), (0.5, 1), (0, 1)))
    masked = PictureAdjustment(90, None, [left]).apply(image)
    assert masked.shape == (60, 40, 3)
    assert not masked[:, :20].any()
    assert (masked[:, 21:] == 200).all()
    assert (image == 200).all()


@pytest.mark.parametrize("size", [(120, 180), (100, 150), (20, 30)])
def test_masks_cover_at_least_the_same_in_the_same_picture_of_another_size(size: tuple[int, int]) -> None:
    left = Zone(polygon=((0, 0), (30, 0), (30, 40), (0, 40)), name="mask")  # pixels of 40 x 60
    adjustment, image = PictureAdjustment(0, None, [left]), np.full((*size, 3), 200, np.uint8)
    black = ~adjustment.mask(image, (40, 60, 3)).any(axis=2)
    middle, margin = size[1] // 2, -(-size[1] // 20)
    assert black[:, : middle + 1].all()
    assert not black[:, middle + 1 + margin :].any()
    assert (image == 200).all()
    assert PictureAdjustment(0, None, ()).mask(image, (40, 60, 3)) is image
