"""Watching: from frames to events, counts, alerts and pictures, with cameras that fail and sinks that hang."""

import itertools
import pydoc
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Container
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.detections import Detections
from detector.errors import StoreError, UsageError
from detector.monitor.camera_worker import CameraWorker, FrameResult
from detector.monitor.cameras.camera import CameraTimeouts
from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.store import EventReader
from detector.monitor.watch import _HURRIED, Watch
from detector.people.people_tracker import PeopleTracker
from detector.people.states import Alert, Direction, LineCount, LineCrossing, MinuteCount, StateChange
from support.camera_scenes import SceneDetector, jpeg, scene, served, watching
from support.sample_pictures import save_video
from support.servers import http_server, silent_server
from support.store_samples import UNDECIDED, WITH, WITHOUT, WRONG
from support.waiting import BUSY, MANY_SECONDS, wait_until

# A camera that is lost is soon tried again; on a busy machine, a late picture is no loss.
QUICK = CameraTimeouts(opening=5.0, stall=5.0, first_wait=0.02, longest_wait=0.1)


class Kept:
    """A watch, and what it said and saw."""

    def __init__(self, config: Any, detector: Any = None, **options: Any) -> None:
        self.notices: list[Any] = []
        self.seen: defaultdict[str, list[FrameResult]] = defaultdict(list)
        self.watch = Watch(
            config,
            detector=detector or SceneDetector(),
            notify=self.notices.append,
            on_result=lambda result: self.seen[result.people.camera].append(result),
            timeouts=QUICK,
            **options,
        )

    def of(self, kind: type) -> list[Any]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def run(self) -> "Kept":
        with self.watch:
            assert self.watch.wait(MANY_SECONDS)
        return self

    def is_up(self, camera: str) -> bool:
        reports = self.watch.status().cameras
        return any(each.status.camera == camera and each.status.state is CameraState.UP for each in reports)


def clip(path: Path, *parts: tuple[str, int]) -> dict[str, Any]:
    frames = [scene(faces) for faces, number in parts for _ in range(number)]
    return {"name": path.stem, "source": str(save_video(path, frames))}


def steps(changes: list[StateChange]) -> list[tuple[int, Any, Any]]:
    return [(change.track_id, change.before, change.after) for change in changes]


def test_events_counts_and_totals_of_a_file(tmp_path: Path) -> None:
    config = watching(tmp_path, [clip(tmp_path / "door.mp4", ("w i", 30), ("m i", 40))])
    kept = Kept(config).run()
    told = kept.of(StateChange)
    assert sorted(steps(told)[:2]) == [(1, UNDECIDED, WITHOUT), (2, UNDECIDED, WRONG)]
    assert steps(told)[2:] == [(1, WITHOUT, WITH)]
    assert len(kept.seen["door"]) == 70
    assert [result.frame.time for result in kept.seen["door"]] == sorted(s.frame.time for s in kept.seen["door"])
    assert kept.watch.totals()["door"] == {WITH: 1, WITHOUT: 0, WRONG: 1, UNDECIDED: 0}
    assert [status.state for status in kept.of(CameraStatus)] == [CameraState.UP, CameraState.ENDED]
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert steps([event.change for event in reader.events()]) == steps(told)
        rows = list(reader.minutes())
        (run,) = reader.runs()
    assert run.ended is not None
    told_minutes = kept.of(MinuteCount)
    assert rows == told_minutes  # the parts that were stored add up to the whole
    assert sum(row.frames for row in rows) == 70
    assert sum(row.seconds_up for row in rows) == pytest.approx(69 / 25, abs=0.01)
    assert rows[-1].counts[WRONG] == 1


def test_faces_in_ignored_zones_are_nobody(tmp_path: Path) -> None:
    zone = {"name": "poster", "polygon": [[0, 0], [0.25, 0], [0.25, 1], [0, 1]], "count": False}
    camera = clip(tmp_path / "door.mp4", ("w m", 30)) | {"zones": [zone]}
    kept = Kept(watching(tmp_path, [camera])).run()
    assert steps(kept.of(StateChange)) == [(1, UNDECIDED, WITH)]
    assert all(len(result.marked) <= 1 for result in kept.seen["door"])


