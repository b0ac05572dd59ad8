"""Nothing leaves the machine, and nothing is written but the results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sample_pictures import picture, save, save_video

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


def test_infer_needs_no_network_and_writes_only_results(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_NO_NETWORK)
    (tmp_path / "home").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path / "site"),
        "REFUSED": str(tmp_path / "refused.txt"),
        "HOME": str(tmp_path / "home"),
        "XDG_CACHE_HOME": str(tmp_path / "home" / "cache"),
    }
    for name in ("YOLO_OFFLINE", "YOLO_CONFIG_DIR"):
        environment.pop(name, None)
    for path in [*photos.rglob("*"), photos]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = state(photos)
    code = "from detector.cli.app import main; main()"
    try:
        ran = subprocess.run(
            [sys.executable, "-c", code, "infer", str(photos), "--track", "--out", str(tmp_path / "out")],
            cwd=work, env=environment, capture_output=True, text=True, timeout=300, check=False,
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
