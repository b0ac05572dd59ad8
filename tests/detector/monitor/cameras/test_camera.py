"""Cameras: newest frame first, caps, stalls, cuts and coming back."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.errors import SourceError
from detector.monitor.cameras.camera import Camera, CameraTimeouts
from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.cameras.streams import RateCap, StreamFrame
from detector.monitor.config.watch import CameraConfig
from support.camera_scenes import jpeg, scene, served
from support.sample_pictures import picture, save_video
from support.servers import silent_server, unused_port
from support.waiting import BUSY, wait_until

QUICK = CameraTimeouts(opening=1.0, stall=0.4, first_wait=0.02, longest_wait=0.1)
UP, DOWN, ENDED, FAILED = CameraState.UP, CameraState.DOWN, CameraState.ENDED, CameraState.FAILED


class Watched:
    """A camera, and all that it said."""

    def __init__(self, source: str, timeouts: CameraTimeouts = QUICK, realtime: bool = False, **config: Any) -> None:
        self.statuses: list[CameraStatus] = []
        self.came = threading.Event()
        self.camera = Camera(
            CameraConfig(source=source, name="door", **config),
            realtime=realtime,
            on_frame=self.came.set,
            on_status=self.statuses.append,
            timeouts=timeouts,
        )

    def states(self) -> list[CameraState]:
        return [status.state for status in self.statuses]


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    made: list[Watched] = []

    def start(*arguments: Any, **options: Any) -> Watched:
        made.append(Watched(*arguments, **options))
        made[-1].camera.start()
        return made[-1]

    yield start
    for each in made:
        each.camera.stop()
    assert all(each.camera.join(BUSY) for each in made)


def grey(number: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 30 + 4 * i, np.uint8) for i in range(number)]


def take_all(watched: Watched) -> list[Any]:
    frames = []
    while watched.camera.status.state not in (ENDED, FAILED) or watched.camera.has_frame():
        if (frame := watched.camera.take()) is not None:
            frames.append(frame)
        watched.came.wait(0.01)
    return frames


def test_all_frames_of_a_file_are_given_out_in_order(watch: Callable[..., Watched], tmp_path: Path) -> None:
    watched = watch(str(save_video(tmp_path / "clip.mp4", grey(40))))
    frames = take_all(watched)
    assert len(frames) == 40
    assert (np.diff([frame.image().mean() for frame in frames]) > 2).all()
    steps = np.diff([frame.time.timestamp() for frame in frames])
    assert np.allclose(steps, 0.04, atol=1e-3)
    assert watched.states() == [UP, ENDED]
    assert sum((b - a).total_seconds() for a, b in watched.camera.take_up_time()) == pytest.approx(39 / 25)


def test_a_cap_of_a_file_is_of_its_own_seconds(watch: Callable[..., Watched], tmp_path: Path) -> None:
    watched = watch(str(save_video(tmp_path / "clip.mp4", grey(50))), fps=5)
    assert len(take_all(watched)) in (10, 11)
    assert watched.camera.status.received == 50


def test_in_real_time_a_file_takes_its_time_and_waits_for_nobody(watch: Callable[..., Watched], tmp_path: Path) -> None:
    began = time.monotonic()
    watched = watch(str(save_video(tmp_path / "clip.mp4", grey(25))), realtime=True)
    wait_until(lambda: ENDED in watched.states())
    assert time.monotonic() - began >= 0.95
    frame = watched.camera.take()
    assert frame is not None
    assert frame.image().mean() > 30 + 4 * 21  # the newest, not the first


def test_a_file_that_is_not_there_or_cut_short_fails(watch: Callable[..., Watched], tmp_path: Path) -> None:
    absent = watch(str(tmp_path / "no.mp4"))
    path = save_video(tmp_path / "clip.mkv", [picture(120, 160, seed) for seed in range(50)])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    cut = watch(str(path))
    assert len(take_all(cut)) > 1
    wait_until(lambda: FAILED in absent.states() and FAILED in cut.states())
    assert "No such file" in str(absent.statuses[-1].reason)
    assert absent.states() == [FAILED]


def test_who_comes_late_sees_the_newest_picture(watch: Callable[..., Watched]) -> None:
    with served(*(scene(faces) for faces in ("m", "w", "i"))) as server:
        watched = watch(server.url, fps=None)
        wait_until(lambda: watched.camera.status.received > 20)
        received, now = watched.camera.status.received, time.monotonic()
        wait_until(lambda: watched.camera.status.received > received + 1)
        frame = watched.camera.take()
        assert frame is not None
        assert frame.arrived > now
        assert watched.camera.take() is None or watched.camera.status.received > 20
        assert frame.image().shape == (120, 240, 3)


def test_a_cut_camera_is_down_and_comes_back(watch: Callable[..., Watched]) -> None:
    with served(scene("m")) as server:
        watched = watch(server.url)
        wait_until(lambda: watched.camera.status.received > 3)
        server.cut_off()
        wait_until(lambda: DOWN in watched.states())
        assert watched.camera.take() is None  # nobody is shown the past
        server.come_back()
        wait_until(lambda: watched.states() == [UP, DOWN, UP])
        assert watched.camera.status.losses == 1
        received = watched.camera.status.received
        wait_until(lambda: watched.camera.status.received > received + 3)
        spans = watched.camera.take_up_time()
        assert len(spans) == 2
        assert spans[0][1] < spans[1][0]


def test_half_pictures_are_not_shown(watch: Callable[..., Watched]) -> None:
    light = np.full((480, 640, 3), 200, np.uint8)
    light[::2] = 180
    with served(light) as server:
        watched = watch(server.url, fps=None)
        wait_until(lambda: UP in watched.states())
        server.cut_off()
        darkest = 255.0
        while DOWN not in watched.states():
            if frame := watched.camera.take():
                darkest = min(darkest, float(frame.image()[-1].mean()))
        assert darkest > 170


def damaged(picture: np.ndarray) -> bytes:
    """A JPEG with a beginning and an end, and nothing in the middle, as cameras send them that are short of memory."""
    data = bytearray(jpeg(picture))
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    return bytes(data)


def test_damaged_pictures_are_not_shown(watch: Callable[..., Watched]) -> None:
    light = picture(240, 320, 0) // 4 + 190
    seen = []

    def enough() -> bool:
        if frame := watched.camera.take():
            seen.append(frame.image()[-60:].mean())
        return len(seen) >= 12

    with served(light, light) as server:
        server._pictures = [jpeg(light), damaged(light)]
        watched = watch(server.url, fps=None)
        wait_until(enough)
    assert min(seen) > 180


def test_a_camera_that_sends_no_whole_picture_any_more_is_opened_again(watch: Callable[..., Watched]) -> None:
    light = picture(240, 320, 0)
    with served(light) as server:
        watched = watch(server.url)
        wait_until(lambda: UP in watched.states())
        server._pictures = [damaged(light)]
        wait_until(lambda: DOWN in watched.states())
        assert watched.statuses[-1].reason == "no whole picture for 0.4 s"
        server._pictures = [jpeg(light)]
        wait_until(lambda: watched.states() == [UP, DOWN, UP])


def test_a_silent_camera_is_down(watch: Callable[..., Watched]) -> None:
    with served(scene("m")) as server:
        watched = watch(server.url)
        wait_until(lambda: UP in watched.states())
        server.silent = True
        wait_until(lambda: DOWN in watched.states())
        server.silent = False
        wait_until(lambda: watched.states()[-1] is UP)


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_cameras_that_do_not_answer_are_tried_again_and_stop_at_once(
    watch: Callable[..., Watched], scheme: str
) -> None:
    with silent_server() as port:
        hanging = watch(f"{scheme}://user:secret@127.0.0.1:{port}/x", timeouts=CameraTimeouts(opening=0.2))
        refused = watch(f"{scheme}://user:secret@127.0.0.1:{unused_port()}/x")
        wait_until(lambda: DOWN in hanging.states() and DOWN in refused.states())
        for watched in (hanging, refused):
            assert "secret" not in str(watched.statuses)
        hanging.camera.stop()
        assert hanging.camera.join(BUSY)


def test_waits_grow_and_are_reset_after_a_good_spell(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    timeouts = CameraTimeouts(first_wait=1, longest_wait=8, stable=30)
    watched = Watched(f"http://127.0.0.1:{unused_port()}/", timeouts)
    monkeypatch.setattr(watched.camera._stopping, "wait", waits.append)
    monkeypatch.setattr(watched.camera, "_was_up_for", lambda: 31.0 if len(waits) == 6 else 0.0)
    monkeypatch.setattr(watched.camera._stopping, "is_set", lambda: len(waits) >= 9)
    watched.camera._run()
    assert waits == [1, 2, 4, 8, 8, 8, 1, 2, 4]


def test_a_hanging_library_is_noticed(watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def hang(number: int, cap: RateCap) -> Iterator[Any]:
        yield StreamFrame(lambda: scene(), 25)
        time.sleep(0.1)
        yield StreamFrame(lambda: scene(), 25)
        release.wait(30)

    monkeypatch.setattr("detector.monitor.cameras.camera.read_number", hang)
    watched = watch("0")
    wait_until(lambda: UP in watched.states())

    def down() -> bool:
        watched.camera.check()
        return DOWN in watched.states()

    wait_until(down)
    assert watched.camera._was_up_for() >= 0.1  # it counts as a good spell, though the camera is down by now
    release.set()


def test_a_local_camera_that_never_was_there_is_given_up_with_advice(watch: Callable[..., Watched]) -> None:
    watched = watch("97")
    wait_until(lambda: FAILED in watched.states())
    assert watched.states() == [FAILED]
    reason = watched.statuses[-1].reason or ""
    assert reason.startswith("not available") and "expected the number of a connected camera" in reason


@pytest.mark.parametrize("vanishes", [False, True], ids=["in use", "vanishes"])
def test_a_local_camera_that_was_there_is_tried_again(
    watch: Callable[..., Watched], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, vanishes: bool
) -> None:
    device = tmp_path / "video0"
    device.touch()
    opened: list[int] = []

    def read(number: int, cap: RateCap) -> Iterator[StreamFrame]:
        opened.append(number)
        if vanishes and len(opened) == 1:
            yield StreamFrame(lambda: scene(), 25)
            device.unlink()
        raise SourceError("camera 0", "not available")

    monkeypatch.setattr("detector.monitor.cameras.camera.read_number", read)
    monkeypatch.setattr("detector.monitor.cameras.camera.device_of", lambda _: device)
    watched = watch("0")
    wait_until(lambda: len(opened) >= 3)
    assert watched.states() == ([UP, DOWN] if vanishes else [DOWN])


@pytest.mark.parametrize(("rate", "cap", "expected"), [(25, 10, 10), (10, 10, 10), (30, 7.5, 7.5), (5, 10, 5)])
def test_caps_hold_and_lose_nothing_to_jitter(rate: float, cap: float, expected: float) -> None:
    rng = np.random.default_rng(0)
    times = np.arange(0, 60, 1 / rate) + rng.uniform(0, 0.3 / rate, 60 * rate)
    bucket = RateCap(cap)
    assert sum(bucket.admits(float(at)) for at in times) == pytest.approx(60 * expected, rel=0.02, abs=2)
    assert all(RateCap(None).admits(0) for _ in range(5))
