"""Pictures that carry their number, so that whoever sees one can tell when it was sent."""

import cv2
import numpy as np
from numpy.typing import NDArray

BITS = 12
_BLOCK = 8  # pixels: JPEG's own blocks, so that it keeps them
_DARK, _BRIGHT = 124, 132  # a number that changes is not to be taken for motion


def stamp(image: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """A copy with a number in its lower left corner, in dark and bright blocks."""
    marked = image.copy()
    bottom = image.shape[0] // _BLOCK * _BLOCK
    for bit in range(BITS):
        left, value = bit * _BLOCK, _BRIGHT if number >> bit & 1 else _DARK
        marked[bottom - _BLOCK : bottom, left : left + _BLOCK] = value
    return marked


def read_stamp(image: NDArray[np.uint8]) -> int:
    """The number that `stamp` wrote."""
    bottom = image.shape[0] // _BLOCK * _BLOCK
    row = cv2.cvtColor(image[bottom - _BLOCK : bottom, : BITS * _BLOCK], cv2.COLOR_BGR2GRAY)
    means = row.reshape(_BLOCK, BITS, _BLOCK).mean(axis=(0, 2))
    return int((means > (_DARK + _BRIGHT) / 2) @ (1 << np.arange(BITS)))


def to_jpeg(image: NDArray[np.uint8], quality: int = 85) -> bytes:
    """A picture as a JPEG file."""
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())
