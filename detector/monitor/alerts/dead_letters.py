"""The file of alerts that could not be delivered."""

import io
import json
import logging
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from detector.monitor.alerts.payload import to_dict
from detector.people.states import Alert

_log = logging.getLogger("detector.monitor.alerts")


class DeadLetters:
    """A file with one JSON object per line, for each alert and sink; it includes the alert as sinks get it.

    Args:
        path: The file; it and its folder are made for the first alert.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def write(self, sink: str, alert: Alert, attempts: int, reason: str) -> None:
        """Add an alert that could not be delivered to a sink; a file that cannot be written to is logged."""
        given_up = datetime.now(UTC).isoformat()
        letter = {"sink": sink, "given_up": given_up, "attempts": attempts, "error": reason, "alert": to_dict(alert)}
        line = json.dumps(letter, ensure_ascii=False).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._lock, self._path.open("a+b", buffering=0) as file:
                self._append(file, line)
        except OSError as error:
            _log.error("%s: alert %s could not be written (%s)", self._path, alert.id, error.strerror)

    @staticmethod
    def _append(file: io.FileIO, line: bytes) -> None:
        """Add a line, or nothing of it."""
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 1))
        if file.read(1) not in (b"", b"\n"):  # a kill has left half a line
            line = b"\n" + line
        try:
            written = 0
            while written < len(line):
                written += file.write(line[written:])
            os.fsync(file.fileno())
        except OSError:
            file.truncate(end)
            raise
