"""`detector infer`."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.console import errors, progress_bar
from detector.cli.options import Backend, Device, Tile, TrustWeights, Weights
from detector.cli.runs import next_run
from detector.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from detector.cli.outcomes import OutcomeTable
    from detector.inference.outputs import Outcome
    from detector.media.sources import Frame

_INTERRUPTED = 130  # what shells call Ctrl-C
_LARGE = 2  # scaled down by more than this, pictures lose faces of up to 32 px


def infer(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Pictures, folders, globs in quotes, videos, or the number of a camera.",
            show_default=False,
        ),
    ],
    weights: Weights = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the results. Default: runs/infer, runs/infer-2, ...")
    ] = None,
    conf: Annotated[float, typer.Option(help="Leave out faces with a score up to this, 0 to 1.")] = 0.25,
    iou: Annotated[float, typer.Option(help="Merge boxes of one class that overlap by more than this, 0 to 1.")] = 0.6,
    imgsz: Annotated[
        int | None, typer.Option(help="Scale pictures to this longer side. Default: what the weights were made for.")
    ] = None,
    agnostic_nms: Annotated[
        bool, typer.Option("--agnostic-nms", help="Merge boxes of different classes too: one face, one label.")
    ] = False,
    max_det: Annotated[int, typer.Option(help="At most this many faces in one picture.")] = 300,
    device: Device = "auto",
    backend: Backend = "auto",
    tile: Tile = "off",
    track: Annotated[bool, typer.Option("--track", help="Number the faces of a video: one face, one number.")] = False,
    gamma: Annotated[
        float | None, typer.Option(help="Brighten (above 1) or darken (below 1) what the network sees, 0.1 to 10.")
    ] = None,
    save: Annotated[str, typer.Option(help="Which results to write: images,csv,json or none.")] = "images,csv,json",
    trust_weights: TrustWeights = False,
) -> None:
    """Find the faces in pictures and videos: annotated copies, a CSV table, COCO JSON, a summary.

    Example: detector infer photos/ clip.mp4 --out results
    """
    saves = _parse_save(save)
    from detector.cli.outcomes import OutcomeTable
    from detector.inference.detector import Detector
    from detector.inference.run import infer as run
    from detector.inference.run import prepare_output_folder

    detector = Detector(
        weights,
        conf=conf,
        iou=iou,
        imgsz=imgsz,
        device=device,
        backend=backend,
        max_det=max_det,
        tile=tile,
        gamma=gamma,
        trust_weights=trust_weights,
        agnostic_nms=agnostic_nms,
    )
    folder = (out or next_run("infer")) if saves is not None else None
    if folder is not None:
        prepare_output_folder(folder, sources)
    table = OutcomeTable(detector.names)
    settings = {
        "weights": weights or "shipped",
        "network": str(detector.weights),
        "conf": conf,
        "iou": iou,
        "agnostic_nms": agnostic_nms,
        "imgsz": detector.imgsz,
        "max_det": max_det,
        "tile": detector.tile or "off",
        "track": track,
        "gamma": gamma,
    }
    with _stop_on_signal() as stop, progress_bar() as bar:
        progress = _Progress(bar, table, sources, folder, large=_LARGE * detector.imgsz)
        totals = run(
            detector,
            sources,
            folder,
            save=saves or (),
            track=track,
            settings=settings,
            stopped=lambda: bool(stop),
            on_frame=progress.frame,
            on_end=progress.end,
        )
    table.print(totals, folder, saves or ())
    if progress.large_frames and detector.tile is None:
        errors.print(
            f"{progress.large_frames} of {totals.frames} frames are over {_LARGE * detector.imgsz} px long and were "
            f"scaled down to {detector.imgsz}: small faces are lost. --tile auto looks for them, and takes longer.",
            style="yellow",
            soft_wrap=True,
        )
    if totals.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if totals.outcomes["failed"]:
        raise typer.Exit(1)


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
        # Counting means a second walk through the folders, for nothing where no bar is shown.
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
def _stop_on_signal() -> Iterator[list[int]]:
    """A list that fills on Ctrl-C or a polite kill, so that files can be finished; a second one ends at once."""
    received: list[int] = []

    def note(number: int, _frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
