"""`detector infer`."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from detector.cli.infer_cluster import (
    BatchSize,
    Concurrency,
    NumGpus,
    Ray,
    RayAddress,
    RayOptions,
    infer_on_cluster,
    refuse_with_ray,
)
from detector.cli.infer_options import check_folder_options, collect_inputs, parse_classes, parse_save
from detector.cli.infer_run import Request, run
from detector.cli.options import detector_options
from detector.cli.runs import latest_run, output_folder
from detector.errors import OptionError
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector
    from detector.inference.output_folder import Existing
    from detector.inference.outputs import Totals
    from detector.media.video_part import VideoPart

_INTERRUPTED = 130  # what shells call Ctrl-C
_DEFAULT_SAVE = "images,csv,json"


@detector_options
def infer(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Pictures, folders, globs in quotes, videos, or the number of a camera; with --ray also addresses of "
            "object stores (s3://bucket/prefix), and Parquet or CSV files with a column of paths.",
            show_default=False,
        ),
    ] = None,
    *,
    settings: DetectorSettings,
    inputs_from: Annotated[
        str | None,
        typer.Option(metavar="FILE|-", help="Read inputs from this file too, one a line, relative to its folder."),
    ] = None,
    recursive: Annotated[bool, typer.Option("--recursive/--no-recursive", help="Search folders to the bottom.")] = True,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="PATH", help="Folder for the results. Default: runs/infer, runs/infer-2, ..."
        ),
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier run in --out; other files there stay.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped: the one in --out, or the last one.")
    ] = False,
    every: Annotated[int, typer.Option(metavar="N", help="Of videos, look at every Nth frame.")] = 1,
    fps: Annotated[
        float | None,
        typer.Option(metavar="RATE", help="Of videos, look at so many frames a second at most, in place of --every."),
    ] = None,
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Begin videos here: 90, 1:30 or 00:01:30.")
    ] = "0",
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Stop before this time of videos. Default: their end.")
    ] = None,
    track: Annotated[bool, typer.Option("--track", help="Number the faces of a video: one face, one number.")] = False,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Only faces of these classes, with commas, in tables and drawings. Default: all.",
        ),
    ] = None,
    save: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            help="Which to write, with commas: images, csv, json, jsonl, labels (YOLO), crops, people; or none.",
        ),
    ] = _DEFAULT_SAVE,
    jsonl: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-", help="Write one line of JSON for every picture or frame here too; -: to standard output."
        ),
    ] = None,
    blur: Annotated[
        str,
        typer.Option(metavar="faces|bare|none", help="Blur all faces, or those that are not with_mask, in copies."),
    ] = "none",
    hide_labels: Annotated[bool, typer.Option("--hide-labels", help="Draw boxes without labels.")] = False,
    hide_scores: Annotated[bool, typer.Option("--hide-scores", help="Draw labels without scores.")] = False,
    line_width: Annotated[
        int | None, typer.Option(metavar="PIXELS", help="Width of drawn boxes. Default: by the size of the face.")
    ] = None,
    ray: Ray = False,
    ray_address: RayAddress = None,
    concurrency: Concurrency = None,
    num_gpus: NumGpus = None,
    batch_size: BatchSize = None,
) -> None:
    """Find the faces in pictures and videos: annotated copies, a CSV table, COCO JSON, a summary.

    Example: detector infer photos/ clip.mp4 --out results
    """
    inputs = collect_inputs(sources, inputs_from)
    saves = parse_save(save)
    track = track or "people" in (saves or ())
    check_folder_options(out, saves, overwrite=overwrite, resume=resume)
    existing: Existing = "resume" if resume else "overwrite" if overwrite else "refuse"
    options = RayOptions(
        ray_address=ray_address, concurrency=concurrency, num_gpus=num_gpus, batch_size=batch_size, track=track
    )
    if ray:
        refuse_with_ray(
            save=save != _DEFAULT_SAVE,
            jsonl=jsonl,
            classes=classes,
            blur=blur != "none",
            hide_labels=hide_labels,
            hide_scores=hide_scores,
            line_width=line_width,
            recursive=not recursive,
            every=every != 1,
            fps=fps,
            start=start != "0",
            end=end,
        )
        _exit(infer_on_cluster(inputs, settings, out, existing, options))
    options.check_unused()
    from detector.inference.shown import Shown
    from detector.media.drawing import DrawStyle

    part = _video_part(every, fps, start, end)
    style = DrawStyle(hide_labels=hide_labels, hide_scores=hide_scores, line_width=line_width)
    shown = Shown(blur=blur, style=style)  # checked before the network is loaded
    detector = _detector(settings, inputs)
    shown = replace(shown, classes=parse_classes(classes, detector.names, saves or ()))
    with nullcontext() if saves is None else output_folder(_folder(out, resume), "infer") as folder:
        request = Request(
            inputs=inputs,
            folder=folder,
            existing=existing,
            saves=saves or (),
            jsonl=jsonl,
            track=track,
            recursive=recursive,
            part=part,
            shown=shown,
            settings=settings,
        )
        totals = run(detector, request)
    _exit(totals)


def _exit(totals: "Totals") -> NoReturn:
    if totals.interrupted:
        raise typer.Exit(_INTERRUPTED)
    raise typer.Exit(1 if totals.outcomes["failed"] or totals.outcomes["damaged"] else 0)


def _detector(settings: DetectorSettings, inputs: list[str]) -> "Detector":
    from detector.inference.detector import Detector
    from detector.media.addresses import camera_number

    detector = Detector.from_settings(settings)
    if any(camera_number(each) is None for each in inputs):  # cameras do without
        detector.prepare_for_many()
    return detector


def _video_part(every: int, fps: float | None, start: str, end: str | None) -> "VideoPart":
    from detector.media.video_part import VideoPart, parse_time

    return VideoPart(
        every=every, fps=fps, start=parse_time(start, "start"), end=None if end is None else parse_time(end, "end")
    )


def _folder(out: str | None, resume: bool) -> Path | None:
    """The folder on this machine that `--out` names, or that of the last run, to go on with; None: a new one.

    Raises:
        UsageError: It is the address of a store, or there is no last run.
    """
    if out is None:
        return latest_run("infer") if resume else None
    if "://" in out:
        raise OptionError("out", f"the address {out}", "a folder, or `ray` with it")
    return Path(out)
