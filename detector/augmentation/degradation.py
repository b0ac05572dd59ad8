"""Degrades images as cameras, light and files do: grey, wrong colours, darkness, blur, noise, JPEG, low resolution.

Each function takes and returns BGR uint8 (H, W, 3). Their order in `degrade` is that of a camera: light, colour,
sharpness, noise, file.
"""

import math
import random
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.augmentation.sample import Image


def grey(image: Image) -> Image:
    """Remove the colour."""
    return _as_image(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR))


def white_balance(image: Image, warmth: float, tint: float = 0.0) -> Image:
    """Shift the white point.

    Args:
        image: The image.
        warmth: Log of the gain of red, and of the loss of blue: above 0 warmer, below 0 cooler.
        tint: Log of the gain of green.
    """
    return _scaled(image, np.exp([-warmth, tint, warmth]))


def exposure(image: Image, gain: float, gamma: float = 1.0) -> Image:
    """Multiply the brightness by `gain` and clip it, then apply `gamma` (above 1: darker)."""
    levels = np.clip(np.arange(256) / 255 * gain, 0, 1) ** gamma
    return _as_image(cv2.LUT(image, (levels * 255).round().astype(np.uint8)))


def blur(image: Image, sigma: float) -> Image:
    """Blur as a lens out of focus does; `sigma` in pixels."""
    return _as_image(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.1)))


def motion_blur(image: Image, length: int, degrees: float) -> Image:
    """Blur as a camera does that moves by `length` pixels in one direction during the exposure."""
    length = max(3, length | 1)
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), degrees, 1)
    kernel = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    return _as_image(cv2.filter2D(image, -1, kernel / max(float(kernel.sum()), 1e-6)))


def noise(image: Image, sigma: float, seed: int, *, coloured: bool = True) -> Image:
    """Add Gaussian noise of `sigma` grey levels; the same in all channels unless `coloured`."""
    drawn = np.random.default_rng(seed).standard_normal((*image.shape[:2], 3 if coloured else 1), np.float32)
    return np.clip(image + sigma * drawn, 0, 255).astype(np.uint8)


def jpeg(image: Image, quality: int) -> Image:
    """Encode as JPEG of that quality, 1 to 100, and decode."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _as_image(cv2.imdecode(data, cv2.IMREAD_COLOR))


def low_resolution(image: Image, scale: float) -> Image:
    """Shrink to `scale` of the size, and enlarge again."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, round(width * scale)), max(1, round(height * scale))), None, 0, 0, cv2.INTER_AREA)
    return _as_image(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def degrade(image: Image, chance: random.Random) -> Image:
    """Apply each of `_CHANGES` with its probability."""
    for probability, change in _CHANGES:
        if chance.random() < probability:
            image = change(image, chance)
    return image


def _light(image: Image, chance: random.Random) -> Image:
    if chance.random() < 0.6:
        return exposure(image, math.exp(chance.uniform(math.log(0.15), math.log(0.7))), chance.uniform(0.9, 1.2))
    return exposure(image, chance.uniform(1.2, 2.0), chance.uniform(0.75, 1.1))


def _colour(image: Image, chance: random.Random) -> Image:
    return white_balance(image, chance.uniform(-0.6, 0.6), chance.uniform(-0.15, 0.15))


def _sharpness(image: Image, chance: random.Random) -> Image:
    side = max(image.shape[:2])
    if chance.random() < 0.65:
        return blur(image, side * chance.uniform(0.0015, 0.008))
    return motion_blur(image, round(side * chance.uniform(0.008, 0.035)), chance.uniform(0, 180))


def _pixels(image: Image, chance: random.Random) -> Image:
    return low_resolution(image, chance.uniform(0.25, 0.6))


def _noise(image: Image, chance: random.Random) -> Image:
    return noise(image, chance.uniform(5, 45), chance.getrandbits(32), coloured=chance.random() < 0.7)


def _file(image: Image, chance: random.Random) -> Image:
    return jpeg(image, chance.randint(8, 50))


_CHANGES: tuple[tuple[float, Callable[[Image, random.Random], Image]], ...] = (
    (0.30, _light),
    (0.30, _colour),
    (0.45, lambda image, chance: grey(image)),
    (0.20, _sharpness),
    (0.15, _pixels),
    (0.20, _noise),
    (0.25, _file),
)


def _scaled(image: Image, gains: NDArray[np.float64]) -> Image:
    tables = np.clip(np.arange(256)[:, None] * gains, 0, 255).round().astype(np.uint8)
    return _as_image(cv2.LUT(image, tables[:, None, :]))


def _as_image(array: Any) -> Image:
    return np.asarray(array, np.uint8)
