"""The run behind `detector infer`: finds the faces in every input, and writes results and an outcome for each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from converters.process_wide import one_opencv_thread
from detector.device import available_cores
from detector.errors import OptionError
from detector.inference.batching import Step
from detector.inference.cancellation import Cancellation, Cancelled
from detector.inference.detector import Detector
from detector.inference.earlier_run import EarlierRun
from detector.inference.open_results import open_results
from detector.inference.ordered_threads import OrderedThreads
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.journal import RunHead
from detector.inference.outputs.kinds import DEFAULT_SAVES
from detector.inference.outputs.names import PEOPLE
from detector.inference.results import Prepared, Results
from detector.inference.shown import EVERYTHING, Shown
from detector.media.sources import Ended, Frame, Source, find_sources
from detector.media.video_part import WHOLE_VIDEO, VideoPart


def infer(
    detector: Detector,
    inputs: Sequence[str | Path | int],
    out: Path | None,
    *,
    save: Sequence[str] = DEFAULT_SAVES,
    track: bool = False,
    recursive: bool = True,
    part: VideoPart = WHOLE_VIDEO,
    shown: Shown = EVERYTHING,
    settings: dict[str, Any] | None = None,
    earlier: EarlierRun | None = None,
    more: Sequence[ResultWriter] = (),
    cancellation: Cancellation | None = None,
    on_frame: Callable[[Frame], None] = lambda frame: None,
    on_end: Callable[[Outcome], None] = lambda outcome: None,
) -> Totals:
    """Find the faces in all inputs and write them down.

    Args:
        detector: What finds them.
        inputs: Files, folders, globs, numbers of cameras.
        out: A folder that `prepare_output_folder` has accepted; None writes nothing.
        save: Any of `SAVES` in `outputs.kinds`; `summary.json` is written always.
        track: Number the faces of videos; "people" in `save` does that too.
        recursive: Search folders to the bottom.
        part: Which frames of videos and cameras are looked at.
        shown: Which faces are in the results, and how they are drawn.
        settings: Written to `summary.json`.
        earlier: A run to go on with: the results of its inputs are kept, the others are looked at.
        more: Writers beside those of `save`.
        cancellation: Ends the run: result files are completed with what was found, other inputs are dropped.
        on_frame: Called with every frame.
        on_end: Called with the outcome of every input.

    Returns:
        The totals.

    Raises:
        OutputError: Results could not be written. Those written before are whole.
        UsageError: `earlier` had other inputs or options, or people are to be followed by some classes only.
    """
    if PEOPLE in save and shown.classes is not None:
        found = f"together with `save` {PEOPLE}"
        raise OptionError("classes", found, "one of the two: people are decided by all classes")
    cancellation = cancellation or Cancellation()
    totals = Totals()
    totals.faces.update(dict.fromkeys(detector.names, 0))
    asked = RunHead([str(each) for each in inputs], {**(settings or {}), "save": list(save)})
    with ExitStack() as stack:
        results = stack.enter_context(
            open_results(out, save, asked, totals, detector.names, on_end, earlier, more, shown.style)
        )
        threads = stack.enter_context(OrderedThreads(cancellation))
        # Several images are drawn at once, so OpenCV's own threads would only compete with each other.
        stack.enter_context(one_opencv_thread())
        sources = _not_done(find_sources(inputs, out, totals.left_out, recursive=recursive, part=part), earlier)
        steps = detector.steps(sources, threads, track=track or PEOPLE in save)
        finished = False
        try:
            for step, prepared in _prepared(steps, threads, results, shown):
                results.take(step, prepared)
                if not isinstance(step, Ended):
                    on_frame(step[0])
                if cancellation.is_cancelled():
                    break
            finished = not cancellation.is_cancelled()
        except Cancelled:
            pass
        finally:
            results.stop(asked=not finished)
    return totals


def _not_done(sources: Iterable[Source | Ended], earlier: EarlierRun | None) -> Iterator[Source | Ended]:
    """The sources without those that the earlier run has read."""
    for source in sources:
        if earlier is None or not earlier.is_done(source.name):
            yield source


def _prepared(
    steps: Iterator[Step], threads: OrderedThreads, results: Results, shown: Shown
) -> Iterator[tuple[Step, Prepared]]:
    """Every step with the faces that are shown, and what its writers have prepared."""

    def prepare(step: Step) -> tuple[Step, Prepared]:
        if isinstance(step, Ended):
            return step, []
        frame, faces = step
        found = faces.only(shown.classes)
        return (frame, found), results.prepare(shown.blurred(frame, faces), found) if results.has_pictures else []

    if not results.has_pictures:
        return map(prepare, steps)
    return threads.map(prepare, steps, available_cores(), size=_step_bytes)


def _step_bytes(step: Step) -> int:
    """The memory of a frame and of its copies."""
    return 0 if isinstance(step, Ended) else 2 * step[0].image.nbytes