def test_marked_faces_carry_numbers_and_states(tmp_path: Path) -> None:
    kept = Kept(watching(tmp_path, [clip(tmp_path / "door.mp4", ("w m", 30))])).run()
    last = kept.seen["door"][-1].marked
    assert np.isnan(last.confidence).all()  # a decision has no score
    assert sorted(zip(last.tracker_id, last.labels, strict=True)) == [(1, "without_mask"), (2, "with_mask")]


def test_one_camera_is_cut_off_and_the_other_goes_on_without_a_gap(tmp_path: Path) -> None:
    with served(scene("w"), fps=25) as steady, served(scene("m"), fps=25) as shaky:
        cameras = [{"name": "steady", "source": steady.url, "fps": 10}, {"name": "shaky", "source": shaky.url}]
        kept = Kept(watching(tmp_path, cameras))
        with kept.watch:
            wait_until(lambda: kept.is_up("steady") and kept.is_up("shaky"))
            began = time.monotonic()
            shaky.cut_off()
            wait_until(lambda: not kept.is_up("shaky"))
            count = len(kept.seen["steady"])
            wait_until(lambda: len(kept.seen["steady"]) > count + 8)
            shaky.come_back()
            wait_until(lambda: kept.is_up("shaky"))
            count = len(kept.seen["shaky"])
            wait_until(lambda: len(kept.seen["shaky"]) > count + 3)
    arrived = np.array([result.frame.arrived for result in kept.seen["steady"]])
    assert np.diff(arrived[arrived > began]).max() < BUSY
    states = [(status.camera, status.state) for status in kept.of(CameraStatus)]
    assert [state for camera, state in states if camera == "steady"] == [CameraState.UP]
    down_and_up = [CameraState.UP, CameraState.DOWN, CameraState.UP]
    assert [state for camera, state in states if camera == "shaky"] == down_and_up


class Counting(SceneDetector):
    """Counts the pictures that the network looks at."""

    looks = 0

    def predict(self, image: Any) -> Any:
        self.looks += isinstance(image, np.ndarray)
        return super().predict(image)


@pytest.mark.parametrize("motion", ["auto", "off"])
def test_a_camera_before_which_nothing_moves_is_watched_without_looking_at_every_frame(
    motion: str, tmp_path: Path
) -> None:
    with served(scene("w m"), fps=25) as door:
        camera = {"name": "door", "source": door.url, "fps": None, "motion": motion, "upside_down_seconds": None}
        detector = Counting()
        kept = Kept(watching(tmp_path, [camera]), detector)
        with kept.watch:
            wait_until(lambda: len(kept.seen["door"]) > 120)
            (activity,) = kept.watch.status().cameras
    results = kept.seen["door"]
    looked = sum(result.looked for result in results)
    assert activity.unchanged == 0 if motion == "off" else activity.unchanged > 60
    assert looked == len(results) if motion == "off" else looked < len(results) / 2
    assert detector.looks <= looked + 2  # the first is to warm up, the last may come too late
    assert all(len(result.marked) == 2 for result in results[50:])
    assert activity.known
    assert activity.people[WITHOUT] == activity.people[WITH] == 1
    seconds = sum(minute.seconds[WITHOUT] for minute in kept.of(MinuteCount))
    assert seconds > 0.8 * (results[-1].frame.arrived - results[20].frame.arrived)


def test_a_mask_put_on_before_a_quiet_camera_is_known_as_soon_as_without_motion_first(tmp_path: Path) -> None:
    with served(scene("w"), fps=25) as door:
        cameras = [{"name": motion, "source": door.url, "motion": motion} for motion in ("auto", "off")]
        kept = Kept(watching(tmp_path, cameras))
        with kept.watch:
            wait_until(lambda: len(kept.of(StateChange)) >= 2 and len(kept.seen["auto"]) > 50)
            door.show(jpeg(scene("m")))
            wait_until(lambda: len(kept.of(StateChange)) >= 4)
    told = kept.of(StateChange)
    for camera in ("auto", "off"):
        own = steps([each for each in told if each.camera == camera])
        assert own == [(1, UNDECIDED, WITHOUT), (1, WITHOUT, WITH)]


