"""Clips: the seconds around events and alerts, shared by those that follow each other, whole whatever happens."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av
import numpy as np
import pytest

from detector.monitor.annotated import DrawnFrame
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.video import ClipsConfig
from detector.monitor.recording import clips as clips_module
from detector.monitor.recording.clips import CameraClips, Clips
from detector.monitor.recording.latest_frames import LatestFrames
from detector.monitor.recording.video_file import VideoFile
from detector.people.states import Alert, State
from support.camera_scenes import scene
from support.frame_results import drawn, frame_result
from support.store_samples import UNDECIDED, WITH, WITHOUT, alert, at, change
from support.waiting import wait_until


def begin(folder: Path, *, keep: timedelta | None = None, **config: Any) -> CameraClips:
    config = {"before": 1, "after": 2} | config
    return Clips(ClipsConfig(folder=folder, **config), ["door"], keep).begin("door")


def close(clips: CameraClips) -> None:
    clips.finish(60)
    clips.join(60)
    assert not clips.is_alive()


def frame(seconds: float, *after: State, image: np.ndarray | None = None) -> FrameResult:
    result = frame_result(seconds, image)
    changes = tuple(change(at(seconds), state, before=UNDECIDED) for state in after)
    return replace(result, people=replace(result.people, changes=changes))


def feed(
    clips: CameraClips,
    until: float,
    events: dict[float, State],
    start: float = 0.0,
    alerts: Mapping[float, Alert] = MappingProxyType({}),
) -> list[tuple[FrameResult, list[Alert]]]:
    """Ten frames a second with events and alerts at these times."""
    linked = []
    for number in range(round(10 * start), round(10 * until)):
        seconds = number / 10
        states = [events[seconds]] if seconds in events else []
        raised = [alerts[seconds]] if seconds in alerts else []
        result, told = clips.link(frame(seconds, *states), raised)
        clips.put(drawn(result), wait=True)
        if states or raised:
            linked.append((result, told))
    return linked


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(each.time) for each in container.decode(video=0)]


def seconds_of(path: Path) -> float:
    """As the file says at its beginning."""
    with av.open(str(path)) as container:
        return float(container.streams.video[0].duration * container.streams.video[0].time_base)


def test_a_clip_has_the_seconds_before_and_after_its_event(tmp_path: Path) -> None:
    clips = begin(tmp_path)
    ((result, _),) = feed(clips, 10, {4.0: WITHOUT})
    close(clips)
    (path,) = tmp_path.iterdir()
    assert path.name == "door_20261121T120004Z.mp4"
    assert times(path) == pytest.approx([i / 10 for i in range(31)], abs=0.002)
    assert seconds_of(path) == pytest.approx(3.1, abs=0.2)
    assert [each.clip for each in result.people.changes] == [str(path)]
    assert (clips.written, clips.failed) == (1, 0)


def test_events_in_a_clip_share_it_and_make_it_longer(tmp_path: Path) -> None:
    clips = begin(tmp_path)
    linked = feed(clips, 12, {3.0: WITHOUT, 4.5: WITHOUT, 9.0: WITHOUT})
    close(clips)
    first, second = sorted(tmp_path.iterdir())
    assert [result.people.changes[0].clip for result, _ in linked] == [str(first), str(first), str(second)]
    assert (len(times(first)), len(times(second))) == (46, 31)  # 2.0 to 6.5, and 8.0 to 11.0


def test_a_clip_that_gets_too_long_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips_module, "LONGEST_SECONDS", 3.0)
    clips = begin(tmp_path)
    feed(clips, 12, {float(second): WITHOUT for second in range(1, 9)})
    close(clips)
    first, second = sorted(tmp_path.iterdir())
    assert (len(times(first)), len(times(second))) == (50, 61)  # 0 to 4.9; 4 (before the event at 5) to 10


def test_only_the_states_that_are_asked_for_and_alerts_have_clips(tmp_path: Path) -> None:
    clips = begin(tmp_path)
    assert feed(clips, 3, {1.0: WITH})[0][0].people.changes[0].clip is None
    ((_, (told,)),) = feed(clips, 6, {}, start=3, alerts={4.0: alert(at(4))})
    close(clips)
    (path,) = tmp_path.iterdir()
    assert told.clip == str(path)


def test_a_camera_that_is_lost_ends_its_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips_module, "_MOST_SILENT", 0.2)
    clips = begin(tmp_path, after=0.3)
    feed(clips, 1.1, {1.0: WITHOUT})
    wait_until(lambda: [path.suffix for path in tmp_path.iterdir()] == [".mp4"])
    assert clips.is_alive()
    close(clips)


def test_a_clip_at_the_end_is_whole(tmp_path: Path) -> None:
    clips = begin(tmp_path)
    feed(clips, 2.0, {1.5: WITHOUT})
    close(clips)
    (path,) = tmp_path.iterdir()
    assert len(times(path)) == 15


def test_faces_are_blurred_before_the_event_too(tmp_path: Path) -> None:
    image = scene("w")
    image[40:60:2, 20:40] = 0
    spread = []
    for blur in (False, True):
        clips = begin(tmp_path / str(blur))
        for i in range(20):
            states = [WITHOUT] if i == 19 else []
            clips.put(drawn(clips.link(frame(i / 10, *states, image=image), [])[0], blur=blur), wait=True)
        close(clips)
        (path,) = (tmp_path / str(blur)).iterdir()
        with av.open(str(path)) as container:
            first = next(container.decode(video=0)).to_ndarray(format="bgr24")
        spread.append(first[40:60, 20:40].std())
    assert spread[0] > 40
    assert spread[1] < 25


def test_a_disk_that_fails_costs_its_clip_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = threading.Event()
    full.set()
    write = VideoFile.write

    def fail(*arguments: Any) -> None:
        if full.is_set():
            raise OSError(28, "No space left on device")
        write(*arguments)

    monkeypatch.setattr(VideoFile, "write", fail)
    clips = begin(tmp_path)
    feed(clips, 4, {1.0: WITHOUT})
    wait_until(lambda: clips._queue.empty() and clips.failed == 1)
    full.clear()
    feed(clips, 9, {6.0: WITHOUT}, start=4)
    close(clips)
    assert [path.name for path in tmp_path.iterdir()] == ["door_20261121T120006Z.mp4"]
    assert (clips.written, clips.failed) == (1, 1)
    (record,) = caplog.records
    assert "door_20261121T120001Z.mp4: the clip cannot be written (No space left on device)" in record.message


def test_a_change_of_resolution_in_a_clip_is_scaled(tmp_path: Path) -> None:
    clips = begin(tmp_path)
    for i in range(20):
        states = [WITHOUT] if i == 15 else []
        size = (120, 240) if i < 10 else (241, 481)
        clips.put(drawn(clips.link(frame(i / 10, *states, image=scene("w", size)), [])[0]), wait=True)
    close(clips)
    (path,) = tmp_path.iterdir()
    assert len(times(path)) == 15


def test_the_frame_of_an_event_is_taken_however_much_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, written = threading.Event(), CameraClips._write

    def write(clips: CameraClips, given: DrawnFrame) -> None:
        release.wait(60)
        written(clips, given)

    monkeypatch.setattr(CameraClips, "_write", write)
    clips = begin(tmp_path)
    for i in range(60):
        clips.put(drawn(clips.link(frame(i / 10, *([WITHOUT] if i == 50 else [])), [])[0]))
    release.set()
    close(clips)
    (path,) = tmp_path.iterdir()
    assert len(times(path)) == 1
    assert clips.dropped >= 20


def test_old_clips_are_deleted_when_another_begins(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    old, new = (f"door_{now - timedelta(days=days):%Y%m%dT%H%M%SZ}.mp4" for days in (8, 6))
    for name in (old, new):
        (tmp_path / name).touch()
    close(begin(tmp_path, keep=timedelta(days=7)))
    assert [path.name for path in tmp_path.iterdir()] == [new]


def test_clips_that_begin_within_a_second_have_names_of_their_own(tmp_path: Path) -> None:
    clips = begin(tmp_path, before=0, after=0.1)
    linked = feed(clips, 1, {0.1: WITHOUT, 0.4: WITHOUT, 0.7: WITHOUT})
    close(clips)
    named = [result.people.changes[0].clip for result, _ in linked]
    assert len(set(named)) == 3
    assert sorted(map(str, tmp_path.iterdir())) == sorted(map(str, named))


def test_the_latest_frames_are_bounded_by_time_and_by_bytes() -> None:
    latest = LatestFrames(1.0)
    for i in range(30):
        latest.add(i / 10, scene("w"))
    assert [clock for clock, _ in latest] == pytest.approx([1.9 + i / 10 for i in range(11)])
    latest.add(0.5, scene("m"))  # another video
    assert [clock for clock, _ in latest] == [0.5]
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    small = LatestFrames(60.0, most_bytes=200_000)
    for i in range(100):
        small.add(i / 10, noise)
    assert 1 <= len(small) <= 6
