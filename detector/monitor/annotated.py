"""The picture of a camera as people see it: in recordings and in the live view."""

import numpy as np
from numpy.typing import NDArray

from detector.monitor.camera_worker import FrameResult
from detector.monitor.snapshots import blur_faces
from detector.people.zones import Zones


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
