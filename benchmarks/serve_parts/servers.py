"""The servers as processes of their own, and what they hold."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

_BENCHMARKS = Path(__file__).resolve().parents[1]
_START_SECONDS = 180.0
_END_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds.

    Attributes:
        seconds: When, since the clock of the machine began.
        memory: Resident memory in bytes.
        threads: How many it has.
        files: Open files and connections.
    """

    seconds: float
    memory: int
    threads: int
    files: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs.

    Attributes:
        address: `http://127.0.0.1:PORT`.
        process: Its process.
    """

    address: str
    process: psutil.Process

    def held(self) -> Held:
        """What it holds now."""
        with self.process.oneshot():
            memory, threads, files = (
                self.process.memory_info().rss,
                self.process.num_threads(),
                self.process.num_fds(),
            )
        return Held(time.monotonic(), memory, threads, files)


@contextmanager
def ours(port: int, *options: str) -> Iterator[Server]:
    """`detector serve`, as it is started by default.

    Args:
        port: Where it listens.
        options: Further ones.
    """
    with _process([sys.executable, "-m", "detector", "serve", "--port", str(port), *options], os.environ) as process:
        yield _wait(process, port, "/readyz")


@contextmanager
def theirs(port: int, weights: Path, folder: Path) -> Iterator[Server]:
    """FastAPI with `YOLO` in the handler.

    Args:
        port: Where it listens.
        weights: A `.pt` file.
        folder: For ultralytics' settings.
    """
    switches = {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(folder)}
    environment = {**os.environ, **switches, "RIVAL_WEIGHTS": str(weights), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-m", "uvicorn", "serve_parts.rival:app", "--port", str(port), "--log-level", "warning"]
    with _process(command, environment) as process:
        yield _wait(process, port, "/openapi.json")


@contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=_BENCHMARKS, env=dict(environment), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: subprocess.Popen[bytes], port: int, path: str) -> Server:
    """Wait until a server answers.

    Raises:
        RuntimeError: It ended, or does not answer in time.
    """
    address, end = f"http://127.0.0.1:{port}", time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urlopen(address + path, timeout=5):
                return Server(address, psutil.Process(process.pid))
        except (URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"no answer at {address}")
