"""The part of a picture that the network looks at again, where only that part has changed since faces were found.

The picture is letterboxed as always, and a part of the network's input is cut out of that at multiples of the stride.
So the network sees the same pixels in the same places of its grid as in the whole picture, and finds the same faces. No
face that is known lies across the border of the part, and around what has changed there is as much as a face is large.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.model.letterbox import Letterbox

_MOST = 0.6  # of the whole input: a larger part is not worth what it saves
_STEPS = 4  # parts have so many widths and so many heights: a backend prepares itself for each shape of its input
_LEAST_MARGIN = 48.0  # pixels of the input around what has changed: less, and scores differ from those of the whole
_CLEARANCE = 0.25  # of a known face's longer side, from the border
_AT_BORDER = 2.0  # pixels of the input: a box that ends so near to the border may show a part of a face


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the network's input.

    Attributes:
        whole: How the whole picture lies inside the whole input.
        left: The first column of the part, in pixels of the whole input.
        top: Its first row.
        shape: Its (height, width).
    """

    whole: Letterbox
    left: int
    top: int
    shape: tuple[int, int]

    @property
    def letterbox(self) -> Letterbox:
        """How the picture lies inside the part."""
        return self.whole.cut(self.left, self.top, self.shape)

    @property
    def share(self) -> float:
        """Its size, as a share of the whole input."""
        return self.shape[0] * self.shape[1] / (self.whole.shape[0] * self.whole.shape[1])

    def holds(self, xyxy: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which boxes (N, 4), in pixels of the picture, have their centre in it."""
        boxes = self.whole.to_input(xyxy)
        low, high = self._corners()
        centres = (boxes[:, :2] + boxes[:, 2:]) / 2
        return np.asarray(((centres >= low) & (centres < high)).all(axis=1))

    def cuts(self, xyxy: NDArray[np.float32], clearance: float = 0.0) -> NDArray[np.bool_]:
        """Which boxes (N, 4), in pixels of the picture, reach its border where the picture goes on behind it.

        Args:
            xyxy: The boxes.
            clearance: Boxes that are nearer to it than this share of their longer side count too.
        """
        boxes = self.whole.to_input(xyxy)
        low, high = self._corners()
        near = np.maximum(clearance * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True), _AT_BORDER)
        shown = ((boxes[:, 2:] > low) & (boxes[:, :2] < high)).all(axis=1)
        cut_low = (low > 0) & (boxes[:, :2] - near < low)
        cut_high = (high < self.whole.shape[::-1]) & (boxes[:, 2:] + near > high)
        return np.asarray(shown & (cut_low | cut_high).any(axis=1))

    def _corners(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        low = np.array([self.left, self.top])
        return low, low + self.shape[::-1]


def plan_part(whole: Letterbox, stride: int, changed: NDArray[np.float32], faces: NDArray[np.float32]) -> Part | None:
    """Choose the part to look at.

    Args:
        whole: How the whole picture lies inside the network's input.
        stride: What both sides of the input are multiples of.
        changed: (4,): left, top, right and bottom of what may have changed, in pixels of the picture.
        faces: (N, 4): the faces that are known, in pixels of the picture.

    Returns:
        The part; None where it would be most of the picture.
    """
    needed = changed.reshape(1, 4).clip(0, [*whole.source[::-1]] * 2)
    while True:
        box = np.concatenate([needed[:, :2].min(axis=0), needed[:, 2:].max(axis=0)])
        part = _around(whole, stride, box, faces)
        if part.share > _MOST:
            return None
        cut = part.cuts(faces, _CLEARANCE)
        if not cut.any():
            return part
        needed = np.concatenate([needed, box[None], faces[cut]])


def _around(whole: Letterbox, stride: int, box: NDArray[np.float32], faces: NDArray[np.float32]) -> Part:
    """The part around a box, with a margin as large as the faces there."""
    there = faces[((faces[:, 2:] > box[:2]) & (faces[:, :2] < box[2:])).all(axis=1)]
    x1, y1, x2, y2 = whole.to_input(box[None])[0].tolist()
    sides = whole.to_input(there)[:, 2:] - whole.to_input(there)[:, :2]
    margin = max(_LEAST_MARGIN, float(sides.max(initial=0)))
    left, width = _span(x1 - margin, x2 + margin, whole.shape[1], stride)
    top, height = _span(y1 - margin, y2 + margin, whole.shape[0], stride)
    return Part(whole, left, top, (height, width))


def _span(low: float, high: float, length: int, stride: int) -> tuple[int, int]:
    """The start and the size, along one side of the input, of one of few sizes that holds what lies between."""
    cells = length // stride
    first, last = max(int(low // stride), 0), min(int(-(-high // stride)), cells)
    sizes = (-(-cells * step // _STEPS) for step in range(1, _STEPS + 1))
    size = next(size for size in sizes if size >= last - first)
    start = min(max(first - (size - last + first) // 2, 0), cells - size)
    return start * stride, size * stride
