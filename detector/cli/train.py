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
from detector.errors import UsageError

if TYPE_CHECKING:
    from converters.annotation import AnnotatedImage
    from detector.training.progress import Epoch
    from detector.training.result import TrainingResult


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
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any ultralytics training setting.")
    ] = None,
    trust_weights: TrustWeights = False,
) -> None:
    """Fine-tune YOLOv8 on one or several datasets.

    Example: detector train dataset/data.yaml --epochs 50 --out runs/masks
    """
    from detector.augmentation.settings import Augmentation
    from detector.training import run as training

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
    if not resume:
        start = partial(training.train, data or [], settings=_parse(settings or []), trust_weights=trust_weights, **own)
    elif fixed := sorted(own) + (["set"] if settings else []):
        raise UsageError("--resume", f"given together with {', '.join(fixed)}", "the settings of the first start")
    else:
        start = partial(training.resume, data=data)
    with output_folder(out or (latest_run("train") if resume else None), "train") as folder:
        _run(start, folder, device)


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


def _parse(settings: list[str]) -> dict[str, Any]:
    import yaml

    parsed = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--set {setting}", "no '='", "KEY=VALUE, for example mosaic=0.5")
        try:
            parsed[key.strip()] = yaml.safe_load(value)
        except Exception as error:  # PyYAML raises nearly anything for a value such as 2026-13-45
            raise UsageError(f"--set {setting}", "a value that is not YAML", "for example scale=[0.7,1.5]") from error
    return parsed


def _progress(progress: Any, bar: ProgressBar, out: Path) -> Any:
    """Make the functions that print a line for each epoch and move the bar within it."""
    task = bar.add_task("epoch 1", total=None)
    done: list[float] = []
    synthetic = (out / "synthetic").resolve()

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
            console.print(f"{purpose} on {', and '.join(parts)}.", markup=False, soft_wrap=True)
            if unlabelled := sum(not image.annotation.is_file() for image in pictures.values()):
                errors.print(
                    f"{unlabelled} of them have no label file and count as background.",
                    style="yellow",
                )

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
        on_note=lambda note: console.print(note, markup=False, soft_wrap=True),
        on_data=on_data,
        on_synthetic=on_synthetic,
        on_start=on_start,
        on_batch=lambda: bar.advance(task),
        on_epoch=on_epoch,
    )


def _count(images: "list[AnnotatedImage]", what: str) -> str:
    return f"{quantity(len(images), what)} with {quantity(sum(len(image.boxes) for image in images), 'box', 'boxes')}"


def _minutes(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def _summarise(result: "TrainingResult", out: Path) -> None:
    from detector.cli.metrics_tables import print_metrics

    print_metrics(result.metrics)
    if result.left_out:
        errors.print(f"{quantity(len(result.left_out), 'picture was', 'pictures were')} left out:", style="yellow")
        for problem in result.left_out:
            errors.print(f"  {problem}", markup=False, soft_wrap=True)
    if result.seen:
        errors.print(
            f"{quantity(len(result.seen), 'validation picture was', 'validation pictures were')} trained on too: "
            "on new pictures the figures will be lower.",
            style="yellow",
        )
    console.print(f"Best weights: {result.best}", markup=False)
    console.print(f"Curves and evaluation on the validation pictures: {out}", markup=False)
    if result.left_out:
        raise typer.Exit(1)
