"""`detector watch` as it is run: options, lines in a pipe, signals, kills."""

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

import detector.cli.watch_screen as watch_screen
from detector.cli.watch import _configure, watch
from detector.cli.watch_screen import Screen
from detector.errors import MaskDetectorError
from detector.monitor.config.watch import load_config
from detector.monitor.store import EventReader
from detector.monitor.watch import Watch
from support.camera_scenes import SceneDetector, scene, served, watching
from support.sample_pictures import save_video
from support.servers import http_server, silent_server, unused_port
from support.waiting import HANGS, wait_until

APP = typer.Typer()
APP.command()(watch)
# The command with a detector that needs no weights, in a program of its own that can be killed.
PROGRAM = """
import atexit, sys
atexit.register(print, "clean-up")
sys.path[:0] = sys.argv.pop(1).split("|")
import typer
from support.camera_scenes import SceneDetector
import detector.monitor.watch
detector.monitor.watch.make_detector = lambda config: SceneDetector()
from detector.cli.watch import watch
typer.run(watch)
"""


class Running:
    """The command, running; its lines go to a file."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self.out = folder / "out.txt"
        command = [sys.executable, "-c", PROGRAM, "|".join(sys.path), *map(str, arguments)]
        with self.out.open("w") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, cwd=folder)

    def said(self, text: str) -> bool:
        assert self.process.poll() is None or text in self.out.read_text(), self.out.read_text()
        return text in self.out.read_text()

    def send(self, number: int) -> float:
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(HANGS)
        return time.monotonic() - began


def clip(path: Path, faces: str = "w", number: int = 40) -> Path:
    return save_video(path, [scene(faces)] * number)


@pytest.mark.slow
def test_a_file_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    clip(tmp_path / "door.mp4")
    running = Running(tmp_path, "door.mp4", "--store", "kept.db", "--record", "video", "--snapshots")
    assert running.process.wait(HANGS) == 0
    lines = running.out.read_text().splitlines()
    assert [line[26:] for line in lines[:2]] == [
        "door.mp4  up",
        "door.mp4  person 1: undecided -> without_mask (0.90)",
    ]
    told = ["door.mp4: 1 person (1 without_mask); 40 frames", "1 event, 0 alerts, in kept.db", "clean-up"]
    assert lines[-3:] == told
    assert any("this minute: " in line and "without_mask" in line for line in lines)
    assert "\x1b" not in running.out.read_text()
    assert len(list((tmp_path / "video").glob("door.mp4_*.mp4"))) == 1
    with EventReader.open(str(tmp_path / "kept.db")) as reader:
        (event,) = reader.events()
        assert reader.snapshot(event.snapshot) is not None


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_it_at_once_with_everything_closed(tmp_path: Path, number: int) -> None:
    with served(scene("w")) as server, silent_server() as port:
        running = Running(tmp_path, server.url, f"http://127.0.0.1:{port}/", "--record", "video")
        wait_until(lambda: running.said("without_mask"))
        seconds = running.send(number)
    assert running.process.returncode == 0, running.out.read_text()
    assert seconds < 10  # two, on a machine with nothing else to do
    # Without Python's clean-up, which threads that hang would crash.
    assert running.out.read_text().splitlines()[-1] == "1 event, 0 alerts, in events.db"
    assert [path.suffix for path in (tmp_path / "video").iterdir()] == [".mp4"]
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert reader.runs()[0].ended is not None


def seconds_up(folder: Path) -> float:
    """The time for which the cameras were up, as the store has it by now."""
    with EventReader.open(str(folder / "events.db")) as reader:
        return sum(minute.seconds_up for minute in reader.minutes())


@pytest.mark.slow
def test_a_kill_loses_a_moment(tmp_path: Path) -> None:
    with served(scene("w")) as server:
        running = Running(tmp_path, server.url)
        wait_until(lambda: running.said("without_mask"))
        wait_until(lambda: seconds_up(tmp_path) > 1)
        running.send(signal.SIGKILL)
    with EventReader.open(str(tmp_path / "events.db")) as reader:
        assert len(list(reader.events())) == 1
        assert reader.runs()[0].ended is None
    assert seconds_up(tmp_path) > 1


@pytest.mark.slow
def test_a_file_that_is_not_there_is_exit_status_one(tmp_path: Path) -> None:
    clip(tmp_path / "door.mp4")
    running = Running(tmp_path, "door.mp4", "no.mp4")
    assert running.process.wait(HANGS) == 1
    assert "no.mp4  failed: not readable as a video (No such file or directory)" in running.out.read_text()
    assert "door.mp4: 1 person" in running.out.read_text()


def test_a_camera_that_is_given_up_is_exit_status_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("detector.monitor.watch.make_detector", lambda config: SceneDetector())
    monkeypatch.setattr("detector.people.people_tracker.PeopleTracker.update", fail)
    ended = CliRunner().invoke(APP, [str(clip(tmp_path / "door.mp4")), "--store", str(tmp_path / "events.db")])
    assert ended.exit_code == 1, ended.output
    assert "door.mp4  failed: given up: 5 frames in a row could not be processed (ZeroDivisionError)" in ended.output


def test_the_printed_configuration_is_one(tmp_path: Path) -> None:
    printed = CliRunner().invoke(APP, ["--print-config"])
    assert printed.exit_code == 0
    path = tmp_path / "watch.yaml"
    path.write_text(printed.output)
    config = load_config(path)
    assert config.cameras[0].name == "entrance"
    assert config.store.snapshots == "off"
    # What is commented out is valid too, when its variables are set.
    lines = [
        line.replace("# ", "", 1) if line.strip().startswith("# - {") else line for line in printed.output.split("\n")
    ]
    path.write_text("\n".join(lines).replace("zones: []", "zones:").replace("lines: []", "lines:"))
    assert [zone.count for zone in load_config(path).cameras[0].zones] == [True, False]


def test_options_override_the_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "watch.yaml"
    path.write_text("{cameras: [{source: 0}, {source: 1}], store: {keep: 1d, snapshots: blur}}")
    given = {"store.url": "other.db", "conf": 0.5, "metrics.port": 9100}
    config = _configure([str(path)], given, 5)
    assert config.store.url.get_secret_value() == "sqlite:///other.db"
    assert (config.store.keep, config.store.snapshots, config.detector.conf) == (timedelta(days=1), "blur", 0.5)
    assert [camera.fps for camera in config.cameras] == [5, 5]
    assert [camera.name for camera in config.cameras] == ["camera 0", "camera 1"]
    assert "store.url, conf, metrics.port, cameras' fps" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.yaml", "b.mp4"], "one configuration, or sources alone"),
        (["no.yaml"], "no.yaml"),
        (["0", "--fps", "0.1"], "--fps: 0.1; expected a number of 0.5"),
        (["0", "--fps", "nan"], "--fps"),
        (["0", "--keep", "long"], "30d"),
        (["0", "--conf", "7"], "conf"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], message: str) -> None:
    outcome = CliRunner().invoke(APP, arguments)
    assert isinstance(outcome.exception, MaskDetectorError)
    assert message in str(outcome.exception)


@pytest.mark.skipif(bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")), reason="there is a screen")
def test_without_a_screen_show_is_refused() -> None:
    outcome = CliRunner().invoke(APP, ["0", "--show"])
    assert "OpenCV cannot open a window here" in str(outcome.exception)


def test_on_a_terminal_there_is_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=120, highlight=False)
    monkeypatch.setattr(watch_screen, "console", terminal)
    printed: Any = terminal.file
    with served(scene("w i")) as server:
        cameras = [{"name": "door", "source": server.url}, {"name": "hall", "source": f"{server.url}none"}]
        config = watching(tmp_path, cameras, alerts=[{"name": "bare", "when": {"for_seconds": 0}}])
        with Screen(config) as screen, Watch(config, detector=SceneDetector(), notify=screen.notify) as watching_it:  # type: ignore[arg-type]

            def shown() -> bool:
                screen.update(watching_it.status)
                return "bare" in printed.getvalue().rpartition("last alert")[2]

            wait_until(shown)
    table = printed.getvalue().rpartition("camera")[2]
    assert "incorrect" in table
    assert "ms" in table
    assert "ALERT bare: door: 1 person without a mask" in printed.getvalue()


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_a_window_shows_a_file_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = save_video(tmp_path / "door.mp4", [scene("w m")] * 30)
    with subprocess.Popen(["Xvfb", "-displayfd", "1"], stdout=subprocess.PIPE, text=True) as screen:
        try:
            assert screen.stdout is not None
            monkeypatch.setenv("DISPLAY", f":{screen.stdout.readline().strip()}")
            running = Running(tmp_path, clip, "--show")
            assert running.process.wait(HANGS) == 0, running.out.read_text()
        finally:
            screen.terminate()
    assert "door.mp4: 2 people" in running.out.read_text()
    assert "Qt" not in running.out.read_text()


CHECKED = """
cameras:
  - name: door
    source: rtsp://user:geheim@10.0.0.5/live
    view: rtsp://user:geheim@10.0.0.5/main
    zones: [{name: poster, polygon: [[0, 0], ["10%", 0], ["10%", 1]], count: false}]
  - {name: clip, source: clip.mp4, fps: null}
