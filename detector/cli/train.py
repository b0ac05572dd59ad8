"""`detector train`."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress as ProgressBar

from converters.plurals import quantity
from detector.cli.console import console, errors, progress_bar
from detector.cli.options import TrustWeights
from detector.cli.runs import latest_run, output_folder
from detector.errors import OptionError

if TYPE_CHECKING:
    from converters.annotation import AnnotatedImage
    from converters.problems import Problem
    from detector.training.progress import Epoch
    from detector.training.result import TrainingResult

_LISTED = 20  # pictures that cannot be used
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

    own: dict[str, Any] = {
        "epochs": epochs,
        "imgsz": imgsz,
        "batch": batch,
        "weights": weights,
        "repeat": repeat_rare,
        "synthetic": synthetic,
        "yunet": yunet,
        "label_corrections": label_corrections,
    }
    own = {name: value for name, value in own.items() if value is not None}
    shares = {"close_ups": close_ups, "collages": collages, "degrade": degrade, "roll": roll}
    given = {name: value for name, value in shares.items() if value is not None}
    if given:
        own["augmentation"] = Augmentation(**given)
    if thumbnails:
        own["thumbnails"] = thumbnails
    limit: dict[str, Any] = {} if max_left_out is None else {"max_left_out": max_left_out}
    if check:
        known = {name: own[name] for name in ("augmentation", "thumbnails", "label_corrections") if name in own}
        _check(partial(pictures.check, data or [], **known, **limit), resume)
        return
    if not resume:
        read = read_settings(settings or [])
        start = partial(training.train, data or [], settings=read, trust_weights=trust_weights, **own, **limit)
    elif fixed := _options_of(own, given, settings or []):
        more = "a new training from its result: detector train DATA.yaml --weights OUT/best.pt --epochs N"
        raise OptionError("resume", f"given together with {', '.join(fixed)}", f"its first settings, or {more}")
    else:
        start = partial(training.resume, data=data, **limit)
    with output_folder(out or (latest_run("train") if resume else None), "train") as folder:
        _run(start, folder, device)


def _options_of(own: dict[str, Any], shares: dict[str, float], settings: list[str]) -> list[str]:
    """The options that were given, as parameters in backticks."""
    names = {"repeat_rare" if name == "repeat" else name for name in own if name != "augmentation"} | shares.keys()
    return [f"`{name}`" for name in sorted(names) + (["settings"] if settings else [])]


def _check(start: "Callable[..., list[Problem]]", resume: bool) -> None:
    """Check pictures and labels, and print what is found."""
    from detector.training.progress import Progress

    if resume:
        raise OptionError("check", "given together with `resume`", "one of them")
    try:
        with progress_bar() as bar:
            left_out = start(progress=_progress(Progress, bar, None))
    except KeyboardInterrupt:
        errors.print("Interrupted.")
        sys.exit(130)
    console.print("Nothing was trained (--check).")
    if left_out:
        raise typer.Exit(1)


def _run(start: "Callable[..., TrainingResult]", out: Path, device: str) -> None:
    """Train, and print how it goes."""
    from detector.training.progress import Progress

    try:
        with progress_bar() as bar:
            result = start(out=out, device=device, progress=_progress(Progress, bar, out))
    except KeyboardInterrupt:
        if (out / "run" / "weights" / "last.pt").is_file():
            errors.print(f"Interrupted. Continue with: detector train --resume --out {out}", markup=False)
        else:
            errors.print("Interrupted before the first epoch was finished: nothing to resume, start again.")
        sys.exit(130)
    _summarise(result, out)


def _progress(progress: Any, bar: ProgressBar, out: Path | None) -> Any:
    """Make the functions that print a line for each epoch and move the bar within it."""
    task = bar.add_task("epoch 1", total=None)
    from detector.training.data import reasons

    done: list[float] = []
    left_out: dict[str, str] = {}
    synthetic = ((out or Path()) / "synthetic").resolve()

    def on_decoded(number: int, total: int) -> None:
        bar.update(task, description="checking pictures", completed=number, total=total)

    def on_left_out(purpose: str, problems: "list[Problem]", total: int) -> None:
        left_out[purpose] = f" of {total}: {len(problems)} left out ({reasons(problems)})"
        _list_left_out(purpose, problems, total)

    def on_synthetic(number: int, total: int) -> None:
        bar.update(task, description="synthetic pictures", completed=number, total=total)

    def on_data(images: "dict[str, list[AnnotatedImage]]") -> None:
        for split, purpose in (("train", "Training"), ("val", "Validating")):
            pictures = {image.path: image for image in images[split]}
            real = [image for path, image in pictures.items() if not path.is_relative_to(synthetic)]
            made = [image for path, image in pictures.items() if path.is_relative_to(synthetic)]
            repeats = len(images[split]) - len(pictures)
            parts = [_count(real, "picture")]
            parts += [f"{quantity(repeats, 'repeat')} of those with rare classes"] if repeats else []
            parts += [f"{_count(made, 'synthetic one')} ({synthetic / 'sheet.jpg'} shows some)"] if made else []
            text = f"{purpose} on {', and '.join(parts)}{left_out.get(split, '')}."
            console.print(text, markup=False, soft_wrap=True)
            if unlabelled := [image for image in pictures.values() if not image.annotation.is_file()]:
                text = f"{len(unlabelled)} of them have no label file, such as {unlabelled[0].annotation}, "
                errors.print(text + "and count as background.", style="yellow", markup=False, soft_wrap=True)

    def on_start(batches: int) -> None:
        bar.reset(task, total=batches, description=f"epoch {len(done) + 1}")

    def on_epoch(epoch: "Epoch") -> None:
        done.append(epoch.seconds)
        left = sum(done) / len(done) * (epoch.total - epoch.number)
        losses = "  ".join(f"{name} {value:.3f}" for name, value in epoch.losses.items())
        console.print(
            f"epoch {epoch.number}/{epoch.total}  loss: {losses}  val mAP50 {epoch.map50:.3f}  "
            f"mAP50-95 {epoch.map50_95:.3f}  took {_minutes(epoch.seconds)}, {_minutes(left)} left",
            soft_wrap=True,
        )
        bar.update(task, description=f"epoch {epoch.number + 1}")

    return progress(
        on_decoded=on_decoded,
        on_left_out=on_left_out,
        on_note=lambda note: console.print(note, markup=False, soft_wrap=True),
        on_data=on_data,
        on_synthetic=on_synthetic,
        on_start=on_start,
        on_batch=lambda: bar.advance(task),
        on_epoch=on_epoch,
    )


def _list_left_out(purpose: str, problems: "list[Problem]", total: int) -> None:
    pictures = {"train": "training pictures", "val": "validation pictures"}.get(purpose, purpose)
    errors.print(f"{len(problems)} of {total} {pictures} cannot be used, and are left out:", style="yellow")
    for problem in problems[:_LISTED]:
        errors.print(f"  {problem}", markup=False, soft_wrap=True)
    if len(problems) > _LISTED:
        errors.print(f"  and {len(problems) - _LISTED} more")


def _count(images: "list[AnnotatedImage]", what: str) -> str:
    return f"{quantity(len(images), what)} with {quantity(sum(len(image.boxes) for image in images), 'box', 'boxes')}"


def _minutes(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


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
