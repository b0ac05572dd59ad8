"""A long-lived process that converts one damaged set after another, and is replaced when it dies or hangs."""

import functools
import io
import multiprocessing
import os
import resource
import shutil
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psutil

from fuzz_parts.mutations import DamagedSet

_MEMORY_LIMIT = 4 * 2**30  # of address space: memory without bound ends in a MemoryError, not in a killed machine
_ROUNDING = 2e-6


class Ran(NamedTuple):
    """How a conversion ended.

    Attributes:
        status: Its exit status; None where the process died or hung.
        fault: What must not happen: a traceback, a wrong box, a dead or hanging process; empty otherwise.
        seconds: Processor time, which other programs on the machine do not change.
        grown: Bytes by which the peak of the process's memory grew.
        output: What the command printed.
    """

    status: int | None
    fault: str
    seconds: float
    grown: int = 0
    output: str = ""


class Worker:
    """Runs conversions in another process.

    Args:
        scratch: A folder of its own.
        limit: Seconds of processor time after which a conversion counts as hanging; ten times as many of the clock
            count as well.
    """

    def __init__(self, scratch: Path, limit: float) -> None:
        self._scratch, self._limit = scratch, limit
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, self._scratch), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def run(self, case: DamagedSet) -> Ran:
        """Convert a set."""
        start, used = time.perf_counter(), self._processor_time()
        self._pipe.send(case)
        fault = f"hangs: no end after {self._limit:.0f} s"
        try:
            while time.perf_counter() - start < 10 * self._limit and self._processor_time() - used < self._limit:
                if self._pipe.poll(1.0):
                    ran: Ran = self._pipe.recv()
                    return ran
        except (EOFError, OSError, psutil.NoSuchProcess):
            self._process.join(5)
            fault = f"the process died with status {self._process.exitcode}"
        self.close()
        self._start()
        return Ran(None, fault, time.perf_counter() - start)

    def _processor_time(self) -> float:
        times = psutil.Process(self._process.pid).cpu_times()
        return float(times.user + times.system)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _serve(pipe: Connection, scratch: Path) -> None:
    from detector.cli.app import main

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_LIMIT, resource.getrlimit(resource.RLIMIT_AS)[1]))
    os.environ["COLUMNS"] = "200"
    pipe.send(None)
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        source, out = scratch / "set", scratch / "out"
        for folder in (source, out):
            shutil.rmtree(folder, ignore_errors=True)
        _write(case, source)
        before, start = _peak(), time.process_time()
        status, output, fault = _command(main, [str(source), "--out", str(out), *case.options])
        seconds = time.process_time() - start
        pipe.send(Ran(status, fault or wrong_files(out, status), seconds, _peak() - before, output))


def _command(main: object, words: list[str]) -> tuple[int | None, str, str]:
    sys.argv = ["detector", "convert", *words]
    text = io.StringIO()
    try:
        with redirect_stdout(text), redirect_stderr(text):
            main()  # type: ignore[operator]  # a function, which cannot be named here without importing typer
    except SystemExit as end:
        output = text.getvalue()
        return int(end.code or 0), output, "traceback printed" if "Traceback (most recent" in output else ""
    except BaseException:
        return None, text.getvalue(), traceback.format_exc()
    return 0, text.getvalue(), "no exit status"


@functools.cache
def _picture() -> bytes:
    import cv2
    import numpy as np

    small = np.random.default_rng(0).integers(0, 255, (12, 16, 3), np.uint8)
    return cv2.imencode(".jpg", cv2.resize(small, (320, 240)))[1].tobytes()


def _write(case: DamagedSet, folder: Path) -> None:
    for name in case.pictures:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_picture())
    for name, data in case.files.items():
        path = folder / name
        if not any(parent.is_file() for parent in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def wrong_files(out: Path, status: int | None) -> str:
    """What is wrong with a dataset that was written: a box outside its picture, a picture without its label file.

    Args:
        out: The dataset's folder.
        status: The exit status of the conversion.

    Returns:
        The fault; empty where there is none.
    """
    if status not in (0, 1, 2):
        return f"exit status {status}"
    if not out.exists():
        return "exit status 0, and nothing was written" if status == 0 else ""
    if status == 2:
        return "exit status 2, and something was written"
    pictures = {path.relative_to(out / "images").with_suffix("") for path in out.glob("images/*/*")}
    labels = {path.relative_to(out / "labels").with_suffix("") for path in out.glob("labels/*/*")}
    if pictures != labels:
        return f"pictures and label files differ: {sorted(map(str, pictures ^ labels))[:4]}"
    for path in out.glob("labels/*/*.txt"):
        for row in path.read_text().splitlines():
            if not _is_valid_row(row):
                return f"wrong row in {path.name}: {row}"
    return ""


def _is_valid_row(row: str) -> bool:
    try:
        class_id, x, y, width, height = row.split()
        edges = [float(x) - float(width) / 2, float(y) - float(height) / 2]
        edges += [float(x) + float(width) / 2, float(y) + float(height) / 2]
    except ValueError:
        return False
    inside = all(-_ROUNDING <= edge <= 1 + _ROUNDING for edge in edges)
    return class_id in ("0", "1", "2") and float(width) > 0 and float(height) > 0 and inside