alerts:
  - {name: no mask, when: {weekdays: [mon, tue], hours: "08:00-18:00", cameras: door}, to: [ops, mail]}
  - {name: lost, when: {camera: down, for: 60s}}
sinks:
  ops: {type: webhook, url: "http://127.0.0.1:PORT/geheim"}
  mail: {type: email, host: 127.0.0.1, port: CLOSED, sender: a@b.c, to: d@e.f, tls: none}
  unused: {type: command, command: "true"}
"""


def run_on(tmp_path: Path, text: str, option: str) -> Any:
    path = tmp_path / "watch.yaml"
    path.write_text(text)
    return CliRunner().invoke(APP, [str(path), option])


def test_check_says_what_would_be_watched_and_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").touch()
    outcome = run_on(tmp_path, CHECKED.replace("PORT", "1").replace("CLOSED", "25"), "--check")
    assert outcome.exit_code == 0, outcome.output
    assert outcome.output.splitlines() == [
        "camera 'door': rtsp://10.0.0.5/live, at most 10 frames a second; zones: poster does not count;"
        " detector serve shows rtsp://10.0.0.5/main",
        "camera 'clip': clip.mp4, every frame; every face counts",
        "store: events.db, kept for 30 days, no pictures of faces",
        "alert 'no mask': 1 person without_mask for 3 s, door, mon tue, 08:00-18:00, at most once in 60 s for a camera;"
        " to ops (webhook), mail (email to d@e.f)",
        "alert 'lost': a camera is down for 60 s, every camera, at most once in 60 s for a camera;"
        " to nobody: only shown and stored",
        "sink 'unused': no alert goes to it",
    ]
    (tmp_path / "clip.mp4").unlink()
    outcome = run_on(tmp_path, CHECKED.replace("PORT", "1").replace("CLOSED", "25"), "--check")
    assert outcome.exit_code == 1
    assert "clip.mp4: no such file" in outcome.output
    assert not (tmp_path / "events.db").exists()


def test_check_says_what_nobody_would_expect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clip.mp4").touch()
    text = """
