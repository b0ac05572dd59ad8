"""Reads a camera of this machine in a thread of its own, and keeps its newest frame."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.libraries import silent_opencv
from detector.media.videos import Timing

_DEFAULT_RATE = 25.0
_HIGHEST_RATE = 120.0  # some sources state the frequency of their clock instead of a frame rate
_POLL_SECONDS = 0.1
_FREE_DEVICE = "a camera that no other program uses, and the right to read it (group video)"
_CONNECTED = "the number of a connected camera, passed on to this container if it is one (--device)"
# The thread of a working camera ends with its next frame, which comes sooner than this. Others are not waited for.
_STOP_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CameraImage:
    """One frame of a camera.

    Attributes:
        image: BGR uint8 (H, W, 3); None where it was not wanted.
        timing: When it was taken.
    """

    image: NDArray[np.uint8] | None
    timing: Timing


class CameraReader:
    """Reads a camera in a thread of its own and keeps its newest frame only, so that no delay builds up.

    The thread opens, reads and closes the camera, so that a driver that hangs blocks this thread only. On macOS the
    caller's thread opens it.

    Args:
        number: As the operating system counts cameras, from 0.
        is_wanted: Called with the time (`time.monotonic()`) of each frame; says whether to decode it. None: decode all.
    """

    def __init__(self, number: int, is_wanted: Callable[[float], bool] | None = None) -> None:
        self._number, self._is_wanted = number, is_wanted
        self._changed = threading.Condition()
        self._newest: CameraImage | None = None
        self._error: SourceError | None = None
        self._stopping = False
        # macOS asks the user for permission only when the main thread opens a camera.
        self._capture = _open(number) if sys.platform == "darwin" else None
        self._thread = threading.Thread(target=self._run, name=f"camera {number}", daemon=True)
        self._thread.start()

    def take(self, timeout: float) -> CameraImage | None:
        """The newest frame that was not taken yet; None when there is none after `timeout` seconds.

        Raises:
            SourceError: There is no such camera, or it stopped delivering; all its frames have been taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._newest is not None or self._error is not None, timeout)
            newest, self._newest = self._newest, None
            if newest is None and self._error is not None:
                raise self._error
            return newest

    def stop(self) -> None:
        """End the thread and close the camera, unless it hangs."""
        self._stopping = True
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        name = f"camera {self._number}"
        error = SourceError(name, "stopped delivering pictures")
        try:
            capture = self._capture or _open(self._number)
            try:
                self._read(capture)
            finally:
                capture.release()
        except SourceError as caught:
            error = caught
        except cv2.error as caught:
            error = SourceError(name, f"failed ({caught.err})")
        except Exception as caught:  # without it, `take` would never raise
            error = SourceError(name, f"failed ({type(caught).__name__}: {caught})")
        with self._changed:
            self._error = error
            self._changed.notify_all()

    def _read(self, capture: Any) -> None:
        if not capture.isOpened():
            raise _unavailable(self._number)
        rate = Fraction(plausible_rate(capture.get(cv2.CAP_PROP_FPS))).limit_denominator(1001)
        began = time.monotonic()
        while not self._stopping:
            delivered, image = self._next(capture)
            if not delivered:
                return
            seconds = Fraction(time.monotonic() - began).limit_denominator(1_000_000)
            self._keep(CameraImage(image, Timing(seconds, Fraction(0), rate)))

    def _next(self, capture: Any) -> tuple[bool, NDArray[np.uint8] | None]:
        """Whether the camera delivered a frame; the frame if it is wanted and whole."""
        if self._is_wanted is None:
            delivered, image = capture.read()
            return delivered, image
        if not capture.grab():
            return False, None
        if not self._is_wanted(time.monotonic()):
            return True, None
        decoded, image = capture.retrieve()
        return True, image if decoded else None

    def _keep(self, newest: CameraImage) -> None:
        with self._changed:
            # A frame without an image must not replace one with an image that was not taken yet.
            if newest.image is not None or self._newest is None or self._newest.image is None:
                self._newest = newest
            self._changed.notify_all()


def _open(number: int) -> Any:
    with silent_opencv():
        return cv2.VideoCapture(number)


def device_of(number: int) -> Path | None:
    """The file of a camera on Linux, whether it is there or not; None on other systems, which have no such files."""
    return Path(f"/dev/video{number}") if sys.platform == "linux" else None


def _unavailable(number: int) -> SourceError:
    """Why a camera cannot be opened, and what to do."""
    name, device = f"camera {number}", device_of(number)
    if device is None:
        return SourceError(name, "not available", "the number of a connected camera")
    if device.exists():
        return SourceError(name, f"not available ({device} is there, but gives no pictures)", _FREE_DEVICE)
    others = ", ".join(sorted(str(path) for path in device.parent.glob("video*"))) or "none"
    return SourceError(name, f"not available (there is no {device}; connected: {others})", _CONNECTED)


def read_camera(
    number: int, is_cancelled: Callable[[], bool] = lambda: False
) -> Generator[tuple[NDArray[np.uint8], Timing], None, None]:
    """Frames of a camera until it stops. Each is the newest at the time when it is asked for.

    Args:
        number: As the operating system counts cameras, from 0.
        is_cancelled: Asked several times a second; when it says True, the frames end, even if the camera hangs.

    Yields:
        BGR uint8 (H, W, 3), and when it was taken.

    Raises:
        SourceError: There is no such camera, or it stopped delivering.
    """
    reader = CameraReader(number)
    try:
        while not is_cancelled():
            newest = reader.take(_POLL_SECONDS)
            if newest is not None and newest.image is not None:
                yield newest.image, newest.timing
    finally:
        reader.stop()


def plausible_rate(claimed: float | None) -> float:
    """The frames per second that a live source claims, or 25 where it claims none or more than any camera has."""
    return claimed if claimed is not None and 0 < claimed <= _HIGHEST_RATE else _DEFAULT_RATE
