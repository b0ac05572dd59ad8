"""`detector infer`."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detector.cli.infer_run import Request, run
from detector.cli.options import detector_options
from detector.cli.runs import latest_run, output_folder
from detector.errors import OptionError, UsageError
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector

_INTERRUPTED = 130  # what shells call Ctrl-C


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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier run in --out; other files there stay.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped: the one in --out, or the last one.")
    ] = False,
    track: Annotated[bool, typer.Option("--track", help="Number the faces of a video: one face, one number.")] = False,
    save: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            help="Which results to write, with commas: images, csv, json, jsonl, labels (YOLO), crops; or none.",
        ),
    ] = "images,csv,json",
    jsonl: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-", help="Write one line of JSON for every picture or frame here too; -: to standard output."
        ),
    ] = None,
) -> None:
    """Find the faces in pictures and videos: annotated copies, a CSV table, COCO JSON, a summary.

    Example: detector infer photos/ clip.mp4 --out results
    """
    saves = _parse_save(save)
    _check_folder_options(out, saves, overwrite=overwrite, resume=resume)
    from detector.inference.detector import Detector

    detector = Detector.from_settings(settings)
    if resume and out is None:
        out = latest_run("infer")
    with nullcontext() if saves is None else output_folder(out, "infer") as folder:
        request = Request(
            inputs=sources,
            folder=folder,
            existing="resume" if resume else "overwrite" if overwrite else "refuse",
            saves=saves or (),
            jsonl=jsonl,
            track=track,
            noted=_noted(settings, detector, track),
        )
        totals = run(detector, request)
    if totals.interrupted:
        raise typer.Exit(_INTERRUPTED)
    if totals.outcomes["failed"] or totals.outcomes["damaged"]:
        raise typer.Exit(1)


def _check_folder_options(out: Path | None, saves: tuple[str, ...] | None, *, overwrite: bool, resume: bool) -> None:
    if overwrite and resume:
        raise OptionError("overwrite", "together with `resume`", "one of the two")
    if saves is None and (overwrite or resume):
        raise OptionError("overwrite" if overwrite else "resume", "together with `save` none", "results to write")
    if overwrite and out is None:
        raise OptionError("overwrite", "no `out`", "`out` with the folder whose results are replaced")


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
    from detector.inference.outputs.kinds import SAVES

    wanted = tuple(part.strip() for part in value.split(","))
    if wanted == ("none",):
        return None
    if unknown := [part for part in wanted if part not in SAVES]:
        raise UsageError("--save", f"{', '.join(map(repr, unknown))}", f"some of {','.join(SAVES)}, or none")
    return wanted
