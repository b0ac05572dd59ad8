"""Commands print to whatever their streams are connected to."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

_NAME = "日本語.png"
_COMMAND = [sys.executable, "-m", "detector"]


def start(*arguments: object, shell: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a command from a shell, with a redirection such as `>&-`; lines are as wide as the paths of the test need."""
    command = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash", *_COMMAND, *map(str, arguments)]
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    environment = {**os.environ, "COLUMNS": "400", **environment}
    return subprocess.run(command, capture_output=True, text=True, encoding=encoding, check=False, env=environment)


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    """A small annotated set whose pictures have Japanese names."""
    folder = tmp_path / "set"
    for split in ("train", "val"):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(3):
            image = np.random.default_rng([number, len(split)]).integers(0, 255, (40, 40, 3), np.uint8)
            name = f"{number}-{_NAME}"
            (folder / "images" / split / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())
            (folder / "labels" / split / name).with_suffix(".txt").write_text("0 0.5 0.5 0.4 0.4\n")
    names = "[with_mask, without_mask, mask_worn_incorrectly]"
    (folder / "data.yaml").write_text(f"train: images/train\nval: images/val\nnames: {names}\n")
    return folder


CLOSED = {">&-": "closed", "2>&-": "stderr closed", ">&- 2>&-": "both closed", "| true": "nobody reads"}


@pytest.mark.parametrize("shell", CLOSED)
def test_a_conversion_is_done_when_nobody_reads_what_it_says(annotated: Path, tmp_path: Path, shell: str) -> None:
    ran = start("convert", annotated, "--out", tmp_path / "out", shell=shell)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert json.loads((tmp_path / "out" / "conversion.json").read_text())


@pytest.mark.slow
@pytest.mark.parametrize("shell", [">&- 2>&-", "| true"])
def test_faces_are_found_when_nobody_reads_what_is_said(annotated: Path, tmp_path: Path, shell: str) -> None:
    ran = start("infer", annotated / "images" / "val", "--out", tmp_path / "out", "--device", "cpu", shell=shell)
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["state"] == "finished"
    assert (tmp_path / "out" / f"2-{_NAME}").is_file()


@pytest.mark.parametrize("shell", [">&-", "| true"])
@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["watch", "--print-config"], ["eval", "--help"]])
def test_texts_that_nobody_reads_are_no_error(arguments: list[str], shell: str) -> None:
    ran = start(*arguments, shell=shell)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("shell", [">&-", "2>&-"])
def test_a_wrong_command_line_stays_wrong(shell: str) -> None:
    assert start("eval", "data.yaml", "--conf", "7", shell=shell).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_said_after_the_work(annotated: Path, tmp_path: Path) -> None:
    ran = start("convert", annotated, "--out", tmp_path / "out", shell=">/dev/full")
    assert ran.returncode == 1
    assert ran.stderr == "Error: standard output: not writable (No space left on device)\n"
    assert (tmp_path / "out" / "conversion.json").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_names_that_the_terminal_has_no_letters_for_are_escaped(annotated: Path, tmp_path: Path, encoding: str) -> None:
    (annotated / "images" / "val" / f"broken-{_NAME}").write_bytes(b"no picture")
    arguments = ("infer", annotated / "images" / "val", "--out", tmp_path / "出力", "--device", "cpu")
    ran = start(*arguments, PYTHONIOENCODING=encoding)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert r"broken-\u65e5\u672c\u8a9e.png" in ran.stderr
    assert r"2-\u65e5\u672c\u8a9e.png" in ran.stdout
    assert json.loads((tmp_path / "出力" / "summary.json").read_text())["state"] == "finished"


@pytest.mark.slow
def test_tables_are_printed_in_any_encoding(annotated: Path, tmp_path: Path) -> None:
    out = tmp_path / "出力"
    converted = start("convert", annotated, "--out", out, PYTHONIOENCODING="cp1252")
    assert "Traceback" not in converted.stderr
    assert r"\u51fa\u529b" in converted.stdout
    measured = start("eval", out / "data.yaml", "--split", "train", "--out", tmp_path / "評価", "--resamples", "2",
                     "--device", "cpu", PYTHONIOENCODING="cp1252")  # fmt: skip
    assert (measured.returncode, measured.stderr) == (0, ""), measured.stderr
    assert r"\u8a55\u4fa1" in measured.stdout
