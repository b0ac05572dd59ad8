import random

import numpy as np

from detector.augmentation.collages import collage
from detector.augmentation.sample import Sample


def thumbnail(class_id: int) -> Sample:
    image = np.zeros((128, 96, 3), np.uint8)
    image[32:96, 24:72] = 255
    return Sample(image, np.array([[24, 32, 72, 96]], float), np.array([class_id]))


def test_thumbnails_lie_side_by_side_with_their_boxes() -> None:
    made = collage([thumbnail(number % 3) for number in range(4)], 2, 240, random.Random(0))
    assert made.size == (240, 240)
    assert made.classes.tolist() == [0, 1, 2, 0]
    for (x1, y1, x2, y2), cell in zip(made.xyxy.round().astype(int), range(4), strict=True):
        assert (made.image[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2] > 200).all()
        assert (x1 // 120, y1 // 120) == (cell % 2, cell // 2)


def test_a_single_thumbnail_fills_the_image() -> None:
    sample = thumbnail(1)
    assert collage([sample], 1, 240, random.Random(0)) is sample
