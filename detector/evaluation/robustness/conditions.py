"""The changes of images under which robustness is measured, with fixed parameters."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from detector.augmentation import degradation
from detector.augmentation.sample import Border, Image, Sample, rolled

Condition = Callable[[Sample], Sample]

_NOISE = 25  # grey levels
_BLUR = 0.004  # of the longer side
_WARMTH = 0.35  # log of the gain of red, and of the loss of blue


def _changed(change: Callable[[Image], Image]) -> Condition:
    return lambda sample: replace(sample, image=change(sample.image))


def _blurred(image: Image) -> Image:
    return degradation.blur(image, _BLUR * max(image.shape[:2]))


def _channels_swapped(image: Image) -> Image:
    return np.ascontiguousarray(image[..., ::-1])


CONDITIONS: dict[str, Condition] = {
    "as it is": lambda sample: sample,
    "grey": _changed(degradation.grey),
    "a quarter of the light": _changed(partial(degradation.exposure, gain=0.25)),
    "white balance warm": _changed(partial(degradation.white_balance, warmth=_WARMTH)),
    "white balance cool": _changed(partial(degradation.white_balance, warmth=-_WARMTH)),
    "blur": _changed(_blurred),
    "JPEG quality 12": _changed(partial(degradation.jpeg, quality=12)),
    "noise": _changed(partial(degradation.noise, sigma=_NOISE, seed=0)),
    "roll 15": partial(rolled, degrees=15, border=Border()),
    "roll 30": partial(rolled, degrees=30, border=Border()),
    "channels swapped": _changed(_channels_swapped),
    "a third of the pixels": _changed(partial(degradation.low_resolution, scale=1 / 3)),
}
"""The changes by name. Each takes an annotated image and returns the changed one."""
