"""Processes that work only when asked, so that sides neither disturb each other nor share a library's settings."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from detector.errors import MaskDetectorError

_BENCHMARKS = Path(__file__).resolve().parents[1]
_TAIL = 800  # characters of what a process said before it ended


class SideError(MaskDetectorError):
    """A process of one of the sides ended before its time."""


class Worker:
    """A process that answers each line of JSON with another.

    Args:
        name: What errors call it.
        command: Starts it.
        environment: Its whole environment.
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._name = name
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=_BENCHMARKS,
            env=dict(environment),
            text=True,
        )

    def ask(self, **request: Any) -> dict[str, Any]:
        """Let it work.

        Raises:
            SideError: It ended instead of answering.
        """
        line = ""
        if self._process.stdin and self._process.stdout:
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                line = self._process.stdout.readline()
            except BrokenPipeError:
                pass
        if not line:
            code = self._process.wait()
            self._log.seek(0)
            said = self._log.read().decode(errors="replace").strip()
            raise SideError(self._name, f"exit {code}: {said[-_TAIL:]}", "an answer")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it: it stops when its input does."""
        self._process.communicate()
        self._log.close()


def start_side(kind: str, environment: Mapping[str, str], **settings: Any) -> Worker:
    """Start one of the sides in `infer_parts.sides`."""
    command = [sys.executable, "-m", "infer_parts.sides", kind, json.dumps(settings)]
    return Worker(f"side {kind}", command, environment)


def offline_rival(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of a user of ultralytics, except that it stays offline and keeps its settings in `folder`."""
    switches = {"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(folder)}
    return {**environment, **switches}