def test_a_busy_camera_does_not_starve_a_quiet_one(tmp_path: Path) -> None:
    class Slow(SceneDetector):
        def predict(self, image: Any) -> Any:
            time.sleep(0.03)
            return super().predict(image)

    # Four times 60 frames a second are more than can be looked at, and leave the processor time for their decoding.
    with served(scene("w"), fps=60) as busy, served(scene("m"), fps=3) as quiet:
        cameras = [{"name": f"busy {i}", "source": busy.url, "fps": None, "motion": "off"} for i in range(4)]
        cameras.append({"name": "quiet", "source": quiet.url, "fps": None, "motion": "off"})
        kept = Kept(watching(tmp_path, cameras), Slow())
        with kept.watch:
            wait_until(lambda: len(kept.seen["quiet"]) >= 6)
            quiet_status = kept.watch.status().cameras[-1].status
    assert len(kept.seen["quiet"]) >= quiet_status.received - 2
    shares = [len(kept.seen[f"busy {i}"]) for i in range(4)]
    assert max(shares) - min(shares) <= 5


def test_sinks_that_hang_and_stores_that_are_locked_hold_up_nothing(tmp_path: Path) -> None:
    with silent_server() as port, served(scene("w"), fps=50) as server:
        config = watching(
            tmp_path,
            [{"name": "door", "source": server.url, "fps": None}],
            sinks={"hook": {"type": "webhook", "url": f"http://127.0.0.1:{port}/", "timeout": 30}},
            alerts=[{"name": "bare", "when": {"for_seconds": 0}, "to": ["hook"]}],
        )
        kept = Kept(config)
        with kept.watch:
            wait_until(lambda: kept.of(Alert))
            with sqlite3.connect(tmp_path / "events.db", isolation_level=None) as lock:
                lock.execute("BEGIN IMMEDIATE")
                count = len(kept.seen["door"])
                wait_until(lambda: len(kept.seen["door"]) > count + 40)
                wait_until(lambda: kept.watch.status().store.problem)
                assert kept.watch.status().sinks["hook"].waiting == 1
                lock.execute("ROLLBACK")
            wait_until(lambda: not kept.watch.status().store.problem)
            began = time.monotonic()
        assert time.monotonic() - began < BUSY
    arrived = [result.frame.arrived for result in kept.seen["door"]]
    assert np.diff(arrived).max() < BUSY
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert len(list(reader.alerts())) == 1


def test_it_stops_within_two_seconds_whatever_hangs(tmp_path: Path) -> None:
    release = threading.Event()

    class Hanging(SceneDetector):
        def predict(self, image: Any) -> Any:
            hangs = isinstance(image, list) and image[0].any()
            if hangs:
                release.wait(30)
            return super().predict(image)

    with silent_server() as port, served(scene("w")) as server:
        sources = [server.url, f"http://127.0.0.1:{port}/", f"rtsp://127.0.0.1:{port}/"]
        config = watching(tmp_path, [{"source": source} for source in sources], record={"folder": tmp_path / "video"})
        kept = Kept(config, Hanging())
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].status.state is CameraState.UP)
            began = time.monotonic()
        assert time.monotonic() - began < BUSY
        # The rest is the program's own end.
        assert max(sum(_HURRIED.values()) - _HURRIED["recordings"], _HURRIED["recordings"]) < 1.7
        release.set()


@pytest.mark.parametrize("snapshots", ["off", "on", "blur"])
def test_snapshots(tmp_path: Path, snapshots: str) -> None:
    frames = [cv2.rectangle(scene("w"), (12, 44), (15, 47), (0, 0, 255), -1)] * 20  # an eye
    camera = {"name": "door", "source": str(save_video(tmp_path / "door.mp4", frames))}
    kept = Kept(watching(tmp_path, [camera], store={"snapshots": snapshots})).run()
    (change,) = kept.of(StateChange)
    if snapshots == "off":
        assert change.snapshot is None
        return
    picture = cv2.imdecode(np.frombuffer(change.snapshot, np.uint8), cv2.IMREAD_COLOR)
    assert 40 < picture.shape[0] <= 160
    reds = ((picture[..., 2] > 180) & (picture[..., 0] < 70)).any()
    assert reds == (snapshots == "on")
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        (event,) = reader.events()
        assert reader.snapshot(event.snapshot) == change.snapshot


@pytest.fixture
def no_thread_is_left() -> Callable[[], bool]:
    """Says whether the threads of a watch that were started in this test have ended."""
    before = {*threading.enumerate()}

    def none_is_left() -> bool:
        names = [thread.name for thread in threading.enumerate() if thread not in before]
        return not [
            name for name in names if name.startswith(("recording ", "clips ", "event store", "camera ", "hook"))
        ]

    return none_is_left


