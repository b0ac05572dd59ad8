"""Finds the landmarks of a face in its box: eyes, nose and mouth."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.boxes import iou
from detector.errors import WeightsError
from detector.libraries import silent_opencv

_CROP = 192  # the face fills half of the crop, which suits YuNet whatever the size of the face in the picture
_MIN_SCORE = 0.7  # points with lower scores were often wrong
_MIN_IOU = 0.4
_LEAST_UNIT = 0.05  # the shortest distance from eyes to mouth, in sides of the crop


@dataclass(frozen=True)
class Face:
    """A face with the five points that YuNet finds.

    Its own coordinates, "face units", have their origin between the eyes; y leads down to the middle of the mouth,
    at distance 1, and x to the right of the picture when the head is upright.

    Attributes:
        xyxy: The annotated box (4,), pixels.
        points: (5, 2), pixels: the eyes, the tip of the nose, the corners of the mouth; in each pair the one that is
            at the left of the picture when the head is upright comes first.
    """

    xyxy: NDArray[np.float64]
    points: NDArray[np.float64]

    @cached_property
    def to_pixels(self) -> NDArray[np.float64]:
        """The affine transform (2, 3) from face units to pixels of the picture."""
        eyes, mouth = self.points[:2].mean(axis=0), self.points[3:].mean(axis=0)
        down = mouth - eyes
        right = np.array([down[1], -down[0]])
        return np.stack([right, down, eyes], axis=1)

    @cached_property
    def unit(self) -> float:
        """Pixels from the eyes to the mouth."""
        return float(np.hypot(*self.to_pixels[:, 1]))

    @cached_property
    def in_units(self) -> NDArray[np.float64]:
        """The five points (5, 2) in face units."""
        return self.to_units(self.points)

    @cached_property
    def yaw(self) -> float:
        """How far the nose lies to the right of the middle, in face units: 0 from the front, about 0.6 in profile."""
        return float(self.in_units[2, 0])

    @cached_property
    def extent(self) -> tuple[float, float, float]:
        """Left, right and bottom of the box in face units; the roll of the head is not considered."""
        eyes = self.to_pixels[:, 2]
        x1, _, x2, y2 = self.xyxy
        return float((x1 - eyes[0]) / self.unit), float((x2 - eyes[0]) / self.unit), float((y2 - eyes[1]) / self.unit)

    def to_units(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pixels (..., 2) in face units."""
        turned = np.linalg.inv(self.to_pixels[:, :2])
        return (pixels - self.to_pixels[:, 2]) @ turned.T


class LandmarkFinder:
    """YuNet (Wu et al., YuNet: a tiny millisecond-level face detector, 2023), as OpenCV runs it.

    Args:
        path: `face_detection_yunet_2023mar.onnx` of OpenCV's model zoo.

    Raises:
        WeightsError: The file is missing or is no such model.
    """

    def __init__(self, path: Path) -> None:
        expected = "the ONNX file of YuNet from OpenCV's model zoo"
        if not path.is_file():
            raise WeightsError(path, "no such file", expected)
        try:
            with silent_opencv():  # it warns at each new size of image
                self._yunet = cv2.FaceDetectorYN.create(str(path), "", (_CROP, _CROP), 0.1, 0.3, 50)
                self._yunet.detect(np.zeros((_CROP, _CROP, 3), np.uint8))
        except cv2.error as error:
            raise WeightsError(path, "a file that OpenCV cannot run as a face detector", expected) from error

    def find(self, image: NDArray[np.uint8], xyxy: Sequence[float]) -> Face | None:
        """Find the five points of one face.

        Args:
            image: BGR uint8 (H, W, 3).
            xyxy: Its box in pixels.

        Returns:
            The face; None where YuNet finds none in the box, or only with a low score.
        """
        box = np.asarray(xyxy, float)
        centre, side = (box[:2] + box[2:]) / 2, max(2, round(2 * float(max(box[2:] - box[:2]))))
        patch = cv2.getRectSubPix(image, (side, side), (float(centre[0]), float(centre[1])))
        scale, corner = _CROP / side, centre - (side - 1) / 2
        crop = cv2.resize(patch, (_CROP, _CROP), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        in_crop = (box - np.tile(corner, 2)) * scale
        _, found = self._yunet.detect(crop)
        rows = [row for row in (() if found is None else found) if iou([_corners(row)], [in_crop])[0, 0] > _MIN_IOU]
        best = max(rows, key=lambda row: row[14], default=None)
        if best is None or best[14] < _MIN_SCORE:
            return None
        points = (best[4:14].reshape(5, 2).astype(float) + 0.5) / scale - 0.5 + corner
        face = Face(box, points)
        return face if face.unit > _LEAST_UNIT * side else None


def _corners(row: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.array([row[0], row[1], row[0] + row[2], row[1] + row[3]], float)
