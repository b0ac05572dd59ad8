"""Decides which camera's frame is processed next."""

import threading
from collections.abc import Sequence

from detector.monitor.cameras.camera import Camera
from detector.monitor.cameras.status import FINISHED

_POLL_SECONDS = 0.25


class FrameScheduler:
    """Gives the next frame to the camera that has waited longest. Its methods may be called from any thread.

    Args:
        cameras: The cameras.
    """

    def __init__(self, cameras: Sequence[Camera]) -> None:
        self._cameras = cameras
        self._changed = threading.Condition()
        # By camera: the number of its last turn. Turns are numbered over all cameras.
        self._last_turns = dict.fromkeys(range(len(cameras)), 0)
        self._busy: set[int] = set()
        self._closed = False

    def next(self) -> int | None:
        """Wait for a frame.

        Returns:
            The index of the camera that has one, which gets no other turn until `release`; None when all cameras have
            ended, or after `close`.
        """
        with self._changed:
            while not self._closed:
                # Asked before the frames are: a file may end between the two.
                finished = all(camera.status.state in FINISHED for camera in self._cameras)
                if ready := self._ready():
                    return self._begin(min(ready, key=lambda index: self._last_turns[index]))
                if finished and not self._busy:
                    return None
                self._changed.wait(_POLL_SECONDS)
        return None

    def release(self, index: int) -> None:
        """End the turn of a camera."""
        with self._changed:
            self._busy.discard(index)
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again: a camera has a frame, or another state."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Give no more turns."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _ready(self) -> list[int]:
        cameras = enumerate(self._cameras)
        return [index for index, camera in cameras if index not in self._busy and camera.has_frame()]

    def _begin(self, index: int) -> int:
        self._last_turns[index] = max(self._last_turns.values()) + 1
        self._busy.add(index)
        return index
