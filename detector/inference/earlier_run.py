"""What an earlier run left in its output folder: it is removed, or gone on with."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO, Any

from detector.detections import Detections
from detector.errors import OutputError, UsageError
from detector.inference.outputs import Outcome
from detector.inference.outputs.journal import JOURNAL, RunHead, lock, read_journal
from detector.inference.outputs.records import from_record
from detector.media.sources import SUMMARY_FILE, Frame

_COMPLETE = ("read", "damaged")
_FILES_OF_0_1 = ("detections.csv", "detections.json")  # whose summaries do not list them
_FREE_TO_DIFFER = ("device", "trust_weights")


class EarlierRun:
    """An earlier run in an output folder. As long as this object exists, no other run works there.

    Args:
        folder: The output folder, which holds a `summary.json`.

    Raises:
        UsageError: That run is still going on, or its summary is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._summary = _read_summary(folder / SUMMARY_FILE)
        self._lock: IO[bytes] | None = lock(folder / JOURNAL) if (folder / JOURNAL).exists() else None
        self._head: dict[str, Any] = next((value for kind, value in read_journal(folder) if kind == "run"), {})
        self._done = {value["source"] for value in self._outcomes() if value["outcome"] in _COMPLETE}

    @property
    def is_unfinished(self) -> bool:
        """Whether there is something to go on with: inputs that were not reached, or could not be read."""
        return bool(self._head)

    def is_done(self, source: str) -> bool:
        """Whether an input was read as far as it can be."""
        return source in self._done

    def check_same(self, head: RunHead) -> None:
        """Refuse to go on with other inputs or options.

        Args:
            head: What the run now is asked for.

        Raises:
            UsageError: Something differs.
        """
        if self._head["given"] != head.given:
            found = f"results for {_listed(self._head['given'])}, and now {_listed(head.given)} is given"
            raise UsageError(self.folder, found, "the same inputs, or `overwrite`")
        then, now = self._head["settings"], json.loads(json.dumps(head.settings))
        for name in then.keys() | now.keys():
            if then.get(name) != now.get(name) and name not in _FREE_TO_DIFFER:
                found = f"results with `{name}` {then.get(name)}, and now it is {now.get(name)}"
                raise UsageError(self.folder, found, "the same options, or `overwrite`")

    def replay(self, names: tuple[str, ...]) -> Iterator[tuple[Frame, Detections] | Outcome]:
        """The frames of all inputs that are done, and their outcomes.

        Args:
            names: Class names by class id.
        """
        for kind, value in read_journal(self.folder):
            if kind == "frame" and value["source"] in self._done:
                yield from_record(value, names)
            elif kind == "ended" and value["source"] in self._done:
                yield Outcome(**value)

    def remove(self) -> None:
        """Remove what the run wrote, and nothing else.

        Raises:
            OutputError: A file cannot be removed.
        """
        entries = [*self._summary.get("inputs", ()), *self._outcomes()]
        self._remove(name for entry in entries for name in (*entry.get("files", ()), entry.get("output")) if name)
        self._remove(self._pending())
        self._remove(self._summary.get("files", _FILES_OF_0_1))
        self._remove_temporary()
        self._remove((JOURNAL, SUMMARY_FILE))

    def remove_unfinished(self) -> None:
        """Remove the files of inputs that are not done.

        Raises:
            OutputError: A file cannot be removed.
        """
        self._remove(name for entry in self._outcomes() if entry["source"] not in self._done for name in entry["files"])
        self._remove(self._pending())
        self._remove_temporary()

    def close(self) -> None:
        """Let other runs work in the folder."""
        if self._lock is not None:
            self._lock.close()

    def _outcomes(self) -> Iterator[dict[str, Any]]:
        return (value for kind, value in read_journal(self.folder) if kind == "ended")

    def _pending(self) -> list[str]:
        """The files of the input that was at hand when the run was killed."""
        pending: list[str] = []
        for kind, value in read_journal(self.folder):
            if kind == "file":
                pending.append(value)
            elif kind == "ended":
                pending.clear()
        return pending

    def _remove_temporary(self) -> None:
        if process := self._head.get("process"):
            self._remove(str(path.relative_to(self.folder)) for path in self.folder.rglob(f".*.{process}.tmp*"))

    def _remove(self, names: Iterable[str]) -> None:
        root = self.folder.resolve()
        for name in names:
            path = self.folder / PurePosixPath(name)
            # A summary may have been changed: nothing outside the folder is touched.
            if not path.parent.resolve().is_relative_to(root) or not (path.is_file() or path.is_symlink()):
                continue
            try:
                path.unlink()
            except OSError as error:
                raise OutputError(path, f"cannot be removed ({error.strerror})") from error
            with suppress(OSError):  # it holds other files
                for parent in path.relative_to(self.folder).parents[:-1]:
                    (self.folder / parent).rmdir()


def _read_summary(path: Path) -> dict[str, Any]:
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(summary, dict):
            return summary
        reason = "no JSON object"
    except (OSError, ValueError) as error:
        reason = str(error)
    raise UsageError(path, f"damaged ({reason})", "the summary of an earlier run; or another folder for the results")


def _listed(given: list[str]) -> str:
    return ", ".join(given[:3]) + (f" and {len(given) - 3} more" if len(given) > 3 else "")
