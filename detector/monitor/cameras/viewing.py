"""Reads the second address of a camera, `view`, while somebody looks at it."""

import logging
import threading
import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.monitor.cameras.adjustment import PictureAdjustment
from detector.monitor.cameras.camera import Camera, CameraTimeouts
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.config.watch import CameraConfig
from detector.people.settings import Zone

logger = logging.getLogger(__name__)

_IDLE_SECONDS = 10.0  # nobody has looked for so long: the stream is closed
_TICK_SECONDS = 0.5
_CLOSING_SECONDS = 1.0
_FPS = 5.0
_MOST_FRAMES = 5  # the latest second, to choose from
_MOST_APART = 2.0  # seconds between the two pictures
_MOST_STRETCH = 0.03  # streams of one picture are rounded to whole blocks


class ViewStream:
    """The second stream of a camera. It is opened when a picture is asked for, and closed when none is any more.

    Its methods may be called from any thread, and never wait for the camera.

    Args:
        config: A camera with `view`; its `rotate`, `gamma` and `masks` hold for this stream too.
        timeouts: How long it is waited for.
    """

    def __init__(self, config: CameraConfig, timeouts: CameraTimeouts | None = None) -> None:
        # Masks in pixels are made for the other stream, and are applied when the size of that is known.
        self._config = config.model_copy(update={"source": config.view, "fps": _FPS, "masks": ()})
        self._adjustment = PictureAdjustment(0, None, [Zone(polygon=mask, name="mask") for mask in config.masks])
        self._timeouts = timeouts
        self._lock, self._closing = threading.Lock(), threading.Event()
        self._frames: deque[CameraFrame] = deque(maxlen=_MOST_FRAMES)
        self._camera: Camera | None = None
        self._asked = 0.0
        self._said_misfit = False

    def picture(self, shape: tuple[int, ...], arrived: float) -> NDArray[np.uint8] | None:
        """The picture that came nearest to a time, turned and masked as the one that the network looks at.

        Args:
            shape: (height, width, ...) of the picture that the network looked at.
            arrived: When that came, by `time.monotonic()`.

        Returns:
            BGR uint8 (H, W, 3), not to be changed; None where there is none of that time or of that shape.
        """
        with self._lock:
            self._asked = time.monotonic()
            if self._camera is None and not self._closing.is_set():
                self._open()
            image = self._nearest(arrived)
        if image is None or not self._fits(image.shape, shape):
            return None
        return self._adjustment.mask(image, shape)

    def close(self) -> None:
        """Stop reading; `picture` opens the stream no more."""
        self._closing.set()
        with self._lock:
            camera = self._camera
        if camera is not None:
            camera.stop()
            camera.join(_CLOSING_SECONDS)

    def _open(self) -> None:
        camera = Camera(self._config, on_frame=lambda: self._keep(camera), on_status=self._say, timeouts=self._timeouts)
        self._camera = camera
        camera.start()
        threading.Thread(target=self._attend, args=(camera,), name=f"view {camera.name}", daemon=True).start()

    def _attend(self, camera: Camera) -> None:
        """Notice stalls, and stop the camera when nobody looks any more."""
        while not self._closing.wait(_TICK_SECONDS) and time.monotonic() - self._asked < _IDLE_SECONDS:
            camera.check()
        camera.stop()
        with self._lock:
            self._camera = None
            self._frames.clear()

    def _keep(self, camera: Camera) -> None:
        if (frame := camera.take()) is not None:
            self._frames.append(frame)

    def _nearest(self, arrived: float) -> NDArray[np.uint8] | None:
        frames = tuple(self._frames)
        frame = min(frames, key=lambda each: abs(each.arrived - arrived), default=None)
        if frame is None or abs(frame.arrived - arrived) > _MOST_APART:
            return None
        try:
            return frame.image()
        except SourceError:  # of one damaged picture; the next may be whole
            return None

    def _fits(self, shape: tuple[int, ...], looked: tuple[int, ...]) -> bool:
        """Whether two pictures have the same shape: otherwise one may show a part of the other, unmasked."""
        if abs(shape[1] * looked[0] / (shape[0] * looked[1]) - 1) <= _MOST_STRETCH:
            return True
        if not self._said_misfit:
            text = "%s: the picture of view (%d x %d) has another shape than that of source (%d x %d) and is not shown"
            logger.warning(text, self._config.name, *shape[1::-1], *looked[1::-1])
            self._said_misfit = True
        return False

    def _say(self, status: CameraStatus) -> None:
        if status.state is CameraState.DOWN:
            logger.warning("%s: view is down (%s); the picture of source is shown", status.camera, status.reason)
