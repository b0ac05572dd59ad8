"""`detections.jsonl`, or the same lines on standard output."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from detector.detections import Detections
from detector.files import writing
from detector.inference.outputs import Outcome, ResultWriter
from detector.inference.outputs.records import to_record
from detector.inference.outputs.tables import open_text
from detector.media.sources import Frame


class JsonLinesWriter(ResultWriter):
    """One line for every frame, and one for every input that could not be read, or not whole.

    Args:
        path: The file to write.
    """

    def __init__(self, path: Path) -> None:
        self._stack = ExitStack()
        self._file = self._stack.enter_context(open_text(self._stack.enter_context(writing(path))))

    def write(self, frame: Frame, faces: Detections, prepared: None = None) -> None:
        """Write the line of a frame."""
        self._line(to_record(frame, faces))

    def end(self, outcome: Outcome) -> None:
        """Write why an input could not be read, or not whole."""
        if outcome.reason is not None:
            self._line({"source": outcome.source, "error": outcome.reason})

    def close(self) -> None:
        """Finish the file."""
        self._stack.close()

    def _line(self, value: dict[str, Any]) -> None:
        self._file.write(json.dumps(value) + "\n")


class JsonLinesStream(JsonLinesWriter):
    """The same lines on a stream that is open already, each sent at once.

    Args:
        stream: The stream.
        on_line: Called after each line.
    """

    def __init__(self, stream: IO[str], on_line: Callable[[], None] = lambda: None) -> None:
        self._file, self._on_line = stream, on_line

    def close(self) -> None:
        """Leave the stream open."""

    def _line(self, value: dict[str, Any]) -> None:
        super()._line(value)
        self._file.flush()
        self._on_line()
