"""The same pictures at the same times with motion first and without it: no load of the machine changes what is seen."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.monitor.camera_worker import CameraWorker
from detector.monitor.cameras.camera import Camera
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.streams import StreamFrame
from detector.monitor.config.watch import WatchConfig
from detector.monitor.motion import whole
from detector.monitor.watch import make_detector
from watch_parts.measured import WANTED_FPS, Event
from watch_parts.senders import STREAM_FPS

_MOTIONS = ("auto", "off")


def replay(pictures: Sequence[bytes], seconds: float, weights: str | None) -> tuple[dict[str, list[Event]], float]:
    """Watch pictures that come again and again, as one camera with each value of `motion`.

    Args:
        pictures: JPEG files at `STREAM_FPS`; of these, `WANTED_FPS` a second are looked at.
        seconds: Of the camera.
        weights: As in the configuration.

    Returns:
        The events by `motion`, their numbers counted from the start of the camera and not of the pictures; and the
        share of the frames that motion first looked at.
    """
    cameras = [{"name": motion, "source": "http://127.0.0.1:9", "motion": motion} for motion in _MOTIONS]
    fields = {"cameras": cameras, "device": "cpu", "store": {"snapshots": "off"}}
    config = WatchConfig.model_validate(fields | ({"weights": weights} if weights else {}))
    workers = [CameraWorker(camera, config, Camera(camera)) for camera in config.cameras]
    detector, found = make_detector(config), dict[int, Detections]()
    events: dict[str, list[Event]] = {motion: [] for motion in _MOTIONS}
    frames = int(seconds * WANTED_FPS)
    for number in (int(i * STREAM_FPS / WANTED_FPS) for i in range(frames)):
        index = number % len(pictures)
        image = _decode(pictures[index])
        if index not in found:
            found[index] = detector.predict(image)
        for worker in workers:
            frame = _frame(image, number / STREAM_FPS)
            part = worker.needs_look(frame, image)
            if part is None or part == whole(image):
                faces = None if part is None else found[index]
            else:
                faces = detector.predict_changed(image, worker.faces, part)
            people = worker.process(frame, image, faces).people
            events[worker.camera.name] += [
                Event(each.camera, number, 0.0, (str(each.before), str(each.after)), each.xyxy)
                for each in people.changes
            ]
    return events, 1 - workers[0].unchanged / frames


def _decode(picture: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.uint8, copy=False)


def _frame(image: NDArray[np.uint8], seconds: float) -> CameraFrame:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return CameraFrame(StreamFrame(lambda: image, STREAM_FPS), at, seconds, lambda: image)
