"""Gives the results of a run to its writers, and keeps the outcome of the input at hand."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any, TypeAlias

from converters.plurals import quantity
from detector.detections import Detections
from detector.errors import DamagedVideoError, OutputError
from detector.inference.batching import Step
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.names import OutputNames
from detector.media.sources import Ended, Frame

Prepared: TypeAlias = list[Any]
"""What each writer has prepared for a frame, in the order of the writers."""


class Results:
    """The results of a run.

    Args:
        writers: Each writes one kind of results. The last is called first at the end of an input, because the others
            need what it adds to the outcome.
        names: The names of the files of the run; None if there are none.
        totals: The counts of the run, which are kept up to date.
        class_names: Class names by class id.
        on_end: Called with the outcome of every input.
    """

    def __init__(
        self,
        writers: Sequence[ResultWriter],
        names: OutputNames | None,
        totals: Totals,
        class_names: tuple[str, ...],
        on_end: Callable[[Outcome], None],
    ) -> None:
        self._writers, self._names, self._totals = writers, names, totals
        self._class_names, self._on_end = class_names, on_end
        self._current: Outcome | None = None

    @property
    def has_pictures(self) -> bool:
        """Whether `prepare` has something to do."""
        return any(writer.has_pictures for writer in self._writers)

    def prepare(self, frame: Frame, faces: Detections) -> Prepared:
        """What takes long: drawing, encoding. Several threads may call this at once.

        Args:
            frame: As it may be written.
            faces: Those that are drawn.
        """
        return [writer.prepare(frame, faces) for writer in self._writers]

    def take(self, step: Step, prepared: Prepared) -> None:
        """Write a frame, or finish an input.

        Args:
            step: The frame and its faces, or the end.
            prepared: What `prepare` gave; may be empty.

        Raises:
            OutputError: A result cannot be written.
        """
        if isinstance(step, Ended):
            outcome = self._current or self._new(step.name)
            outcome.note = step.note
            if step.error is not None:
                damaged = isinstance(step.error, DamagedVideoError)
                outcome.outcome, outcome.reason = "damaged" if damaged else "failed", step.error.found
            self._end(outcome)
            return
        frame, faces = step
        outcome = self._current = self._current or self._new(frame.source.name)
        outcome.kind = frame.source.kind
        outcome.frames += 1
        for name, number in faces.counts().items():
            outcome.faces[name] += number
        self._write(frame, faces, self._writers, prepared or repeat(None))

    def repeat(self, event: tuple[Frame, Detections] | Outcome) -> None:
        """Write what an earlier run has found; the files of single inputs are there already.

        Args:
            event: A frame and its faces, or the outcome of an input.

        Raises:
            OutputError: A result cannot be written.
        """
        tables = [writer for writer in self._writers if writer.is_table]
        if isinstance(event, Outcome):
            self._finish(event, tables)
        else:
            self._write(*event, tables, repeat(None))

    def stop(self, *, asked: bool) -> None:
        """End the input at hand. A camera has no other end, so for a camera that is no interruption.

        Args:
            asked: The run ends before all inputs were read.
        """
        if self._current is None:
            self._totals.interrupted = asked
            return
        if self._current.kind != "camera":
            self._totals.interrupted = True
            self._current.outcome = "interrupted"
            self._current.reason = f"stopped after {quantity(self._current.frames, 'frame')}"
        self._end(self._current)

    def _new(self, name: str) -> Outcome:
        return Outcome(name, faces=dict.fromkeys(self._class_names, 0))

    def _write(self, frame: Frame, faces: Detections, writers: Sequence[ResultWriter], prepared: Iterable[Any]) -> None:
        self._totals.frames += 1
        self._totals.faces.update(faces.counts())
        with output_errors(self._folder):
            for writer, each in zip(writers, prepared, strict=False):
                writer.write(frame, faces, each)

    def _end(self, outcome: Outcome) -> None:
        self._current = None
        outcome.files = [] if self._names is None else self._names.take_claimed()
        self._finish(outcome, self._writers)

    def _finish(self, outcome: Outcome, writers: Sequence[ResultWriter]) -> None:
        self._totals.outcomes[outcome.outcome] += 1
        with output_errors(self._folder), ExitStack() as stack:
            # All of them are called, even if one cannot finish its file.
            for writer in writers:
                stack.callback(writer.end, outcome)
        self._totals.people.update(outcome.people or {})
        self._on_end(outcome)

    @property
    def _folder(self) -> Path | None:
        return None if self._names is None else self._names.folder


@contextmanager
def output_errors(out: Path | None) -> Iterator[None]:
    """Turn errors of the operating system in this block, which writes results, into `OutputError`.

    Args:
        out: The folder of the results, which the error names; None where they go elsewhere.

    Raises:
        OutputError: A file could not be written.
    """
    try:
        yield
    except OSError as error:
        raise OutputError(out or "results", error.strerror or str(error)) from error
