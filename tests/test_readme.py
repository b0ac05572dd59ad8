"""The README: after `make demo`, what it says can be run."""

import contextlib
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.commands import DETECTOR

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
INFER = re.findall(r"^(detector infer demo/.*)$", TEXT, re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make demo` makes."""
    folder = tmp_path_factory.mktemp("readme")
    subprocess.run([sys.executable, ROOT / "examples/demo.py", "demo/pictures"], cwd=folder, check=True)
    return folder


@pytest.fixture
def in_demo(demo: Path) -> Iterator[None]:
    with contextlib.chdir(demo):
        yield


def test_it_is_short() -> None:
    assert len(TEXT.splitlines()) < 150


@pytest.mark.slow
@pytest.mark.parametrize("command", INFER)
def test_commands_run_on_the_pictures_of_the_demo(command: str, demo: Path) -> None:
    arguments = shlex.split(command, comments=True)[1:]
    ran = subprocess.run([*DETECTOR, *arguments], cwd=demo, capture_output=True, text=True, encoding="utf-8")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.search(r"^total of 6 inputs +6 ", ran.stdout, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.usefixtures("in_demo")
@pytest.mark.parametrize("program", PYTHON)
def test_the_program_prints_what_it_says(program: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(program, {})
    said = re.findall(r"print\(.*\)  # (.*)$", program, re.MULTILINE)
    assert said
    assert all(line in printed.getvalue().splitlines() for line in said)
