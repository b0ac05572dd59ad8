"""The picture of a camera as people see it: in recordings, in clips and in the live view."""

import threading
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detector.monitor.camera_worker import FrameResult
from detector.monitor.snapshots import blur_faces
from detector.people.zones import Zones


class DrawnFrame:
    """A frame for recordings and clips, drawn once: by the first of their threads that asks for the picture.

    Args:
        result: The result of the frame.
        zones: Are outlined.
        blur: Make faces unrecognisable.

    Attributes:
        result: The result of the frame.
    """

    def __init__(self, result: FrameResult, zones: Zones, *, blur: bool) -> None:
        self.result, self._zones, self._blur = result, zones, blur
        self._lock = threading.Lock()
        self._image: NDArray[np.uint8] | None = None

    def image(self) -> NDArray[np.uint8]:
        """The picture with people and zones, BGR uint8 (H, W, 3); not to be changed."""
        with self._lock:
            if self._image is None:
                self._image = annotated(self.result, self._zones, blur=self._blur)
            return self._image


def annotated(result: FrameResult, zones: Zones, *, blur: bool) -> NDArray[np.uint8]:
    """Draw people and zones.

    Args:
        result: The result of a frame.
        zones: Are outlined.
        blur: Make faces unrecognisable, also those that do not count.

    Returns:
        BGR uint8 (H, W, 3): a copy.
    """
    image = result.image
    if blur:
        image = image.copy()
        blur_faces(image, result.faces.xyxy)
    image = result.marked.draw(image)
    zones.outline(image)
    return image


def annotated_view(view: NDArray[np.uint8], result: FrameResult, zones: Zones) -> NDArray[np.uint8]:
    """Draw people and zones into a picture of another size that shows the same.

    Faces cannot be blurred in it: they may have moved on.

    Args:
        view: BGR uint8 (H, W, 3).
        result: The result of a frame of about the same time.
        zones: Are outlined.

    Returns:
        BGR uint8 (H, W, 3): a copy.
    """
    height, width = result.image.shape[:2]
    x, y = view.shape[1] / width, view.shape[0] / height
    image = replace(result.marked, xyxy=result.marked.xyxy * np.array([x, y, x, y], np.float32)).draw(view)
    zones.scaled(x, y).outline(image)
    return image
