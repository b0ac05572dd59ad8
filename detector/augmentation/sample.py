"""An image with its boxes, and functions that change both together: resize, crop, frame, roll."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""BGR uint8 (H, W, 3)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """An annotated image in memory.

    Attributes:
        image: BGR uint8 (H, W, 3).
        xyxy: Boxes, float64 (N, 4), pixels of `image`.
        classes: Class ids, int64 (N,).
    """

    image: Image
    xyxy: NDArray[np.float64]
    classes: NDArray[np.int64]

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Border:
    """What is shown outside an image.

    Attributes:
        colour: BGR, each 0 to 255; None repeats the pixels of the image's edge.
    """

    colour: tuple[int, int, int] | None = (114, 114, 114)

    @property
    def mode(self) -> int:
        """OpenCV's border type."""
        return cv2.BORDER_REPLICATE if self.colour is None else cv2.BORDER_CONSTANT

    @property
    def value(self) -> tuple[int, int, int]:
        """The colour for OpenCV, which needs one for every border type."""
        return self.colour or (0, 0, 0)


def resized(sample: Sample, side: int) -> Sample:
    """Scale a sample so that its longer side has `side` pixels."""
    scale = side / max(sample.size)
    width, height = (max(1, round(length * scale)) for length in sample.size)
    if (width, height) == sample.size:
        return sample
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    image = cv2.resize(sample.image, (width, height), interpolation=interpolation)
    factor = np.array([width / sample.size[0], height / sample.size[1]] * 2)
    return replace(sample, image=np.asarray(image, np.uint8), xyxy=sample.xyxy * factor)


def visible_share(xyxy: NDArray[np.float64], window: tuple[int, int, int, int]) -> NDArray[np.float64]:
    """How much of each box (N, 4) lies in a window, 0 to 1 (N,)."""
    low, high = np.array(window[:2]), np.array(window[2:])
    inside = np.clip(np.minimum(xyxy[:, 2:], high) - np.maximum(xyxy[:, :2], low), 0, None).prod(axis=1)
    area = (xyxy[:, 2:] - xyxy[:, :2]).prod(axis=1)
    return np.asarray(inside / np.maximum(area, 1e-9))


def cropped(sample: Sample, window: tuple[int, int, int, int], border: Border, keep: NDArray[np.bool_]) -> Sample:
    """Cut a window out, which may reach past the image.

    Args:
        sample: The sample.
        window: Left, top, right, bottom in pixels; right and bottom are exclusive.
        border: What is shown outside the image.
        keep: The boxes that stay, bool (N,); they are clipped to the window.
    """
    x1, y1, x2, y2 = window
    width, height = sample.size
    inside = sample.image[max(0, y1) : max(0, min(y2, height)), max(0, x1) : max(0, min(x2, width))]
    margins = max(0, -y1), max(0, y2 - height), max(0, -x1), max(0, x2 - width)
    image = cv2.copyMakeBorder(inside, *margins, border.mode, value=border.value) if any(margins) else inside
    xyxy = np.clip(sample.xyxy[keep] - np.array([x1, y1] * 2), 0, np.array([x2 - x1, y2 - y1] * 2))
    return Sample(np.asarray(image, np.uint8), xyxy, sample.classes[keep])


def framed(sample: Sample, share: float, border: Border) -> Sample:
    """Put a border around a sample, `share` of its longer side wide."""
    margin = round(share * max(sample.size))
    image = cv2.copyMakeBorder(sample.image, margin, margin, margin, margin, border.mode, value=border.value)
    return replace(sample, image=np.asarray(image, np.uint8), xyxy=sample.xyxy + margin)


def rolled(sample: Sample, degrees: float, border: Border) -> Sample:
    """Roll the camera: turn a sample around its centre, on a canvas that grows so that nothing is lost.

    A box becomes the smallest upright box around the turned ellipse that filled it, since a face is nearer to an
    ellipse than to a rectangle.

    Args:
        sample: The sample.
        degrees: Counter-clockwise.
        border: What is shown in the corners.
    """
    width, height = sample.size
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    grown = round(abs(width * cos) + abs(height * sin)), round(abs(width * sin) + abs(height * cos))
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0), np.float64)
    matrix[:, 2] += (grown[0] - width) / 2, (grown[1] - height) / 2
    image = cv2.warpAffine(
        sample.image, matrix, grown, flags=cv2.INTER_LINEAR, borderMode=border.mode, borderValue=border.value
    )
    centres = (sample.xyxy[:, :2] + sample.xyxy[:, 2:]) / 2 @ matrix[:, :2].T + matrix[:, 2]
    halves = (sample.xyxy[:, 2:] - sample.xyxy[:, :2]) / 2
    turned = np.sqrt(halves**2 @ np.array([[cos**2, sin**2], [sin**2, cos**2]]))
    return replace(sample, image=np.asarray(image, np.uint8), xyxy=np.hstack([centres - turned, centres + turned]))
