"""Cameras, played by objects in place of OpenCV's."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pytest

from detector.errors import SourceError
from detector.inference.cancellation import Cancellation
from detector.media.cameras import CameraReader, read_camera
from detector.media.videos import Timing
from support.waiting import MANY_SECONDS, wait_until

Camera = TypeVar("Camera", bound="FastCamera")


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

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.hangs = threading.Event()

    def grab(self) -> bool:
        if self.count == 3:
            self.hangs.set()
            threading.Event().wait()
        return super().grab()


class SteppedCamera(FastCamera):
    """Delivers so many of its 100 pictures as the test asks for."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.asked, self._allowed = 0, threading.Semaphore(1)

    def grab(self) -> bool:
        self.asked += 1
        self._allowed.acquire()
        self.count += 1
        return self.count <= 100

    def deliver(self, number: int) -> None:
        """Deliver more pictures, and return when the reader asks for the next one after them."""
        wait_until(lambda: self.asked == self.count + 1)
        last = self.count + number
        self._allowed.release(number)
        wait_until(lambda: self.asked == last + 1)

    def end(self) -> None:
        """Deliver all that is left, with nobody waiting for it."""
        self._allowed.release(200)


def plug_in(monkeypatch: pytest.MonkeyPatch, kind: Callable[[int], Camera]) -> list[Camera]:
    """The cameras that are opened from now on."""
    cameras: list[Camera] = []

    def open_camera(number: int) -> Camera:
        cameras.append(kind(number))
        return cameras[-1]

    monkeypatch.setattr("cv2.VideoCapture", open_camera)
    return cameras


def number_of(frame: tuple[np.ndarray, Timing]) -> int:
    return int(frame[0][0, 0, 0])


def test_a_camera_gives_its_newest_frame_so_that_no_delay_builds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = plug_in(monkeypatch, SteppedCamera)
    frames = read_camera(0)
    numbers = [number_of(next(frames))]
    for more in (5, 1, 30):
        cameras[0].deliver(more)
        numbers.append(number_of(next(frames)))
    assert numbers == [1, 6, 7, 37]
    cameras[0].end()
    frames.close()
    assert cameras[0].released.wait(MANY_SECONDS)


def test_a_camera_that_hangs_is_left_when_the_run_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras = plug_in(monkeypatch, HangingCamera)
    cancellation = Cancellation()
    frames = read_camera(0, cancellation.is_cancelled)
    next(frames)
    assert cameras[0].hangs.wait(MANY_SECONDS)
    cancellation.cancel()
    began = time.monotonic()
    assert len(list(frames)) <= 2
    assert time.monotonic() - began < 10


def test_a_camera_that_hangs_while_it_is_opened_is_left_too(monkeypatch: pytest.MonkeyPatch) -> None:
    release, cancellation = threading.Event(), Cancellation()

    def open_slowly(number: int) -> FastCamera:
        release.wait(MANY_SECONDS)
        return FastCamera(number)

    monkeypatch.setattr("cv2.VideoCapture", open_slowly)
    threading.Timer(0.3, cancellation.cancel).start()
    try:
        assert list(read_camera(0, cancellation.is_cancelled)) == []
    finally:
        release.set()  # OpenCV is silent in all threads until the camera is open


def test_frames_that_are_not_wanted_are_counted_but_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    cameras, reader = plug_in(monkeypatch, SteppedCamera), CameraReader(0, lambda seconds: False)
    for _ in range(3):
        frame = reader.take(MANY_SECONDS)
        assert frame is not None and frame.image is None
        cameras[0].deliver(1)
    cameras[0].end()
    with pytest.raises(SourceError, match="camera 0: stopped delivering pictures"):
        while reader.take(MANY_SECONDS) is not None:
            pass
    assert cameras[0].decoded == 0


def test_a_frame_that_is_not_wanted_takes_the_place_of_no_wanted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = iter([True, *[False] * 200])
    cameras = plug_in(monkeypatch, FastCamera)
    reader = CameraReader(0, lambda seconds: next(wanted))
    wait_until(lambda: cameras and cameras[0].released.is_set())
    frame = reader.take(MANY_SECONDS)
    assert frame is not None and frame.image is not None and int(frame.image[0, 0, 0]) == 1


def test_a_camera_that_is_missing_and_one_that_is_in_use_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class NoCamera(FastCamera):
        def isOpened(self) -> bool:
            return False

    plug_in(monkeypatch, NoCamera)
    monkeypatch.setattr("detector.media.cameras.device_of", lambda number: tmp_path / f"video{number}")
    (tmp_path / "video2").touch()
    with pytest.raises(SourceError, match=r"there is no .*video0; connected: .*video2\); expected the number"):
        list(read_camera(0))
    with pytest.raises(SourceError, match=r"video2 is there, .* expected a camera that no other program uses"):
        list(read_camera(2))


def test_what_is_wrong_with_a_camera_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class BrokenCamera(FastCamera):
        def grab(self) -> bool:
            raise cv2.error("broken")

    class NoCamera(FastCamera):
        def isOpened(self) -> bool:
            return False

    monkeypatch.setattr("detector.media.cameras.device_of", lambda number: Path(f"/nowhere/video{number}"))
    for kind, reason in ((BrokenCamera, "failed"), (NoCamera, "not available .*; expected the number of a connected")):
        cameras = plug_in(monkeypatch, kind)
        with pytest.raises(SourceError, match=f"camera 3: {reason}"):
            list(read_camera(3))
        assert cameras[0].released.wait(MANY_SECONDS)