def test_what_was_begun_is_ended_when_it_cannot_start(tmp_path: Path, no_thread_is_left: Callable[[], bool]) -> None:
    with http_server() as other:
        config = watching(
            tmp_path,
            [{"name": "nowhere", "source": "0"}],
            record={"folder": tmp_path / "video"},
            metrics={"port": other.port},
        )
        with pytest.raises(UsageError, match="free port"), Kept(config).watch:
            pass
    assert no_thread_is_left()


def test_no_thread_is_left_when_the_store_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_thread_is_left: Callable[[], bool]
) -> None:
    def vanished(*_: Any) -> None:
        raise StoreError("events.db", "no such file")

    monkeypatch.setattr("detector.monitor.store.event_store.AlertOutbox", vanished)
    with pytest.raises(StoreError), Kept(watching(tmp_path, [{"source": "0"}])).watch:
        pass
    assert no_thread_is_left()


@pytest.mark.parametrize(
    "part", ["recording.recorder.Recording", "recording.clips.CameraClips", "watch.Camera", "publisher.Delivery"]
)
def test_no_thread_is_left_when_one_cannot_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, no_thread_is_left: Callable[[], bool]
) -> None:
    where = f"detector.monitor.{part}"
    owner, start = pydoc.locate(where), pydoc.locate(f"{where}.start")
    started = itertools.count()

    def start_once(thread: Any) -> None:
        if next(started):
            raise RuntimeError("can't start new thread")
        start(thread)  # type: ignore[operator]
        if part == "publisher.Delivery":
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(owner, "start", start_once)
    sinks = {"hook": {"type": "webhook", "url": "http://127.0.0.1:9/"}}
    clips = {"folder": tmp_path / "clips"}
    cameras = [{"name": "a", "source": "a.mp4"}, {"name": "b", "source": "b.mp4"}]
    config = watching(tmp_path, cameras, record={"folder": tmp_path / "video"}, sinks=sinks, clips=clips)
    with pytest.raises(RuntimeError, match="new thread"), Kept(config).watch:
        pass
    wait_until(no_thread_is_left)


def test_a_failure_of_the_network_ends_it(tmp_path: Path) -> None:
    class Broken(SceneDetector):
        def predict(self, image: Any) -> Any:
            if image.any():
                raise RuntimeError("out of memory")
            return super().predict(image)

    kept = Kept(watching(tmp_path, [clip(tmp_path / "door.mp4", ("w", 10))]), Broken())
    with kept.watch, pytest.raises(RuntimeError, match="out of memory"):
        kept.watch.wait(MANY_SECONDS)


def fail_sometimes(monkeypatch: pytest.MonkeyPatch, camera: str, frames: Container[int]) -> None:
    """Let the tracker of a camera fail at these frames, counted from 0."""
    update, number = PeopleTracker.update, itertools.count()

    def broken(tracker: PeopleTracker, *arguments: Any) -> Any:
        if tracker._name == camera and next(number) in frames:
            raise ZeroDivisionError("a defect")
        return update(tracker, *arguments)

    monkeypatch.setattr(PeopleTracker, "update", broken)


def test_a_camera_whose_frame_cannot_be_processed_is_followed_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_sometimes(monkeypatch, "door", [20])
    cameras = [clip(tmp_path / "door.mp4", ("w i", 40)), clip(tmp_path / "hall.mp4", ("m", 40))]
    kept = Kept(watching(tmp_path, cameras)).run()
    assert caplog.messages == ["door: a frame could not be processed (ZeroDivisionError)"]
    assert [status.state for status in kept.of(CameraStatus) if status.camera == "door"] == ["up", "ended"]
    assert [camera.restarts for camera in kept.watch.status().cameras] == [1, 0]
    door = [change for change in kept.of(StateChange) if change.camera == "door"]
    assert sorted(change.track_id for change in door) == [1, 2, 3, 4]  # no number is given twice
    assert kept.watch.totals() == {
        "door": {WITH: 0, WITHOUT: 2, WRONG: 2, UNDECIDED: 0},
        "hall": {WITH: 1, WITHOUT: 0, WRONG: 0, UNDECIDED: 0},
    }
    assert [len(kept.seen[name]) for name in ("door", "hall")] == [39, 40]


