"""The help for tests that start programs."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import interrupt

WAITS = "import time; print('ready', flush=True); time.sleep(60)"
IGNORES_INTERRUPTS = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends an interrupt")


def test_a_program_is_interrupted_when_the_condition_holds() -> None:
    ran = interrupt(sys.executable, "-c", WAITS, when=lambda printed: printed == "ready\n")
    assert ran.status == -signal.SIGINT
    assert "KeyboardInterrupt" in ran.err


def test_a_program_that_ends_before_is_not_waited_for() -> None:
    assert interrupt(sys.executable, "-c", "print('done')", when=lambda _: False) == (0, "done\n", "")


@pytest.mark.slow
def test_programs_are_interrupted_though_the_suite_runs_in_the_background() -> None:
    case = f"{Path(__file__)}::{test_a_program_is_interrupted_when_the_condition_holds.__name__}"
    suite = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", case]
    ran = subprocess.run(
        [sys.executable, "-c", IGNORES_INTERRUPTS, *suite], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout
