"""What was seen in one frame of a camera, made up."""

from datetime import datetime, timedelta

import numpy as np

from detector.detections import Detections
from detector.monitor.annotated import DrawnFrame
from detector.monitor.camera_worker import FrameResult
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.streams import StreamFrame
from detector.people.states import PeopleInView, State
from detector.people.zones import Zones
from support.camera_scenes import scene
from support.store_samples import NOON, WITHOUT

FACE = np.array([[10, 30, 50, 70]], np.float32)


def frame_result(seconds: float, image: np.ndarray | None = None, start: datetime = NOON) -> FrameResult:
    image, at = scene("w") if image is None else image, start + timedelta(seconds=seconds)
    faces = Detections(FACE, np.array([0.9]), np.array([1]), np.array([7]))
    marked = Detections(FACE, np.array([0.9]), np.array([1]), np.array([1]), tuple(State))
    frame = CameraFrame(StreamFrame(lambda: image, 10), at, seconds, lambda: image)
    return FrameResult(frame, image, faces, PeopleInView("door", at, {1: WITHOUT}), marked, 0.01)


def drawn(result: FrameResult, *, blur: bool = False) -> DrawnFrame:
    """The frame as recordings and clips get it."""
    return DrawnFrame(result, Zones(), blur=blur)
