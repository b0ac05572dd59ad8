"""Collages: several thumbnails on one canvas, or one thumbnail that fills the image."""

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detector.augmentation.close_ups import random_border
from detector.augmentation.sample import Border, Sample, resized

_GRIDS, _WEIGHTS = (1, 2, 3, 4), (4, 2, 2, 2)  # thumbnails across and down, and how often each is chosen
_FILLED = (0.7, 1.0)  # the share of its cell's side that a thumbnail fills
MOST = max(_GRIDS) ** 2  # thumbnails that a collage can hold


def choose_grid(chance: random.Random) -> int:
    """Choose how many thumbnails lie across and down."""
    return chance.choices(_GRIDS, _WEIGHTS)[0]


def collage(samples: Sequence[Sample], grid: int, side: int, chance: random.Random) -> Sample:
    """Lay thumbnails out in a square.

    Args:
        samples: The thumbnails, `grid` times `grid` of them.
        grid: How many lie across and down; a single one is returned as it is.
        side: Pixels of the square's side.
        chance: The random numbers for their places and sizes.
    """
    if grid == 1:
        return samples[0]
    cell = side // grid
    background = random_border(chance).colour or Border().value
    canvas = np.full((side, side, 3), background, np.uint8)
    placed = []
    for number, sample in enumerate(samples):
        small = resized(sample, max(8, round(cell * chance.uniform(*_FILLED))))
        width, height = small.size
        x = number % grid * cell + chance.randint(0, cell - width)
        y = number // grid * cell + chance.randint(0, cell - height)
        canvas[y : y + height, x : x + width] = small.image
        placed.append(replace(small, xyxy=small.xyxy + np.array([x, y, x, y])))
    xyxy = np.concatenate([sample.xyxy for sample in placed])
    return Sample(canvas, xyxy, np.concatenate([sample.classes for sample in placed]))
