"""Overlaps of boxes."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def iou(xyxy: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of boxes, each with each.

    Args:
        xyxy: (N, 4) corners x1, y1, x2, y2 in pixels, x1 <= x2 and y1 <= y2.
        others: (M, 4), the same.

    Returns:
        (N, M) float64, 0 to 1; 0 for two boxes without area.
    """
    a, b = np.asarray(xyxy, np.float64), np.asarray(others, np.float64)
    shared = _shared(a, b)
    return _ratio(shared, _areas(a)[:, None] + _areas(b) - shared)


def intersection_over_smaller(xyxy: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Intersection over the smaller area of two boxes, each with each: how much of the smaller lies in the larger one.

    Args:
        xyxy: (N, 4) corners, as for `iou`.
        others: (M, 4), the same.

    Returns:
        (N, M) float64, 0 to 1; 0 for two boxes without area.
    """
    a, b = np.asarray(xyxy, np.float64), np.asarray(others, np.float64)
    return _ratio(_shared(a, b), np.minimum(_areas(a)[:, None], _areas(b)))


def _shared(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared: NDArray[np.float64] = sides.clip(0).prod(axis=2)
    return shared


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = part / np.maximum(whole, 1e-9)  # no division by the 0 of boxes without area
    return ratio


def _areas(xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    return areas
