"""The run behind `detector infer`: finds the faces in every input, and writes results and an outcome for each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path
from typing import Any

from converters.process_wide import one_opencv_thread
from detector.device import available_cores
from detector.inference.batching import Step
from detector.inference.cancellation import Cancellation, Cancelled
from detector.inference.detector import Detector
from detector.inference.earlier_run import EarlierRun
from detector.inference.open_results import open_results
from detector.inference.ordered_threads import OrderedThreads
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.journal import RunHead
from detector.inference.outputs.kinds import DEFAULT_SAVES
from detector.inference.results import Prepared, Results
from detector.media.sources import Ended, Frame, Source, find_sources


def infer(
    detector: Detector,
    inputs: Sequence[str | Path | int],
    out: Path | None,
    *,
    save: Sequence[str] = DEFAULT_SAVES,
    track: bool = False,
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
        track: Number the faces of videos.
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
        UsageError: `earlier` had other inputs or options.
    """
    cancellation = cancellation or Cancellation()
    totals = Totals()
    totals.faces.update(dict.fromkeys(detector.names, 0))
    asked = RunHead([str(each) for each in inputs], {**(settings or {}), "save": list(save)})
    with ExitStack() as stack:
        results = stack.enter_context(open_results(out, save, asked, totals, detector.names, on_end, earlier, more))
        threads = stack.enter_context(OrderedThreads(cancellation))
        # Several images are drawn at once, so OpenCV's own threads would only compete with each other.
        stack.enter_context(one_opencv_thread())
        sources = _not_done(find_sources(inputs, out, totals.left_out), earlier)
        steps = detector.steps(sources, threads, track=track)
        finished = False
        try:
            for step, prepared in _prepared(steps, threads, results):
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


def _prepared(steps: Iterator[Step], threads: OrderedThreads, results: Results) -> Iterator[tuple[Step, Prepared]]:
    """Every step with what its writers have prepared."""
    if not results.has_pictures:
        return zip(steps, repeat([]))
    return threads.map(lambda step: (step, results.prepare(step)), steps, available_cores(), size=_step_bytes)


def _step_bytes(step: Step) -> int:
    """The memory of a frame and of its copies."""
    return 0 if isinstance(step, Ended) else 2 * step[0].image.nbytes
