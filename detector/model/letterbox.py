"""Letterbox: scales and pads images to the size of a network's input, and scales boxes back."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

_GREY = 114  # the padding around images in the training of YOLO networks


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture lies inside the network's input.

    Attributes:
        source: (height, width) of the picture.
        resized: (height, width) of the picture inside the input.
        top: Rows of padding above it; negative where the input begins below its upper edge.
        left: Columns of padding left of it; negative likewise.
        shape: (height, width) of the input.
    """

    source: tuple[int, int]
    resized: tuple[int, int]
    top: int
    left: int
    shape: tuple[int, int]

    @classmethod
    def fit(
        cls, source: tuple[int, int], imgsz: int, stride: int = 32, square: bool = False, border: float = 0.0
    ) -> "Letterbox":
        """Scale the longer side to `imgsz`, and pad the shorter one.

        Args:
            source: (height, width) of the picture.
            imgsz: The longer side of the input, a multiple of `stride`.
            stride: What both sides of the input are multiples of.
            square: Pad to `imgsz` x `imgsz`, for networks of fixed size, rather than to the next multiple of `stride`.
            border: Extra padding on both sides together, as a share of the picture's side; it is part of `imgsz`.
        """
        scale = imgsz / (1 + border) / max(source)
        height, width = (max(round(side * scale), 1) for side in source)
        needed = (int(height * (1 + border)), int(width * (1 + border)))
        shape = (imgsz, imgsz) if square else (needed[0] + -needed[0] % stride, needed[1] + -needed[1] % stride)
        # If the number of padding rows or columns is odd, the extra one is below or to the right, as in training.
        top = round((shape[0] - height) / 2 - 0.1)
        left = round((shape[1] - width) / 2 - 0.1)
        return cls(source, (height, width), top, left, shape)

    def cut(self, left: int, top: int, shape: tuple[int, int]) -> "Letterbox":
        """A part of the input, at the same scale.

        Args:
            left: Its first column, in pixels of the input.
            top: Its first row.
            shape: Its (height, width).
        """
        return replace(self, left=self.left - left, top=self.top - top, shape=shape)

    def apply(self, image: NDArray[np.uint8], lut: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
        """The picture as the network's input.

        Args:
            image: BGR uint8 (H, W, 3) of size `source`.
            lut: A table of 256 brightness values, applied to the picture but not to the padding.

        Returns:
            BGR uint8 of size `shape`.
        """
        height, width = self.resized
        if image.shape[:2] != self.resized:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
        canvas = np.full((*self.shape, 3), _GREY, np.uint8)
        top, left = max(self.top, 0), max(self.left, 0)
        shown = image[top - self.top : self.shape[0] - self.top, left - self.left : self.shape[1] - self.left]
        canvas[top : top + shown.shape[0], left : left + shown.shape[1]] = shown if lut is None else cv2.LUT(shown, lut)
        return canvas

    def to_input(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert boxes (N, 4) from pixels of the picture to pixels of the input."""
        return (xyxy / self._scale() + self._offset()).astype(np.float32, copy=False)

    def to_source(self, xyxy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert boxes (N, 4) from pixels of the input to pixels of the picture, and clip them to it."""
        limits = np.array([*self.source[::-1]] * 2, np.float32)
        return ((xyxy - self._offset()) * self._scale()).clip(0, limits).astype(np.float32, copy=False)

    def _offset(self) -> NDArray[np.float32]:
        return np.array([self.left, self.top] * 2, np.float32)

    def _scale(self) -> NDArray[np.float32]:
        """Pixels of the picture for each pixel of the input, in x and y."""
        return np.array([self.source[1] / self.resized[1], self.source[0] / self.resized[0]] * 2, np.float32)
