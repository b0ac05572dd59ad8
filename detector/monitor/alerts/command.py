"""A program that is run for each alert."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence

from pydantic import SecretStr

from detector.monitor.alerts.payload import to_json
from detector.monitor.alerts.sink import DeliveryError, Sink
from detector.monitor.config import CommandConfig, ConfigError
from detector.monitor.states import Alert

_LONGEST_OUTPUT = 200


class CommandSink(Sink):
    """Runs a program without a shell, with the alert as JSON on its standard input; status 0 means that it was taken.

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
        """See `Sink`."""
        command = [self._config.command[0], *(fill_in(argument, alert) for argument in self._config.command[1:])]
        with tempfile.TemporaryFile() as complaint:  # not a pipe: a child left behind would keep that open
            try:
                # A session of its own, so that its children can be stopped with it.
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=complaint,
                    start_new_session=True,
                )
            except OSError as error:
                raise DeliveryError(self.name, f"not started ({error.strerror})") from None
            self._running = process
            try:
                process.communicate(to_json(alert), timeout=self._config.timeout)
            except subprocess.TimeoutExpired:
                _kill(process)
                process.wait()
                raise DeliveryError(self.name, f"stopped after {self._config.timeout:g} s") from None
            finally:
                self._running = None
            if process.returncode != 0:
                complaint.seek(0)
                text = " ".join(complaint.read(4096).decode(errors="replace").split())[:_LONGEST_OUTPUT]
                raise DeliveryError(
                    self.name, f"ended with status {process.returncode}" + (f": {text}" if text else "")
                )

    def close(self) -> None:
        """See `Sink`."""
        process = self._running
        if process is not None and process.returncode is None:
            _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a program that has not been waited for, with its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