def test_a_camera_that_fails_again_and_again_is_given_up_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_sometimes(monkeypatch, "door", range(1000))
    with served(scene("w"), fps=50) as server:
        cameras = [{"name": "door", "source": server.url}, {"name": "hall", "source": server.url}]
        kept = Kept(watching(tmp_path, cameras))
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].status.state is CameraState.FAILED)
            count = len(kept.seen["hall"])
            wait_until(lambda: len(kept.seen["hall"]) > count + 5)
            assert not kept.watch.wait(0)
            door, hall = kept.watch.status().cameras
    assert (door.frames, door.restarts) == (0, 5)
    assert hall.status.state is CameraState.UP
    told = [status for status in kept.of(CameraStatus) if status.camera == "door"]
    assert [status.state for status in told] == [CameraState.UP, CameraState.FAILED]
    assert told[-1].reason == "given up: 5 frames in a row could not be processed (ZeroDivisionError)"


def test_a_watch_ends_when_its_last_camera_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_sometimes(monkeypatch, "door", range(1000))
    kept = Kept(watching(tmp_path, [clip(tmp_path / "door.mp4", ("w", 40))])).run()
    assert kept.watch.status().cameras[0].status.state is CameraState.FAILED
    assert not kept.seen["door"]


def test_a_failure_of_what_is_done_by_the_clock_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, last: bool = False) -> Any:
        if last:
            return [], []
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(CameraWorker, "take_minutes", fail)
    with served(scene("w")) as server:
        kept = Kept(watching(tmp_path, [{"source": server.url}]))
        with kept.watch, pytest.raises(ZeroDivisionError, match="a defect"):
            kept.watch.wait(60)


def test_a_frame_that_is_answered_after_the_end_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(_HURRIED, "workers", 0.05)
    asked, release = threading.Event(), threading.Event()

    class Slow(SceneDetector):
        def predict(self, image: Any) -> Any:
            if np.any(image):
                asked.set()
                release.wait(60)
            return super().predict(image)

    with served(scene("w")) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url}]), Slow())
        with kept.watch:
            assert asked.wait(60)
        release.set()
        for thread in kept.watch._threads:
            thread.join(60)
    assert not kept.watch.wait(0)
    assert not kept.seen["door"]
    assert not caplog.messages


def test_after_a_long_gap_everybody_is_new(tmp_path: Path) -> None:
    with served(scene("w"), fps=25) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url}], votes={"gap_seconds": 0.3}))
        with kept.watch:
            wait_until(lambda: len(kept.of(StateChange)) == 1)
            server.cut_off()
            wait_until(lambda: not kept.is_up("door"))
            wait_until(lambda: time.monotonic() > kept.seen["door"][-1].frame.arrived + 0.5)
            server.come_back()
            wait_until(lambda: len(kept.of(StateChange)) == 2)
    assert [change.track_id for change in kept.of(StateChange)] == [1, 2]


def test_a_camera_that_hangs_upside_down_is_down_with_the_reason_until_it_is_turned(tmp_path: Path) -> None:
    size = (240, 240)  # in which the detector finds nothing where the picture is turned
    people = [np.ascontiguousarray(cv2.rotate(scene(" " * place + "w", size), cv2.ROTATE_180)) for place in range(4)]
    with served(*people, fps=10) as door:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": door.url, "upside_down_seconds": 1}]))
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].status.state is CameraState.DOWN)
            status = kept.watch.status().cameras[0].status
            door.show(jpeg(scene("w", size)))
            wait_until(lambda: kept.is_up("door"))
            wait_until(lambda: kept.of(StateChange))
    assert str(status.reason).startswith("upside down: ")
    assert {change.after for change in kept.of(StateChange)} == {WITHOUT}


def test_nobody_is_in_view_of_a_camera_that_is_down(tmp_path: Path) -> None:
    with served(scene("w"), fps=25) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url}]))
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].people[WITHOUT] == 1)
            camera = kept.watch.status().cameras[0]
            assert camera.fps > 0
            assert camera.delay is not None
            server.cut_off()
            wait_until(lambda: not kept.is_up("door"))
            assert not any(kept.watch.status().cameras[0].people.values())


def test_weights_with_other_classes_are_refused(tmp_path: Path) -> None:
    class Other(SceneDetector):
        names = ("person", "bicycle")  # type: ignore[assignment]

    with pytest.raises(UsageError, match="person"):
        Kept(watching(tmp_path, [{"source": "0"}]), Other())


