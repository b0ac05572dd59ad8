"""Commands and programs as tests run them."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from support.waiting import HANGS, wait_until

DETECTOR = (sys.executable, "-c", "from detector.cli.app import main; main()")
"""The command `detector` as a program of its own."""


class Ran(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


def text(file: IO[str]) -> str:
    # Not `seek` and `read`: a program that writes into the file shares its position.
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode(errors="replace")


def interrupt(
    *command: object,
    when: Callable[[str], object],
    number: int = signal.SIGINT,
    cwd: Path | None = None,
) -> Ran:
    """Start a program, send it a signal as soon as a condition holds, and wait for its end.

    Args:
        command: The program and its arguments.
        when: The condition, which is given what the program has printed so far.
        number: The signal.
        cwd: The folder that the program runs in.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen([*map(str, command)], stdout=out, stderr=err, cwd=cwd)
        try:
            wait_until(lambda: when(text(out)) or process.poll() is not None, HANGS)
            process.send_signal(number)
            process.wait(HANGS)
        finally:
            process.kill()
            process.wait()
        return Ran(process.returncode, text(out), text(err))
