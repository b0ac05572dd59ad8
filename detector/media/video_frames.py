"""Decoded frames of videos as arrays, as a player shows them."""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SQUARE = Fraction(1)
# Pixels of real videos are at most twice as wide or high. What is far from that is a broken header.
_WIDEST_PIXEL = 4


def pixel_aspect(stream: Any) -> Fraction:
    """Width by height of one pixel of a stream of PyAV; 1 where the file does not say."""
    aspect = Fraction(stream.sample_aspect_ratio or _SQUARE)
    return aspect if Fraction(1, _WIDEST_PIXEL) <= aspect <= _WIDEST_PIXEL else _SQUARE


def as_shown(frame: Any, reformatter: Any, aspect: Fraction = _SQUARE) -> NDArray[np.uint8]:
    """Convert a decoded frame of PyAV: turned and mirrored as its file says, with square pixels.

    Args:
        frame: The frame.
        reformatter: PyAV's `VideoReformatter`, one for all frames of a video.
        aspect: Width by height of a pixel, as `pixel_aspect` gives it. The shorter side of the pixels is stretched.

    Returns:
        BGR uint8 (H, W, 3).
    """
    width, height = frame.width, frame.height
    if aspect > 1:
        width = max(round(width * aspect), 1)
    elif aspect < 1:
        height = max(round(height / aspect), 1)
    # One thread: the other cores have the network to run.
    image: NDArray[np.uint8] = reformatter.reformat(
        frame, width=width, height=height, format="bgr24", threads=1
    ).to_ndarray()
    return _transformed(image, frame)


def _transformed(image: NDArray[np.uint8], frame: Any) -> NDArray[np.uint8]:
    """Apply the display matrix, as far as it is made of quarter turns and mirrors.

    The matrix of ISO/IEC 14496-12 moves a point (x, y) to (a x + c y, b x + d y).
    """
    from av.sidedata.sidedata import SideDataContainer, Type

    # `frame.side_data` would make a circle of references: the frame, with its pixels, stays until the garbage collector
    # comes, which is minutes later in a program that runs for long.
    data = SideDataContainer(frame).get(Type.DISPLAYMATRIX)  # type: ignore[call-arg]  # which its stub lacks
    if data is None:
        return image
    a, b, _, c, d = np.frombuffer(bytes(data), np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        image, a, d = image.transpose(1, 0, 2), c, b
    columns, rows = (-1 if factor < 0 else 1 for factor in (a, d))
    return np.ascontiguousarray(image[::rows, ::columns])
