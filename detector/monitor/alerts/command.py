"""Runs a program for each alert."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence

from pydantic import SecretStr

from detector.errors import ConfigError, DeliveryError
from detector.monitor.alerts.payload import to_json
from detector.monitor.alerts.sink import AlertSink
from detector.monitor.config.watch import CommandConfig
from detector.people.states import Alert

_LONGEST_OUTPUT = 200  # bytes
_STDERR_SECONDS = 1.0  # the wait for the end of the output: a child process may keep the pipe open for longer


class CommandSink(AlertSink):
    """Runs a program without a shell, with the alert as one line of JSON on its standard input; status 0 means success.

    In the arguments `{id}`, `{rule}`, `{camera}`, `{time}`, `{message}` and `{people}` stand for what the alert says.

    Args:
        name: As in the configuration.
        config: The program and its arguments.

    Raises:
        ConfigError: There is no such program.
    """

    def __init__(self, name: str, config: CommandConfig) -> None:
        self.name, self._config = name, config
        self.secrets: Sequence[SecretStr] = []
        self._running: subprocess.Popen[bytes] | None = None
        if shutil.which(config.command[0]) is None:
            raise ConfigError(f"sinks.{name}.command", f"there is no program {config.command[0]!r}", "one that can run")

    def send(self, alert: Alert) -> None:
        """See `AlertSink`."""
        command = [self._config.command[0], *(fill_in(argument, alert) for argument in self._config.command[1:])]
        stderr = _StderrReader()
        try:
            # A session of its own, so that its children can be stopped with it.
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr.end,
                start_new_session=True,
            )
        except OSError as error:
            raise DeliveryError(self.name, f"not started ({error.strerror})") from None
        finally:
            os.close(stderr.end)
            stderr.start()
        self._running = process
        try:
            process.communicate(to_json(alert) + b"\n", timeout=self._config.timeout)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.wait()
            raise DeliveryError(self.name, f"stopped after {self._config.timeout:g} s") from None
        finally:
            self._running = None
        if process.returncode != 0:
            text = stderr.text()
            raise DeliveryError(self.name, f"ended with status {process.returncode}" + (f": {text}" if text else ""))

    def close(self) -> None:
        """See `AlertSink`."""
        process = self._running
        if process is not None and process.returncode is None:
            _kill(process)


class _StderrReader(threading.Thread):
    """Reads everything that a program writes to its standard error, and keeps the beginning.

    Attributes:
        end: The file descriptor to write to.
    """

    def __init__(self) -> None:
        super().__init__(name="stderr", daemon=True)
        self._source, self.end = os.pipe()
        self._beginning = b""

    def run(self) -> None:
        with os.fdopen(self._source, "rb", buffering=0) as source:
            while part := source.read(65536):
                self._beginning = (self._beginning + part)[:_LONGEST_OUTPUT]

    def text(self) -> str:
        """The output of a program that has ended, in one line."""
        self.join(_STDERR_SECONDS)
        return " ".join(self._beginning.decode(errors="replace").split())


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a program that has not been waited for, with its children."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:  # Windows, where its children go on
            process.kill()


def fill_in(argument: str, alert: Alert) -> str:
    """An argument with the alert's values in place of their names in braces; other braces stay as they are."""
    values = {
        "id": alert.id,
        "rule": alert.rule,
        "camera": alert.camera,
        "time": alert.time.isoformat(),
        "message": alert.message,
        "people": str(alert.people),
    }
    return re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], name[0]), argument)
