"""Opens the files of a run. If it goes on with an earlier one, that one's results are written again first."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from detector.inference.earlier_run import EarlierRun
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.journal import Journal, RunHead
from detector.inference.outputs.kinds import files_of, open_writers, reserved_names
from detector.inference.outputs.names import OutputNames
from detector.inference.outputs.summary import SummaryWriter
from detector.inference.results import Results, output_errors
from detector.inference.shown import EVERYTHING
from detector.media.drawing import DrawStyle
from detector.media.sources import SUMMARY_FILE


@contextmanager
def open_results(
    out: Path | None,
    save: Sequence[str],
    head: RunHead,
    totals: Totals,
    class_names: tuple[str, ...],
    on_end: Callable[[Outcome], None],
    earlier: EarlierRun | None = None,
    more: Sequence[ResultWriter] = (),
    style: DrawStyle = EVERYTHING.style,
) -> Iterator[Results]:
    """Open the files of a run, and finish them at its end.

    Args:
        out: The output folder; None: nothing is written.
        save: The kinds of results.
        head: What the run was asked for.
        totals: The counts of the run.
        class_names: Class names by class id.
        on_end: Called with the outcome of every input.
        earlier: The run to go on with.
        more: Writers beside those; they are closed too.
        style: How faces are drawn.

    Yields:
        What takes the results.

    Raises:
        OutputError: A file cannot be written.
        UsageError: The earlier run was asked for something else.
    """
    with ExitStack() as stack:
        for writer in more:
            stack.callback(writer.close)
        if out is None:
            yield Results(more, None, totals, class_names, on_end)
            return
        if earlier is not None:
            stack.callback(earlier.close)
            earlier.check_same(head)
            earlier.remove_unfinished()
        with output_errors(out):
            journal = Journal(out, head, totals)
            stack.callback(journal.close)
            names = OutputNames(out, reserved_names(), journal.note_file)
            summary = SummaryWriter(out / SUMMARY_FILE, head.settings, totals, files_of(save))
            stack.callback(summary.close)
            writers: list[ResultWriter] = [summary, journal]
            for writer in open_writers(save, class_names, names, style):
                writers.append(writer)
                stack.callback(writer.close)
        results = Results([*writers, *more], names, totals, class_names, on_end)
        if earlier is not None:
            for event in earlier.replay(class_names):
                results.repeat(event)
        with output_errors(out):
            journal.begin()
        yield results
