"""What `detector infer` does with a terminal: the progress, the signals, the outcome of every input."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.cli.console import console, errors, progress_bar
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from rich.progress import Progress

    from detector.cli.outcomes import OutcomeTable
    from detector.inference.cancellation import Cancellation
    from detector.inference.detector import Detector
    from detector.inference.output_folder import Existing
    from detector.inference.outputs import Outcome, ResultWriter, Totals
    from detector.inference.shown import Shown
    from detector.media.sources import Frame
    from detector.media.video_part import VideoPart

_STANDARD_OUTPUT = "-"
_LARGE = 2  # scaled down by more than this, pictures lose faces of up to 32 px


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the command line asks for.

    Attributes:
        inputs: As given.
        folder: Where the results go; None: nowhere.
        existing: What becomes of an earlier run there.
        saves: The kinds of results.
        jsonl: Where lines of JSON go beside that: a path, or - for standard output.
        track: Number the faces of videos.
        recursive: Search folders to the bottom.
        part: Which frames of videos are looked at.
        shown: Which faces are in the results, and how they are drawn.
        settings: The options of the detector, as given.
    """

    inputs: list[str]
    folder: Path | None
    existing: "Existing"
    saves: tuple[str, ...]
    jsonl: str | None
    track: bool
    recursive: bool
    part: "VideoPart"
    shown: "Shown"
    settings: DetectorSettings

    def recorded(self, detector: "Detector") -> dict[str, Any]:
        """What `summary.json` records of the options; of the detector's, what they stand for."""
        classes = None if self.shown.classes is None else [detector.names[i] for i in self.shown.classes]
        return {
            **asdict(self.settings),
            "weights": self.settings.weights or "shipped",
            "network": str(detector.weights),
            "imgsz": detector.imgsz,
            "tile": detector.tile or "off",
            "track": self.track,
            "recursive": self.recursive,
            **asdict(self.part),
            "classes": classes,
            "blur": self.shown.blur,
            **asdict(self.shown.style),
        }


def run(detector: "Detector", request: Request) -> "Totals":
    """Find the faces, and print the outcome of every input."""
    from detector.cli.outcomes import OutcomeTable
    from detector.inference.cancellation import Cancellation
    from detector.inference.output_folder import prepare_output_folder
    from detector.inference.run import infer

    folder = request.folder
    earlier = None if folder is None else prepare_output_folder(folder, request.inputs, request.existing)
    classes = request.shown.classes
    names = tuple(name for i, name in enumerate(detector.names) if classes is None or i in classes)
    table = OutcomeTable(names, errors if request.jsonl == _STANDARD_OUTPUT else console)
    cancellation = Cancellation()
    with _cancelled_by_signals(cancellation), progress_bar() as bar:
        progress = _Progress(bar, table, request, large=_LARGE * detector.imgsz)
        totals = infer(
            detector,
            request.inputs,
            folder,
            save=request.saves,
            track=request.track,
            recursive=request.recursive,
            part=request.part,
            shown=request.shown,
            settings=request.recorded(detector),
            earlier=earlier,
            more=_line_writers(request.jsonl, cancellation),
            cancellation=cancellation,
            on_frame=progress.frame,
            on_end=progress.end,
        )
    table.print(totals, folder, request.saves)
    if progress.large_frames and detector.tile is None:
        _advise_tiles(progress.large_frames, totals, detector.imgsz)
    return totals


def _line_writers(jsonl: str | None, cancellation: "Cancellation") -> list["ResultWriter"]:
    """The writer of `--jsonl`. A pipe that its reader has closed ends the run."""
    from detector.inference.outputs.json_lines import JsonLinesStream, JsonLinesWriter

    def check_reader() -> None:
        if getattr(sys.stdout, "error", None) is not None:
            cancellation.cancel()

    if jsonl == _STANDARD_OUTPUT:
        return [JsonLinesStream(sys.stdout, check_reader)]
    return [] if jsonl is None else [JsonLinesWriter(Path(jsonl))]


def _advise_tiles(large_frames: int, totals: "Totals", imgsz: int) -> None:
    large = "1 frame is" if totals.frames == 1 else f"{large_frames} of {totals.frames} frames are"
    errors.print(
        f"{large} over {_LARGE * imgsz} px long, and scaled down to {imgsz}: small faces are lost. "
        "--tile auto looks for them, and takes longer.",
        style="yellow",
        soft_wrap=True,
    )


class _Progress:
    """Moves the bar and fills the table."""

    def __init__(self, bar: "Progress", table: "OutcomeTable", request: Request, large: int) -> None:
        from detector.media.sources import find_sources

        self._bar, self._table, self._large = bar, table, large
        self.large_frames = 0
        # Counting walks through the folders a second time, so it is left out where no bar is shown.
        total = (
            None
            if bar.disable
            else sum(1 for _ in find_sources(request.inputs, request.folder, recursive=request.recursive))
        )
        self._task = bar.add_task("inputs", total=total)

    def frame(self, frame: "Frame") -> None:
        self.large_frames += max(frame.image.shape[:2]) > self._large
        if frame.timing is not None:
            of = f"/{frame.timing.frames}" if frame.timing.frames else ""
            self._bar.update(self._task, description=f"frame {frame.index + 1}{of}")

    def end(self, outcome: "Outcome") -> None:
        self._bar.update(self._task, advance=1, description="inputs")
        self._table.add(outcome)


@contextmanager
def _cancelled_by_signals(cancellation: "Cancellation") -> Iterator[None]:
    """Cancel the run on Ctrl-C or SIGTERM, so that files can be finished; end at once on a second one."""

    def cancel(_number: int, _frame: object) -> None:
        if cancellation.is_cancelled():
            raise KeyboardInterrupt
        cancellation.cancel()

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
