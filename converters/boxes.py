"""Arithmetic with boxes."""

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
    sides = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    shared = sides.clip(0).prod(axis=2)
    union = _areas(a)[:, None] + _areas(b) - shared
    result: NDArray[np.float64] = shared / np.maximum(union, 1e-9)  # no division by the 0 of boxes without area
    return result


def _areas(xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    return areas