def test_times_are_utc(tmp_path: Path) -> None:
    kept = Kept(watching(tmp_path, [clip(tmp_path / "door.mp4", ("w", 20))])).run()
    assert all(notice.time.tzinfo is UTC for notice in kept.of(StateChange))
    assert abs((kept.of(StateChange)[0].time - datetime.now(UTC)).total_seconds()) < 60


def test_a_camera_that_shows_the_same_picture_for_long_is_down_until_it_changes(tmp_path: Path) -> None:
    with served(scene("w"), fps=25) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url, "frozen_seconds": 0.5}]))
        with kept.watch:
            wait_until(lambda: kept.is_up("door"))
            wait_until(lambda: not kept.is_up("door"))
            status = kept.watch.status().cameras[0]
            assert str(status.status.reason).startswith("frozen: the same picture for ")
            assert not any(status.people.values())
            seen, received = len(kept.seen["door"]), status.status.received
            wait_until(lambda: kept.watch.status().cameras[0].status.received > received + 10)
            assert len(kept.seen["door"]) == seen  # pictures come, and none is looked at
            server.show(jpeg(scene("m")))
            wait_until(lambda: kept.is_up("door"))
    assert [status.state for status in kept.of(CameraStatus)][:3] == [CameraState.UP, CameraState.DOWN, CameraState.UP]


def test_a_video_file_may_show_the_same_picture_for_as_long_as_it_likes(tmp_path: Path) -> None:
    camera = clip(tmp_path / "door.mp4", ("w", 30)) | {"frozen_seconds": 0.2, "covered_seconds": 0.2}
    kept = Kept(watching(tmp_path, [camera])).run()
    assert [status.state for status in kept.of(CameraStatus)] == [CameraState.UP, CameraState.ENDED]
    assert len(kept.seen["door"]) == 30


def test_zones_of_another_size_count_nobody_in_a_wrong_place(tmp_path: Path) -> None:
    zones = [{"name": "till", "polygon": [[900, 100], [1200, 100], [1200, 600]]}]
    said = "zone 'till' lies outside the picture of 240 x 120; expected pixels of this picture, per cent (10%) or"
    kept = Kept(watching(tmp_path, [clip(tmp_path / "door.mp4", ("w", 30)) | {"zones": zones}])).run()
    (status,) = (camera.status for camera in kept.watch.status().cameras)
    assert status.state is CameraState.FAILED
    assert str(status.reason).startswith(said)
    with served(scene("w")) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url, "zones": zones}]))
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].status.state is CameraState.DOWN)
            assert str(kept.watch.status().cameras[0].status.reason).startswith(said)
    assert not kept.seen["door"]


def test_a_lost_camera_raises_an_alert_that_is_stored_and_counted(tmp_path: Path) -> None:
    rules = [{"name": "lost", "when": {"camera": "down", "for": "1s"}}, {"name": "no mask", "when": {"for": "1s"}}]
    with served(scene("m"), fps=25) as server:
        kept = Kept(watching(tmp_path, [{"name": "door", "source": server.url}], alerts=rules))
        with kept.watch:
            wait_until(lambda: kept.is_up("door"))
            server.cut_off()
            wait_until(lambda: kept.of(Alert))
            assert kept.watch.status().alerts == {("lost", "door"): 1}
    (alert,) = kept.of(Alert)
    assert alert.message.startswith("door: down for 1 s (")
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert [stored.alert.message for stored in reader.alerts()] == [alert.message]


def test_events_and_alerts_name_a_clip_that_is_there_at_the_end(tmp_path: Path) -> None:
    cameras = [clip(tmp_path / "door.mp4", ("", 20), ("w", 60), ("", 40)), clip(tmp_path / "hall.mp4", ("m", 40))]
    clips = {"folder": tmp_path / "clips", "before": 0.4, "after": 0.4}
    alerts = [{"name": "no mask", "when": {"for_seconds": 1}}]
    kept = Kept(watching(tmp_path, cameras, clips=clips, alerts=alerts)).run()
    told = {change.camera: change.clip for change in kept.of(StateChange)}
    (raised,) = kept.of(Alert)
    assert sorted(path.name[:5] for path in (tmp_path / "clips").iterdir()) == ["door_", "door_"]
    assert told["hall"] is None
    assert sorted([told["door"], raised.clip]) == sorted(map(str, (tmp_path / "clips").iterdir()))
    door, hall = kept.watch.status().cameras
    assert (door.clips, door.clips_failed, hall.clips) == (2, 0, 0)
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert {event.change.camera: event.change.clip for event in reader.events()} == told
        assert [each.alert.clip for each in reader.alerts()] == [raised.clip]


