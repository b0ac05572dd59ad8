"""Close-ups: crops around an annotated face, which is small in some crops and larger than the crop in others."""

import math
import random

import numpy as np
from numpy.typing import NDArray

from detector.augmentation.sample import Border, Sample, cropped, framed, resized, rolled, visible_share

_SHARES = (0.05, 1.5)  # of the crop's side that the face takes up, drawn evenly on a log scale,
_LARGE_SHARES = (0.5, 1.3)  # or, half of the time, from these: mosaics and `scale` shrink what is large
_LARGE = 0.5
_ASPECT = 0.3  # log of width by height, at most
_SMALLEST_CROP = 40  # pixels: in a smaller crop, people cannot recognise a face either
_VISIBLE = 0.35  # a face keeps its box if at least this share of it is visible
_HARDLY_VISIBLE = 0.1  # a face without a box may show up to this share: more must not count as background
_TRIES = 12
_BORDER = 0.3  # chance of a border
_LOW_RESOLUTION = 0.35  # chance of a low resolution
_ROLL = 0.35  # chance of a roll
_MOST_ROLL = 35  # degrees
_WIDEST_FRAME = 0.5  # of the crop's side
_LOW_SIDES = (60, 160)  # pixels of a crop at low resolution


def close_up(sample: Sample, face: int, chance: random.Random) -> Sample | None:
    """Cut out the surroundings of a face.

    Args:
        sample: The image with all its faces.
        face: The number of the one that the crop is made around.
        chance: The random numbers for every choice.

    Returns:
        The crop, with the boxes of the faces that are visible enough. None where every crop that was tried cuts off a
        part of another face.
    """
    border = random_border(chance)
    if chance.random() < _ROLL:
        sample = rolled(sample, chance.uniform(-_MOST_ROLL, _MOST_ROLL), border)
    bordered = chance.random() < _BORDER
    for _ in range(_TRIES):
        window = _window(sample, face, chance, past_edge=bordered)
        visible = visible_share(sample.xyxy, window)
        keep = visible >= _VISIBLE
        if keep[face] and not (visible[~keep] > _HARDLY_VISIBLE).any():
            crop = cropped(sample, window, border, keep)
            return _finished(crop, border if bordered else None, chance)
    return None


def random_border(chance: random.Random) -> Border:
    """Choose a border: the grey of a letterbox, the repeated edge, black, white, or any colour."""
    kind = chance.random()
    if kind < 0.4:
        return Border()
    if kind < 0.6:
        return Border(None)
    if kind < 0.8:
        return Border((chance.choice((0, 255)),) * 3)
    return Border((chance.randrange(256), chance.randrange(256), chance.randrange(256)))


def _window(sample: Sample, face: int, chance: random.Random, *, past_edge: bool) -> tuple[int, int, int, int]:
    """A random crop: left, top, right, bottom."""
    box = sample.xyxy[face]
    extent = box[2:] - box[:2]
    shares = _LARGE_SHARES if chance.random() < _LARGE else _SHARES
    share = math.exp(chance.uniform(*map(math.log, shares)))
    side = max(float(extent.max()) / share, _SMALLEST_CROP)
    stretch = math.exp(chance.uniform(-_ASPECT, _ASPECT) / 2)
    size = np.array([side * stretch, side / stretch])
    slack = np.abs(size - extent) + 0.1 * np.minimum(size, extent)
    centre = (box[:2] + box[2:]) / 2 + slack * [chance.uniform(-0.5, 0.5), chance.uniform(-0.5, 0.5)]
    low = centre - size / 2
    if not past_edge:
        size = np.minimum(size, sample.size)
        low = np.clip(low, 0, sample.size - size)
    return _whole(low, low + size)


def _whole(low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[int, int, int, int]:
    x1, y1 = np.floor(low).astype(int).tolist()
    x2, y2 = np.ceil(high).astype(int).tolist()
    return x1, y1, x2, y2


def _finished(crop: Sample, border: Border | None, chance: random.Random) -> Sample:
    if border is not None:
        crop = framed(crop, chance.uniform(0, _WIDEST_FRAME), border)
    side = chance.randint(*_LOW_SIDES)
    if chance.random() < _LOW_RESOLUTION and side < max(crop.size):
        crop = resized(crop, side)
    return crop