cameras:
  - {source: rtsp://10.0.0.5/live, name: slow, fps: 3, rotate: 90, masks: [[[0, 0], ["10%", 0], ["10%", "10%"]]]}
  - {source: clip.mp4, name: clip}
alerts: [{name: bare, most_a_day: 5}]
"""
    first, second, *_, alert = run_on(tmp_path, text, "--check").output.splitlines()
    assert first == (
        "camera 'slow': rtsp://10.0.0.5/live, turned by 90 degrees, at most 3 frames a second: people are counted,"
        " but states are not known below 4; every face counts; black: 1 mask"
    )
    assert second == "camera 'clip': clip.mp4, every frame; every face counts"  # the default cap is for live cameras
    assert "at most once in 60 s for a camera, at most 5 a day; to nobody" in alert


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells without opening it whether a camera is there")
def test_a_local_camera_that_is_missing_is_said_by_check_and_ends_the_watch(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'events.db'}"
    checked = CliRunner().invoke(APP, ["97", "--store", store, "--check"])
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (
        1,
        "camera 97: not connected (there is no /dev/video97)",
    )
    watched = CliRunner().invoke(APP, ["97", "--store", store])
    assert watched.exit_code == 1
    assert "camera 97  failed: not available (there is no /dev/video97; connected: " in watched.output


def test_test_alerts_says_which_sinks_took_one(tmp_path: Path) -> None:
    with http_server() as server:
        text = CHECKED.replace("PORT", str(server.port)).replace("CLOSED", str(unused_port()))
        outcome = run_on(tmp_path, text, "--test-alerts")
    assert outcome.exit_code == 1
    ops, mail, unused = outcome.output.splitlines()
    assert (ops, unused) == ("ops: delivered", "unused: delivered")
    assert mail == "mail: not reached (Connection refused)"
    ((_, _, _, body),) = server.requests
    assert b"This is a test" in body
    assert "without sinks" in str(run_on(tmp_path, "cameras: [{source: 0}]", "--test-alerts").exception)
