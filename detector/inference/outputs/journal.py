"""The journal of a run: what `--resume` goes on from, and `--overwrite` removes, if the run was stopped.

One JSON object a line: what the run was asked for, the name of each file before it is made, each frame with its faces,
the outcome of each input. It is removed when every input was read.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from detector.detections import Detections
from detector.errors import UsageError
from detector.files import temporary_name
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.records import to_record
from detector.inference.outputs.tables import open_text
from detector.media.sources import Frame

JOURNAL = ".infer-run.jsonl"
"""The name of the file in the output folder."""


@dataclass(frozen=True, slots=True)
class RunHead:
    """What a run was asked for.

    Attributes:
        given: The inputs as given.
        settings: The options.
    """

    given: list[str]
    settings: dict[str, Any]


class Journal(ResultWriter):
    """Writes the journal. The lines of each input are in the file as soon as the input has ended.

    Args:
        folder: The output folder.
        head: What the run was asked for.
        totals: The counts of the run, read when the journal is closed.
    """

    def __init__(self, folder: Path, head: RunHead, totals: Totals) -> None:
        self._path, self._totals = folder / JOURNAL, totals
        self._temporary = temporary_name(self._path)
        folder.mkdir(parents=True, exist_ok=True)
        self._file = open_text(self._temporary)
        self._lock = lock(self._temporary)
        self._add("run", {"process": os.getpid(), **asdict(head)})

    def begin(self) -> None:
        """Take the place of the journal of an earlier run, whose lines have been repeated here."""
        self._file.flush()
        self._temporary.replace(self._path)

    def note_file(self, name: str) -> None:
        """Take note of a file that is about to be made."""
        self._add("file", name)
        self._file.flush()

    def write(self, frame: Frame, faces: Detections, prepared: None = None) -> None:
        """Take note of the faces of a frame."""
        self._add("frame", to_record(frame, faces))

    def end(self, outcome: Outcome) -> None:
        """Take note of the outcome of an input."""
        self._add("ended", asdict(outcome))
        self._file.flush()

    def close(self) -> None:
        """Close the journal, and remove it if there is nothing to go on with."""
        self._file.close()
        if self._lock is not None:
            self._lock.close()
        if not self._totals.interrupted and not self._totals.outcomes["failed"]:
            self._path.unlink(missing_ok=True)

    def _add(self, kind: str, value: Any) -> None:
        self._file.write(json.dumps({kind: value}) + "\n")


def read_journal(folder: Path) -> Iterator[tuple[str, Any]]:
    """The lines of a journal, as kind and value. The last line of a run that was killed may be broken off."""
    try:
        with (folder / JOURNAL).open(encoding="utf-8", errors="replace") as file:
            for line in file:
                ((kind, value),) = json.loads(line).items()
                yield kind, value
    except (FileNotFoundError, ValueError, AttributeError):
        return


def lock(path: Path) -> IO[bytes] | None:
    """Hold a file as long as its run goes on, so that no other run works in the same folder.

    Returns:
        The lock; None where the system or the disk has no locks.

    Raises:
        UsageError: Another run holds it.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    file = path.open("rb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UsageError(
            path.parent, "results of a run that is still going on", "its end, or another folder"
        ) from error
    except OSError:
        file.close()
        return None
    return file