class Walker(SceneDetector):
    """Finds a single bright patch, wherever it is."""

    def predict(self, image: Any) -> Any:
        if isinstance(image, list):
            return [self.predict(each) for each in image]
        rows, columns = np.nonzero(image[..., 0] > 140)
        if not len(rows):
            return Detections.empty()
        box = [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]
        return Detections(np.array(box, np.float32), np.array([0.9]), np.array([1]))


def walk(path: Path, *tops: int) -> dict[str, Any]:
    """Somebody without a mask who goes up and down, by 4 pixels in a frame, from the first place to the others."""
    places = [tops[0]]
    for top in tops[1:]:
        places += range(places[-1], top, 4 if top > places[-1] else -4)
    frames = []
    for top in places:
        frames.append(np.full((240, 240, 3), 60, np.uint8))
        frames[-1][top : top + 40, 100:140] = 170
    return {"name": path.stem, "source": str(save_video(path, frames))}


def test_crossings_of_a_line_are_told_stored_and_counted(tmp_path: Path) -> None:
    line = {"name": "threshold", "points": [["10%", "50%"], ["90%", "50%"]]}
    zone = {"name": "shop", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
    all_of_it = {"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}
    camera = walk(tmp_path / "door.mp4", 10, 190, 10, 190) | {"lines": [line], "zones": [zone, all_of_it]}
    kept = Kept(watching(tmp_path, [camera]), Walker()).run()
    told = kept.of(LineCrossing)
    assert [(each.line, each.direction, each.state, each.track_id) for each in told] == [
        ("threshold", Direction.IN, WITHOUT, 1),
        ("threshold", Direction.OUT, WITHOUT, 1),
        ("threshold", Direction.IN, WITHOUT, 1),
    ]
    counted = LineCount({(Direction.IN, WITHOUT): 2, (Direction.OUT, WITHOUT): 1}, inside=1)
    assert kept.watch.status().cameras[0].lines == {"threshold": counted}
    people = next(iter(kept.seen["door"][-1].people.states.values()))
    assert people is WITHOUT
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert [each.crossing for each in reader.crossings()] == told


def test_somebody_who_crosses_undecided_at_the_end_is_counted(tmp_path: Path) -> None:
    camera = walk(tmp_path / "door.mp4", 60, 150) | {"lines": [{"points": [[0, 0.5], [1, 0.5]]}]}
    kept = Kept(watching(tmp_path, [camera], votes={"first_seconds": 60}), Walker()).run()
    assert [(each.direction, each.state) for each in kept.of(LineCrossing)] == [(Direction.IN, UNDECIDED)]
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert len(list(reader.crossings())) == 1


def test_people_in_zones_now(tmp_path: Path) -> None:
    left = {"name": "left", "polygon": [[0, 0], [0.25, 0], [0.25, 1], [0, 1]]}
    right = {"name": "right", "polygon": [["50%", 0], [1, 0], [1, 1], ["50%", 1]]}
    with served(scene("w  m")) as server:
        camera = {"name": "door", "source": server.url, "zones": [left, right]}
        kept = Kept(watching(tmp_path, [camera]))
        with kept.watch:
            wait_until(lambda: kept.watch.status().cameras[0].people[WITH] == 1)
            wait_until(lambda: kept.watch.status().cameras[0].people[WITHOUT] == 1)
            zones = kept.watch.status().cameras[0].zones
    assert {name: {state: n for state, n in counts.items() if n} for name, counts in zones.items()} == {
        "left": {WITHOUT: 1},
        "right": {WITH: 1},
    }


def test_a_privacy_mask_hides_a_face_from_everything(tmp_path: Path) -> None:
    mask = [["0%", "0%"], ["25%", "0%"], ["25%", "100%"], ["0%", "100%"]]
    cameras = [clip(tmp_path / "door.mp4", ("w m", 30)) | {"masks": [mask]}]
    kept = Kept(watching(tmp_path, cameras, store={"snapshots": "on"})).run()
    assert steps(kept.of(StateChange)) == [(1, UNDECIDED, WITH)]
    assert all(not result.image[:, :55].any() for result in kept.seen["door"])
