"""The run behind `detector infer`: finds the faces in every input, and writes results and an outcome for each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

from converters.plurals import quantity
from converters.process_wide import one_opencv_thread
from detector.device import available_cores
from detector.errors import DamagedVideoError, OutputError, UsageError
from detector.files import make_folder
from detector.inference.batching import Step
from detector.inference.cancellation import Cancellation, Cancelled
from detector.inference.detector import Detector
from detector.inference.ordered_threads import OrderedThreads
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.images import Copy, ImageWriter, render
from detector.inference.outputs.summary import SummaryWriter
from detector.inference.outputs.tables import CocoWriter, CsvWriter
from detector.media.sources import OUTPUT_MARKER, Ended, Frame, find_sources, is_output

SAVES = ("images", "csv", "json")
_CSV, _JSON = "detections.csv", "detections.json"


def prepare_output_folder(out: Path, inputs: Iterable[str | Path | int]) -> None:
    """Make the output folder, so that a folder that cannot be used is known before anything is computed.

    Args:
        out: A folder that is new, empty, or holds the results of a former run, which are replaced one by one.
        inputs: The inputs of the run; none of them may lie in it.

    Raises:
        UsageError: It holds other files, holds an input, or cannot be written to.
    """
    make_folder(out)
    if any(out.iterdir()) and not is_output(out):
        raise UsageError(out, "a folder with other files in it", "a new or empty folder for the results")
    for given in inputs:
        if not str(given).isdecimal() and Path(str(given)).resolve().is_relative_to(out.resolve()):
            raise UsageError(str(given), f"inside the output folder {out}", "an output folder apart from the input")


def infer(
    detector: Detector,
    inputs: Sequence[str | Path | int],
    out: Path | None,
    *,
    save: Sequence[str] = SAVES,
    track: bool = False,
    settings: dict[str, Any] | None = None,
    cancellation: Cancellation | None = None,
    on_frame: Callable[[Frame], None] = lambda frame: None,
    on_end: Callable[[Outcome], None] = lambda outcome: None,
) -> Totals:
    """Find the faces in all inputs and write them down.

    Args:
        detector: What finds them.
        inputs: Files, folders, globs, numbers of cameras.
        out: A folder that `prepare_output_folder` has accepted; None writes nothing.
        save: Any of "images", "csv", "json"; `summary.json` is written always.
        track: Number the faces of videos.
        settings: Written to `summary.json`.
        cancellation: Ends the run: result files are completed with what was found, other inputs are dropped.
        on_frame: Called with every frame.
        on_end: Called with the outcome of every input.

    Returns:
        The totals.

    Raises:
        OutputError: Results could not be written. Those written before are whole.
    """
    cancellation = cancellation or Cancellation()
    totals = Totals()
    totals.faces.update(dict.fromkeys(detector.names, 0))
    with ExitStack() as stack:
        writers: list[ResultWriter] = []
        if out is not None:
            with _output_errors(out):
                for writer in _open_writers(out, save, detector.names, settings or {}, totals):
                    writers.append(writer)
                    stack.callback(writer.close)
        run = _Run(writers, out, totals, detector.names, on_end)
        threads = stack.enter_context(OrderedThreads(cancellation))
        # Several images are drawn at once, so OpenCV's own threads would only compete with each other.
        stack.enter_context(one_opencv_thread())
        steps = detector.steps(find_sources(inputs, out, totals.left_out), threads, track=track)
        try:
            for step, copy in _with_copies(steps, threads, drawn=out is not None and "images" in save):
                run.take(step, copy)
                if not isinstance(step, Ended):
                    on_frame(step[0])
                if cancellation.is_cancelled():
                    break
        except Cancelled:
            pass
        finally:
            run.stop(cancellation.is_cancelled())
    return totals


def _with_copies(steps: Iterator[Step], threads: OrderedThreads, *, drawn: bool) -> Iterator[tuple[Step, Copy | None]]:
    """Every step with its annotated copy; None where there is none."""
    if not drawn:
        return zip(steps, repeat(None))
    return threads.map(_draw, steps, available_cores(), size=_step_bytes)


def _draw(step: Step) -> tuple[Step, Copy | None]:
    return step, None if isinstance(step, Ended) else render(*step)


def _step_bytes(step: Step) -> int:
    """The memory of a frame and of its annotated copy."""
    return 0 if isinstance(step, Ended) else 2 * step[0].image.nbytes


@contextmanager
def _output_errors(out: Path | None) -> Iterator[None]:
    """Errors of the operating system while results are written are `OutputError`."""
    try:
        yield
    except OSError as error:
        raise OutputError(out or "results", error.strerror or str(error)) from error


def _open_writers(
    out: Path, save: Sequence[str], names: tuple[str, ...], settings: dict[str, Any], totals: Totals
) -> Iterable[ResultWriter]:
    yield SummaryWriter(out / OUTPUT_MARKER, settings, totals)
    if "csv" in save:
        yield CsvWriter(out / _CSV)
    if "json" in save:
        yield CocoWriter(out / _JSON, names)
    if "images" in save:
        yield ImageWriter(out, reserved=(OUTPUT_MARKER, _CSV, _JSON))


class _Run:
    """Keeps the outcome of the input at hand, and gives the writers what they write."""

    def __init__(
        self,
        writers: list[ResultWriter],
        out: Path | None,
        totals: Totals,
        names: tuple[str, ...],
        on_end: Callable[[Outcome], None],
    ) -> None:
        self._writers = writers
        self._out = out
        self._totals = totals
        self._names = names
        self._on_end = on_end
        self._current: Outcome | None = None

    def take(self, step: Step, copy: Copy | None) -> None:
        if isinstance(step, Ended):
            outcome = self._current or self._new(step.name)
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
        self._totals.frames += 1
        self._totals.faces.update(faces.counts())
        with _output_errors(self._out):
            for writer in self._writers:
                if isinstance(writer, ImageWriter):
                    writer.write(frame, faces, copy)
                else:
                    writer.write(frame, faces)

    def stop(self, asked: bool) -> None:
        """End the input at hand. A camera has no other end, so for a camera that is no interruption."""
        if self._current is None:
            self._totals.interrupted = asked
            return
        if self._current.kind != "camera":
            self._totals.interrupted = True
            self._current.outcome = "interrupted"
            self._current.reason = f"stopped after {quantity(self._current.frames, 'frame')}"
        self._end(self._current)

    def _new(self, name: str) -> Outcome:
        return Outcome(name, faces=dict.fromkeys(self._names, 0))

    def _end(self, outcome: Outcome) -> None:
        self._current = None
        self._totals.outcomes[outcome.outcome] += 1
        with _output_errors(self._out), ExitStack() as stack:
            # From the last opened to the first, which is the summary: it needs the name of the copy. All of them are
            # called, even if the copy cannot be finished.
            for writer in self._writers:
                stack.callback(writer.end, outcome)
        self._on_end(outcome)
