"""Several scales: the network also sees a small copy of an image, so that faces that fill the image are found.

A network finds and labels faces best at a certain size in its input. It does not find faces that are much larger than
those it was trained on. So the network runs on several views of the image, at different scales. For each face, the view
counts in which its size is nearest to the best size. A small view takes little time: a view of 160 pixels beside one of
640 is 8 % more work.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converters.boxes import intersection_over_smaller, iou
from detector.model.letterbox import Letterbox
from detector.model.tiling import Boxes, longer_sides

# Longer side of the input and the border around the image, as part of its longer side, of the views beside the largest.
# A face that is cut off by the edge of the image is found more often with a border.
_SMALL_VIEWS = ((160, 0.5),)
# Images are enlarged by at most this factor: more shows the network nothing new.
_MOST_ENLARGED = 3.0
# Small views ignore boxes with a longer side below this, in pixels of the input: larger views find these faces.
_SMALLEST = 40.0
# The side at which faces are labelled best, in pixels of the input, and how fast that gets worse (log scale).
_BEST_SIDE, _SPREAD = 110.0, 1.2
# Boxes of two views show one face where they overlap by more than this (IoU) ...
_SAME = 0.4
# ... or where so much of the smaller one lies in the other: a mouth that a large view takes for a face.
_INSIDE = 0.75


@dataclass(frozen=True, slots=True)
class View:
    """The whole image at one scale.

    Attributes:
        letterbox: How the image lies inside the network's input.
        smallest: Boxes with a smaller longer side, in pixels of the input, do not count.
    """

    letterbox: Letterbox
    smallest: float = 0.0

    @property
    def scale(self) -> float:
        """Pixels of the input for each pixel of the image."""
        return max(self.letterbox.resized) / max(self.letterbox.source)


def plan_views(image: tuple[int, int], imgsz: int, stride: int = 32, square: bool = False) -> tuple[View, ...]:
    """Choose the views of an image.

    Args:
        image: (height, width).
        imgsz: The longer side of the largest view; images that are much smaller get a smaller one.
        stride: What both sides of the network's input are multiples of.
        square: The network's input is always imgsz x imgsz. Then only the largest view is planned, because a small view
            would take as long.

    Returns:
        The views, the largest first.
    """
    if square:
        return (View(Letterbox.fit(image, imgsz, stride, square)),)
    enough = math.ceil(_MOST_ENLARGED * max(image) / stride) * stride
    largest = min(imgsz, max(enough, _SMALL_VIEWS[0][0]))
    small = [
        View(Letterbox.fit(image, side, stride, border=border), _SMALLEST)
        for side, border in _SMALL_VIEWS
        if side < largest
    ]
    return (View(Letterbox.fit(image, largest, stride)), *small)


def merge_views(views: Sequence[View], found: Sequence[Boxes], max_det: int) -> Boxes:
    """Choose one box for each face that several views have found.

    Greedy, as non-maximum suppression is, in the order of confidence times nearness to the best size. Boxes of one view
    never suppress each other, so two neighbours in one view stay two. Boxes of different views do, whatever their
    class.

    Args:
        views: As `plan_views` gives them.
        found: The boxes of each view, in pixels of the image.
        max_det: At most this many are kept.

    Returns:
        The boxes, best confidence first.
    """
    large_enough = [
        view.scale * longer_sides(boxes[0]) >= view.smallest for view, boxes in zip(views, found, strict=True)
    ]
    xyxy, confidence, class_id = (
        np.concatenate([part[own] for part, own in zip(parts, large_enough, strict=True)])
        for parts in zip(*found, strict=True)
    )
    view = np.repeat(np.arange(len(views)), [int(own.sum()) for own in large_enough])
    scales = np.array([each.scale for each in views])
    weight = confidence * _nearness(scales[view] * longer_sides(xyxy))
    kept = _best_of_each(xyxy, weight, view)
    kept = kept[np.argsort(-confidence[kept], kind="stable")][:max_det]
    return xyxy[kept], confidence[kept], class_id[kept]


def _nearness(side: NDArray[np.float64]) -> NDArray[np.float64]:
    """How near the side of a face in the input is to the best one: 1 there, less for smaller and larger ones."""
    return np.exp(-0.5 * (np.log(np.maximum(side, 1.0) / _BEST_SIDE) / _SPREAD) ** 2)


def _best_of_each(xyxy: NDArray[np.float32], weight: NDArray[np.float64], view: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices of the boxes that no better box of another view suppresses."""
    same = (iou(xyxy, xyxy) > _SAME) | (intersection_over_smaller(xyxy, xyxy) > _INSIDE)
    suppresses = same & (view[:, None] != view)
    left = np.ones(len(xyxy), bool)
    kept = []
    for best in np.argsort(-weight, kind="stable"):
        if left[best]:
            kept.append(best)
            left &= ~suppresses[best]
    return np.array(kept, np.int64)
