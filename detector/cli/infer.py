"""`detector infer`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detector.cli.console import errors, progress_bar
from detector.cli.options import detector_options
from detector.cli.runs import output_folder
from detector.errors import UsageError
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from rich.progress import Progress

    from detector.cli.outcomes import OutcomeTable
    from detector.inference.cancellation import Cancellation
    from detector.inference.detector import Detector
    from detector.inference.outputs import Outcome, Totals
    from detector.media.sources import Frame

_INTERRUPTED = 130  # what shells call Ctrl-C
_LARGE = 2  # scaled down by more than this, pictures lose faces of up to 32 px


@detector_options
def infer(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Pictures, folders, globs in quotes, videos, or the number of a camera.",
            show_default=False,
        ),
    ],
    settings: DetectorSettings,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the results. Default: runs/infer, runs/infer-2, ...")
    ] = None,
    track: Annotated[bool, typer.Option("--track", help="Number the faces of a video: one face, one number.")] = False,
    save: Annotated[str, typer.Option(help="Which results to write: images,csv,json or none.")] = "images,csv,json",
) -> None:
    """Find the faces in pictures and videos: annotated copies, a CSV table, COCO JSON, a summary.

    Example: detector infer photos/ clip.mp4 --out results
    """
    saves = _parse_save(save)
    from detector.inference.detector import Detector

    detector = Detector.from_settings(settings)
    with nullcontext() if saves is None else output_folder(out, "infer") as folder:
        totals = _run(detector, sources, folder, saves or (), track, _noted(settings, detector, track))
    if totals.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if totals.outcomes["failed"] or totals.outcomes["damaged"]:
        raise typer.Exit(1)


def _run(
    detector: "Detector",
    sources: list[str],
    folder: Path | None,
    saves: tuple[str, ...],
    track: bool,
    noted: dict[str, Any],
) -> "Totals":
    """Find the faces, and print the outcome of every input."""
    from detector.cli.outcomes import OutcomeTable
    from detector.inference.cancellation import Cancellation
    from detector.inference.run import infer as run
    from detector.inference.run import prepare_output_folder

    if folder is not None:
        prepare_output_folder(folder, sources)
    table = OutcomeTable(detector.names)
    cancellation = Cancellation()
    with _cancelled_by_signals(cancellation), progress_bar() as bar:
        progress = _Progress(bar, table, sources, folder, large=_LARGE * detector.imgsz)
        totals = run(
            detector,
            sources,
            folder,
            save=saves,
            track=track,
            settings=noted,
            cancellation=cancellation,
            on_frame=progress.frame,
            on_end=progress.end,
        )
    table.print(totals, folder, saves)
    if progress.large_frames and detector.tile is None:
        large = "1 frame is" if totals.frames == 1 else f"{progress.large_frames} of {totals.frames} frames are"
        errors.print(
            f"{large} over {_LARGE * detector.imgsz} px long, and scaled down to "
            f"{detector.imgsz}: small faces are lost. --tile auto looks for them, and takes longer.",
            style="yellow",
            soft_wrap=True,
        )
    return totals


def _noted(settings: DetectorSettings, detector: "Detector", track: bool) -> dict[str, Any]:
    """The settings that `summary.json` records."""
    return {
        **asdict(settings),
        "weights": settings.weights or "shipped",
        "network": str(detector.weights),
        "imgsz": detector.imgsz,
        "tile": detector.tile or "off",
        "track": track,
    }


def _parse_save(value: str) -> tuple[str, ...] | None:
    from detector.inference.run import SAVES

    wanted = tuple(part.strip() for part in value.split(","))
    if wanted == ("none",):
        return None
    if unknown := [part for part in wanted if part not in SAVES]:
        raise UsageError("--save", f"{', '.join(map(repr, unknown))}", f"some of {','.join(SAVES)}, or none")
    return wanted


class _Progress:
    """Moves the bar and fills the table."""

    def __init__(
        self, bar: "Progress", table: "OutcomeTable", sources: list[str], out: Path | None, large: int
    ) -> None:
        from detector.media.sources import find_sources

        self._bar, self._table, self._large = bar, table, large
        self.large_frames = 0
        # Counting walks through the folders a second time, so it is left out where no bar is shown.
        self._task = bar.add_task("inputs", total=None if bar.disable else sum(1 for _ in find_sources(sources, out)))

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
