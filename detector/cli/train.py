"""`detector train`."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converters.plurals import quantity
from detector.cli.console import console, errors
from detector.cli.options import TrustWeights
from detector.cli.runs import latest_run, output_folder
from detector.cli.train_progress import shown_progress
from detector.cli.train_studies import run_study
from detector.errors import OptionError

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.training.result import TrainingResult

_WHY = "ultralytics interpolates precision and gives a box several labels; the tables count its likeliest label only"


def train(
    data: Annotated[
        list[Path] | None, typer.Argument(metavar="DATA.yaml..", help="Datasets with the same classes.")
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            "-w",
            help="Start from a .pt file, the name of an ultralytics release (yolov8n.pt) or a model .yaml. "
            "Default: the shipped weights.",
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the training pictures. Default: 30.")] = None,
    imgsz: Annotated[int | None, typer.Option(min=32, help="Longer side of the network's input. Default: 640.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Pictures per step. Default: 16.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, mps, cuda, or CUDA indices such as 0 or 0,1.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Output folder. Default: runs/train, runs/train-2, ...")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the interrupted training in --out.")] = False,
    repeat_rare: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Repeat pictures with classes found in less than this share of the pictures; 0: none. Default: 0.5.",
        ),
    ] = None,
    synthetic: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.9,
            help="Share of synthetic pictures, made from the training pictures: masks put on, taken off, or pulled "
            "below the nose. Needs --yunet. Default: 0.",
        ),
    ] = None,
    yunet: Annotated[
        Path | None,
        typer.Option(help="OpenCV's face detector (face_detection_yunet_2023mar.onnx), which --synthetic needs."),
    ] = None,
    close_ups: Annotated[
        float | None,
        typer.Option(min=0, max=0.9, help="Share of images replaced by a crop around a face. Default: 0."),
    ] = None,
    collages: Annotated[
        float | None,
        typer.Option(min=0, max=0.9, help="Share replaced by a collage of --thumbnails. Default: 0."),
    ] = None,
    thumbnails: Annotated[
        list[Path] | None,
        typer.Option(metavar="DATA.yaml", help="A dataset of small images, for --collages; may be repeated."),
    ] = None,
    degrade: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Share of images made grey, dark, bright, off-colour, blurred, noisy or blocky. Default: 0.",
        ),
    ] = None,
    roll: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of images turned by up to 30 degrees. Default: 0.")
    ] = None,
    label_corrections: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Faces to add to the labels of the training pictures, labels to change, regions to ignore.",
        ),
    ] = None,
    freeze: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="First layers of the network to keep as they are, such as 10 for the backbone. Default: 0.",
        ),
    ] = None,
    folds: Annotated[
        int | None,
        typer.Option(min=2, max=20, help="Cross-validation: train so often, each time measured on another fold."),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="Train on 25, 50 and 100 % of the pictures: would more of them help?")
    ] = False,
    logger: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Also report to tensorboard, mlflow or wandb, may be repeated."),
    ] = None,
    max_left_out: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Stop if more than this share of the pictures cannot be used. Default: 0.1."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check pictures and labels as before a training, and train nothing.")
    ] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any ultralytics training setting.")
    ] = None,
    trust_weights: TrustWeights = False,
) -> None:
    """Fine-tune YOLOv8 on one or several datasets.

    Example: detector train dataset/data.yaml --epochs 50 --out runs/masks
    """
    from detector.augmentation.settings import Augmentation
    from detector.training import pictures
    from detector.training import run as training
    from detector.training.settings import read_settings

    own = _given(
        epochs=epochs,
        imgsz=imgsz,
        batch=batch,
        weights=weights,
        repeat=repeat_rare,
        synthetic=synthetic,
        yunet=yunet,
        label_corrections=label_corrections,
        thumbnails=thumbnails or None,
    )
    shares = _given(close_ups=close_ups, collages=collages, degrade=degrade, roll=roll)
    if shares:
        own["augmentation"] = Augmentation(**shares)
    changed = (settings or []) + ([] if freeze is None else [f"freeze={freeze}"])
    limit = _given(max_left_out=max_left_out)
    _check_apart(resume, check, folds, curve)
    if check:
        known = {name: own[name] for name in ("augmentation", "thumbnails", "label_corrections") if name in own}
        _check(partial(pictures.check, data or [], **known, **limit))
        return
    if not resume:
        options = {**own, **limit, "settings": read_settings(changed), "trust_weights": trust_weights}
        options["loggers"] = logger or []
    elif fixed := _options_of(own, shares, changed):
        more = "a new training from its result: detector train DATA.yaml --weights OUT/best.pt --epochs N"
        raise OptionError("resume", f"given together with {', '.join(fixed)}", f"its first settings, or {more}")
    with output_folder(out or (latest_run("train") if resume else None), "train") as folder:
        if resume:
            _run(partial(training.resume, data=data, loggers=logger or [], **limit), folder, device)
        elif folds or curve:
            run_study(data or [], folder, folds, {**options, "device": device})
        else:
            _run(partial(training.train, data or [], **options), folder, device)


def _given(**options: Any) -> dict[str, Any]:
    """The options that the user gave."""
    return {name: value for name, value in options.items() if value is not None}


def _check_apart(resume: bool, check: bool, folds: int | None, curve: bool) -> None:
    given = _given(resume=resume or None, check=check or None, folds=folds, curve=curve or None)
    if len(given) > 1:
        first, *others = given
        expected = "one of them"
        if resume and not check:
            expected = "the same command without `resume`: it goes on where it was cut off"
        raise OptionError(first, f"given together with {', '.join(f'`{name}`' for name in others)}", expected)


def _options_of(own: dict[str, Any], shares: dict[str, float], settings: list[str]) -> list[str]:
    """The options that were given, as parameters in backticks."""
    names = {"repeat_rare" if name == "repeat" else name for name in own if name != "augmentation"} | shares.keys()
    return [f"`{name}`" for name in sorted(names) + (["settings"] if settings else [])]


def _check(start: "Callable[..., list[Problem]]") -> None:
    """Check pictures and labels, and print what is found."""
    try:
        with shown_progress(None) as progress:
            left_out = start(progress=progress)
    except KeyboardInterrupt:
        errors.print("Interrupted.")
        sys.exit(130)
    console.print("Nothing was trained (--check).")
    if left_out:
        raise typer.Exit(1)


def _run(start: "Callable[..., TrainingResult]", out: Path, device: str) -> None:
    """Train, and print how it goes."""
    try:
        with shown_progress(out) as progress:
            result = start(out=out, device=device, progress=progress)
    except KeyboardInterrupt:
        if (out / "run" / "weights" / "last.pt").is_file():
            errors.print(f"Interrupted. Continue with: detector train --resume --out {out}", markup=False)
        else:
            errors.print("Interrupted before the first epoch was finished: nothing to resume, start again.")
        sys.exit(130)
    _summarise(result, out)


def _summarise(result: "TrainingResult", out: Path) -> None:
    from detector.cli.metrics_tables import print_metrics

    print_metrics(result.metrics)
    if result.left_out:
        pictures = quantity(len(result.left_out), "picture was", "pictures were")
        errors.print(f"{pictures} left out, as listed before the first epoch.", style="yellow")
    if result.seen:
        errors.print(
            f"{quantity(len(result.seen), 'validation picture was', 'validation pictures were')} trained on too: "
            "on new pictures the figures will be lower.",
            style="yellow",
        )
    if result.epoch is not None:
        console.print(f"Best epoch: {result.epoch}, by mAP50-95.", soft_wrap=True)
        line = f"The mAP50 of {result.map50:.3f} in its line can differ from that of the tables"
        console.print(f"{line}: {_WHY}.", soft_wrap=True)
    console.print(f"Best weights: {result.best}", markup=False)
    console.print(f"Curves and evaluation on the validation pictures: {out}", markup=False)
    if result.left_out:
        raise typer.Exit(1)
