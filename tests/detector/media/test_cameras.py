"""Cameras, played by objects in place of OpenCV's."""

import threading
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from detector.errors import SourceError
from detector.inference.cancellation import Cancellation
from detector.media.cameras import CameraReader, read_camera


class FastCamera:
    """Delivers a numbered picture every 10 ms, 100 of them."""

    def __init__(self, number: int) -> None:
        self.count = self.decoded = 0
        self.released = threading.Event()

    def isOpened(self) -> bool:
        return True

    def get(self, what: int) -> float:
        return 100.0

    def grab(self) -> bool:
        time.sleep(0.01)
        self.count += 1
        return self.count <= 100

    def retrieve(self) -> tuple[bool, np.ndarray]:
        self.decoded += 1
        return True, np.full((4, 4, 3), self.count, np.uint8)

    def read(self) -> tuple[bool, np.ndarray | None]:
        return self.retrieve() if self.grab() else (False, None)

    def release(self) -> None:
        self.released.set()


class HangingCamera(FastCamera):
    """Delivers three pictures, then hangs."""

    def grab(self) -> bool:
        if self.count == 3:
            threading.Event().wait()
        return super().grab()


def plug_in(monkeypatch: pytest.MonkeyPatch, kind: Callable[[int], FastCamera]) -> list[FastCamera]:
    """The cameras that are opened from now on."""
    cameras: list[FastCamera] = []

    def open_camera(number: int) -> FastCamera:
        cameras.append(kind(number))
        return cameras[-1]

    monkeypatch.setattr("cv2.VideoCapture", open_camera)
    return cameras


def test_a_camera_gives_its_newest_frame_so_that_no_delay_builds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = plug_in(monkeypatch, FastCamera)
    numbers, behind = [], []
    frames = read_camera(0)
    for image, _ in frames:
        numbers.append(int(image[0, 0, 0]))
        behind.append(cameras[0].count - numbers[-1])
        time.sleep(0.05)  # five times slower than the camera
        if len(numbers) == 10:
            break
    frames.close()
    assert cameras[0].released.is_set()
    assert numbers == sorted(set(numbers)) and numbers[-1] > 20
    assert max(behind) <= 1


def test_a_camera_that_hangs_is_left_when_the_run_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    plug_in(monkeypatch, HangingCamera)
    cancellation = Cancellation()
    threading.Timer(0.5, cancellation.cancel).start()
    began = time.monotonic()
    numbers = [int(image[0, 0, 0]) for image, _ in read_camera(0, cancellation.is_cancelled)]
    assert 1 <= len(numbers) <= 3
    assert time.monotonic() - began < 10


def test_a_camera_that_hangs_while_it_is_opened_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cv2.VideoCapture", lambda number: threading.Event().wait())
    cancellation = Cancellation()
    threading.Timer(0.3, cancellation.cancel).start()
    assert list(read_camera(0, cancellation.is_cancelled)) == []


def test_frames_that_are_not_wanted_are_counted_but_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    (camera, reader), taken = (plug_in(monkeypatch, FastCamera), CameraReader(0, lambda seconds: False)), 0
    with pytest.raises(SourceError, match="camera 0: stopped delivering pictures"):
        while (frame := reader.take(5)) is not None:
            assert frame.image is None
            taken += 1
    assert taken > 50
    assert camera[0].decoded == 0


def test_a_frame_that_is_not_wanted_takes_the_place_of_no_wanted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = iter([True, *[False] * 200])
    cameras = plug_in(monkeypatch, FastCamera)
    reader = CameraReader(0, lambda seconds: next(wanted))
    assert cameras[0].released.wait(20)
    frame = reader.take(5)
    assert frame is not None and frame.image is not None and int(frame.image[0, 0, 0]) == 1


def test_what_is_wrong_with_a_camera_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenCamera(FastCamera):
        def grab(self) -> bool:
            raise cv2.error("broken")

    class NoCamera(FastCamera):
        def isOpened(self) -> bool:
            return False

    for kind, reason in ((BrokenCamera, "failed"), (NoCamera, "not available; expected the number of a connected")):
        cameras = plug_in(monkeypatch, kind)
        with pytest.raises(SourceError, match=f"camera 3: {reason}"):
            list(read_camera(3))
        assert cameras[0].released.wait(5)
