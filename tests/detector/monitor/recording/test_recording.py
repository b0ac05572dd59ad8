"""Recordings: annotated, in files of some minutes, whole or rescued, and deleted when they are old."""

import os
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from detector.errors import UsageError
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.watch import RecordConfig
from detector.monitor.recording.recorder import Recorder, Recording
from detector.monitor.recording.video_file import VideoFile
from support.camera_scenes import scene
from support.frame_results import drawn, frame_result
from support.waiting import HANGS, MANY_SECONDS, wait_until


def record(folder: Path, results: list[FrameResult], *, blur: bool = False, **config: Any) -> list[Path]:
    recording = Recorder(RecordConfig(folder=folder, **({"keep": None} | config)), ["door"]).begin("door")
    for each in results:
        recording.put(drawn(each, blur=blur), wait=True)
    close(recording)
    return sorted(folder.glob("*.mp4"))


def close(recording: Recording) -> None:
    recording.finish(60)
    recording.join(60)
    assert not recording.is_alive()


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as container:
        return [(float(frame.time), frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


def test_a_file_is_named_by_its_time_and_shows_the_people(tmp_path: Path) -> None:
    (path,) = record(tmp_path, [frame_result(i / 10) for i in range(30)])
    assert path.name == "door_20261121T120000Z.mp4"
    shown = pictures(path)
    assert [round(at, 3) for at, _ in shown] == [i / 10 for i in range(30)]
    blue, _, red = shown[-1][1][30, 11:40].mean(axis=0)  # the box of somebody without a mask
    assert red > blue + 60
    assert not list(tmp_path.glob(".*"))


def test_files_have_their_length_and_gaps_begin_new_ones(tmp_path: Path) -> None:
    times = [*np.arange(0, 15, 0.5), *np.arange(40, 42, 0.5)]
    paths = record(tmp_path, [frame_result(at) for at in times], minutes=0.1)
    assert [path.name[14:20] for path in paths] == ["120000", "120006", "120012", "120040"]
    assert sum(len(pictures(path)) for path in paths) == len(times)


def test_another_picture_size_begins_a_new_file_and_odd_sizes_work(tmp_path: Path) -> None:
    odd = scene("w", (121, 241))
    paths = record(tmp_path, [frame_result(0), frame_result(1, odd), frame_result(2, odd)])
    assert [pictures(path)[0][1].shape for path in paths] == [(120, 240, 3), (122, 242, 3)]


def test_blurred_faces_cannot_be_recognised(tmp_path: Path) -> None:
    image = scene("w")
    image[40:60:2, 20:40] = 0
    (clear,) = record(tmp_path / "clear", [frame_result(0, image)])
    (blurred,) = record(tmp_path / "blurred", [frame_result(0, image)], blur=True)
    inside = [pictures(path)[0][1][40:60, 20:40].std() for path in (clear, blurred)]
    assert inside[0] > 40
    assert inside[1] < 25


def test_old_files_are_deleted_and_others_are_not(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    old, new = (f"{now - timedelta(days=days):%Y%m%dT%H%M%SZ}" for days in (8, 6))
    names = [f"door_{old}.mp4", f"door_{new}.mp4", f"hall_{old}.mp4", "door_holiday.mp4", "door_99999999T999999Z.mp4"]
    for name in names:
        (tmp_path / name).touch()
    record(tmp_path, [], keep="7d")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names[1:])


_KILLED = """
import os, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from detector.monitor.config.watch import RecordConfig
from detector.monitor.recording.recorder import Recorder
from support.frame_results import drawn, frame_result
from support.waiting import wait_until
recording = Recorder(RecordConfig(folder=Path(sys.argv[1])), ["door"]).begin("door")
for i in range(100):
    recording.put(drawn(frame_result(i / 10)), wait=True)
wait_until(lambda: recording._queue.empty())
os.kill(os.getpid(), 9)
"""


def test_what_a_kill_leaves_is_kept_by_the_next_start(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), *sys.path], capture_output=True, timeout=HANGS
    )
    assert ended.returncode == -9, ended.stderr
    (part,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.door_20261121T120000Z\.mp4\.\d+\.part", part.name)
    (tmp_path / f".door_20261121T110000Z.mp4.{part.name.split('.')[3]}.part").write_bytes(b"")
    mine_alone = tmp_path / f".door_20261121T100000Z.mp4.{os.getppid()}.part"  # of a program that runs
    mine_alone.write_bytes(b"")
    Recorder(RecordConfig(folder=tmp_path), ["door"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [mine_alone.name, "door_20261121T120000Z.mp4"]
    assert len(pictures(tmp_path / "door_20261121T120000Z.mp4")) >= 75  # but for the last fragment


def test_a_disk_that_fails_is_reported_and_holds_up_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "video"
    recording = Recorder(RecordConfig(folder=folder), ["door"]).begin("door")
    folder.rmdir()
    for i in range(200):
        recording.put(drawn(frame_result(i / 10)))
    wait_until(lambda: recording.dropped >= 150)
    close(recording)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "cannot be written" in caplog.text


def test_a_folder_that_cannot_be_listed_does_not_end_the_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "glob", fail)
    recording = Recorder(RecordConfig(folder=tmp_path), ["door"]).begin("door")
    recording.put(drawn(frame_result(0)), wait=True)
    close(recording)
    assert [path.name for path in os.scandir(tmp_path)] == ["door_20261121T120000Z.mp4"]


def test_at_the_end_there_is_no_time_for_all_that_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = VideoFile.write

    finishing = threading.Event()

    def write_slowly(*arguments: Any) -> None:
        finishing.wait(MANY_SECONDS)
        time.sleep(0.1)
        write(*arguments)

    monkeypatch.setattr(VideoFile, "write", write_slowly)
    recording = Recorder(RecordConfig(folder=tmp_path), ["door"]).begin("door")
    for i in range(30):
        recording.put(drawn(frame_result(i / 10)))
    recording.finish(0.25)
    finishing.set()
    recording.join(MANY_SECONDS)
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".mp4"
    assert len(pictures(path)) + recording.dropped == 30
    assert recording.dropped >= 20


def test_large_pictures_that_wait_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(Recording, "_write", lambda *_: release.wait(60))
    recording = Recorder(RecordConfig(folder=tmp_path), ["door"]).begin("door")
    large = np.zeros((2160, 3840, 3), np.uint8)
    for i in range(30):
        recording.put(drawn(frame_result(i / 10, large)))
    assert recording._queue.qsize() * large.nbytes <= 64 * 2**20
    assert recording.dropped >= 26
    release.set()
    close(recording)


def test_a_video_that_cannot_be_closed_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: VideoFile) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VideoFile, "close", fail)
    (path,) = record(tmp_path, [frame_result(i / 10) for i in range(30)])
    assert pictures(path)
    assert not list(tmp_path.glob(".*"))


def test_cameras_have_names_of_their_own(tmp_path: Path) -> None:
    recorder = Recorder(RecordConfig(folder=tmp_path), ["10.0.0.5/a?b", "10.0.0.5/a:b", "DOOR", "door", "../../x"])
    assert list(recorder._folder.slugs.values()) == ["10.0.0.5_a_b", "10.0.0.5_a_b-2", "DOOR", "door-2", "x"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file"):
        Recorder(RecordConfig(folder=tmp_path / "file"), ["door"])
