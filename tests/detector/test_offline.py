"""Nothing leaves the machine, and nothing is written but the results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.sample_pictures import picture, save, save_video
from support.waiting import HANGS

pytestmark = pytest.mark.slow

# Imported by the interpreter itself at its start, before any code of ours.
_NO_NETWORK = """
import os, socket, subprocess, sys

def refuse(name):
    def refused(*arguments, **settings):
        with open(os.environ["REFUSED"], "a") as file:
            file.write(f"{name} {arguments}\\n")
        raise OSError("the network is blocked")
    return refused

socket.socket.connect = refuse("connect")
socket.socket.connect_ex = refuse("connect_ex")
socket.getaddrinfo = refuse("getaddrinfo")
socket.create_connection = refuse("create_connection")
run = subprocess.Popen.__init__
def popen(self, arguments, *rest, **settings):
    if "pip" in str(arguments):
        refuse("pip")(arguments)
    run(self, arguments, *rest, **settings)
subprocess.Popen.__init__ = popen
"""


def state(folder: Path) -> list[tuple[str, int, int]]:
    return sorted((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in [folder, *folder.rglob("*")])


@pytest.fixture
def photos(tmp_path: Path, assets: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in assets.glob("*.jpg"):
        (folder / photo.name).write_bytes(photo.read_bytes())
    cut = (folder / "bus.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(cut[: len(cut) // 2])
    (folder / "text.jpg").write_text("not a picture")
    save(folder / "sub" / "x.png", picture())
    save_video(folder / "clip.mp4", [picture(48, 64)] * 3)
    return folder


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a process that is refused the network and pip, and has a home of its own."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_NO_NETWORK)
    (tmp_path / "home").mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path / "site"),
        "REFUSED": str(tmp_path / "refused.txt"),
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / "cache"),
    }
    # ultralytics behaves otherwise where it believes to be tested.
    for name in ("YOLO_OFFLINE", "YOLO_CONFIG_DIR", "YOLO_AUTOINSTALL", "ULTRALYTICS_SAFE_LOAD", "PYTEST_CURRENT_TEST"):
        environment.pop(name, None)
    return environment


def test_infer_needs_no_network_and_writes_only_results(
    photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for path in [*photos.rglob("*"), photos]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = state(photos)
    code = "from detector.cli.app import main; main()"
    try:
        ran = subprocess.run(
            [sys.executable, "-c", code, "infer", str(photos), "--track", "--out", str(tmp_path / "out")],
            cwd=work, env=environment, capture_output=True, text=True, timeout=HANGS, check=False,
        )  # fmt: skip
    finally:
        for path in [photos, *photos.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert ran.returncode == 1, ran.stderr  # the two bad files
    assert "2 of 6 inputs" in ran.stderr
    assert not (tmp_path / "refused.txt").exists(), (tmp_path / "refused.txt").read_text()
    after = [(name, size, time) for name, size, time in state(photos)]
    assert after == before
    assert list(work.iterdir()) == []
    written = {p.relative_to(tmp_path / "home").parts[0] for p in (tmp_path / "home").rglob("*")}
    assert written <= {"cache"}


def test_info_needs_no_network_and_writes_nothing(tmp_path: Path, environment: dict[str, str]) -> None:
    work = tmp_path / "work"
    work.mkdir()
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", "from detector.cli.app import main; main()", "info", "--weights", "yolov8n.pt"],
        cwd=work, env=environment | {"PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{root}"},
        capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "yolov8n.pt: no such file" in ran.stdout
    assert not (tmp_path / "refused.txt").exists(), (tmp_path / "refused.txt").read_text()
    assert list(work.iterdir()) == []


_ULTRALYTICS_FIRST = """
import ultralytics.utils
from ultralytics.utils import checks, events
ultralytics.utils.ONLINE = checks.ONLINE = events.events.enabled = True  # as on a machine with a network

from detector import Detector
from detector.errors import SourceError
try:
    Detector(device="cpu").predict("text.jpg")
except SourceError as error:
    print(error)
print(events.events.enabled, checks.AUTOINSTALL)
"""


def test_nothing_is_installed_or_sent_where_ultralytics_was_imported_first(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    ran = subprocess.run(
        [sys.executable, "-c", _ULTRALYTICS_FIRST],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    refused = tmp_path / "refused.txt"
    assert "pip" not in (refused.read_text() if refused.exists() else "")
    assert "text.jpg: not a picture" in ran.stdout
    assert ran.stdout.endswith("False False\n")


_FAKE_LOGGER = "import pathlib\n__version__ = '9.9.9'\npathlib.Path('started').touch()\n"


def test_training_starts_no_experiment_logger_that_is_installed(tmp_path: Path, environment: dict[str, str]) -> None:
    from support.datasets import make_dataset

    (tmp_path / "site" / "comet_ml.py").write_text(_FAKE_LOGGER)
    data = make_dataset(tmp_path / "dataset")
    arguments = ["train", data, "--epochs", 1, "--imgsz", 32, "--batch", 2, "--device", "cpu", "--out", "out"]
    ran = subprocess.run(
        [sys.executable, "-c", "from detector.cli.app import main; main()", *map(str, arguments)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert not (tmp_path / "started").exists()
    assert not (tmp_path / "refused.txt").exists(), (tmp_path / "refused.txt").read_text()


def test_export_sends_nothing_and_writes_only_the_export(tmp_path: Path, environment: dict[str, str]) -> None:
    from support.datasets import make_dataset
    from support.tiny_weights import save_tiny

    pytest.importorskip("nncf")
    weights, work = save_tiny(tmp_path / "weights" / "tiny.pt"), tmp_path / "work"
    work.mkdir()
    data = make_dataset(tmp_path / "dataset")
    before = state(tmp_path / "dataset")
    code = (
        "import sys; from detector.export.run import export; from detector.export.settings import ExportSettings\n"
        "for settings in ({'format': 'onnx'}, {'format': 'openvino', 'int8': True, 'data': sys.argv[2]}):\n"
        "    export(sys.argv[1], ExportSettings(**settings))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(weights), str(data)],
        cwd=work, env=environment, capture_output=True, text=True, timeout=HANGS, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert not (tmp_path / "refused.txt").exists(), (tmp_path / "refused.txt").read_text()
    assert list(work.iterdir()) == []
    assert state(tmp_path / "dataset") == before
    assert sorted(path.name for path in weights.parent.iterdir()) == [
        "tiny.onnx", "tiny.pt", "tiny_int8_openvino_model",
    ]  # fmt: skip
    written = {p.relative_to(tmp_path / "home").parts[0] for p in (tmp_path / "home").rglob("*")}
    assert written <= {"cache"}
