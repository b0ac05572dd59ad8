"""`detector export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from converters.plurals import quantity
from detector.cli.console import console, errors, print_list, progress_bar
from detector.cli.options import TrustWeights

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.export.quantize import Attempt


def export(
    format: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="openvino|onnx|tensorrt|ncnn|litert|coreml",
            help="What to write. Those after onnx are converted by ultralytics, and need packages of their own.",
            show_default=False,
        ),
    ],
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights", "-w", help="A .pt file or the name of an ultralytics release. Default: the shipped weights."
        ),
    ] = None,
    int8: Annotated[
        bool, typer.Option("--int8", help="Compute with 8-bit integers: faster on a CPU. Needs --data; OpenVINO only.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA.yaml",
            help="For --int8: value ranges come from the training pictures of this dataset, and the loss is measured "
            "on its validation pictures.",
        ),
    ] = None,
    imgsz: Annotated[
        int | None,
        typer.Option(
            min=32, help="Longer side that pictures will be scaled to. Default: what the weights were made for."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the export. Default: beside the weights, where infer and eval find it; for those of an "
            "installed package, the working folder."
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace an export that is there. Beside the weights, one made from others is replaced anyway.",
        ),
    ] = False,
    calibration_images: Annotated[
        int, typer.Option(min=1, help="For --int8: use at most so many training pictures, drawn with a fixed seed.")
    ] = 300,
    max_drop: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="For --int8: where AP50 of any face, or of a class with 30 faces or more, falls by more than this, "
            "more of the network is left in floating point.",
        ),
    ] = 0.005,
    static: Annotated[
        bool, typer.Option("--static", help="ONNX only: fix the input to --batch pictures of --imgsz x --imgsz.")
    ] = False,
    batch: Annotated[
        int, typer.Option(min=1, help="How many pictures a network with a fixed input takes at once.")
    ] = 1,
    opset: Annotated[int, typer.Option(min=11, max=20, help="ONNX only: the version of its operators.")] = 17,
    nms: Annotated[
        bool,
        typer.Option("--nms", help="ONNX only: boxes, scores and classes as outputs, one box for each face."),
    ] = False,
    conf: Annotated[float, typer.Option(min=0, max=1, help="For --nms: drop boxes at or below this score.")] = 0.25,
    iou: Annotated[
        float, typer.Option(min=0, max=1, help="For --nms: of two boxes that overlap by more than this, drop one.")
    ] = 0.6,
    max_det: Annotated[int, typer.Option(min=1, help="For --nms: so many boxes for each picture.")] = 300,
    trust_weights: TrustWeights = False,
) -> None:
    """Write weights as a network that runs without torch.

    Example: detector export --weights best.pt --format openvino --int8 --data dataset/data.yaml
    """
    from detector.export.events import ExportEvents
    from detector.export.run import export as run
    from detector.export.settings import ExportSettings

    attempts: list[Attempt] = []
    problems: list[Problem] = []

    def on_attempt(attempt: "Attempt") -> None:
        attempts.append(attempt)
        if not attempt.passed:
            errors.print(f"With {attempt.how}, AP50 falls by {attempt.drop:.4f}.", soft_wrap=True)

    settings = ExportSettings(
        format=format,
        int8=int8,
        data=data,
        imgsz=imgsz,
        out=out,
        overwrite=overwrite,
        trust_weights=trust_weights,
        calibration_images=calibration_images,
        max_drop=max_drop,
        static=static,
        batch=batch,
        opset=opset,
        nms=nms,
        conf=conf,
        iou=iou,
        max_det=max_det,
    )
    with progress_bar() as bar:
        task = bar.add_task("", total=None)
        events = ExportEvents(
            on_stage=lambda stage: bar.reset(task, total=None, description=stage),
            on_image=lambda done, total: bar.update(task, completed=done, total=total),
            on_attempt=on_attempt,
            on_problem=problems.append,
        )
        path = run(weights, settings, events)
    if attempts:
        _print_kept(min(attempts, key=lambda attempt: attempt.drop), max_drop)
    elif int8:
        errors.print(f"{data} has no annotated validation pictures: the loss was not measured.", style="yellow")
    console.print(f"Written: {path} ({_megabytes(path):.1f} MB)", markup=False, soft_wrap=True)
    print_list(f"{quantity(len(problems), 'file')} could not be used:", problems, "red")
    if problems:
        raise typer.Exit(1)


def _print_kept(attempt: "Attempt", max_drop: float) -> None:
    before, after = attempt.before, attempt.after
    title = f"AP50 on {quantity(before.images, 'validation picture')}"
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("class", overflow="fold")
    for heading in ("faces", "fp32", "int8", "change"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = {name: (score, after.classes[name]) for name, score in before.classes.items() if score.instances}
    for name, (one, other) in {**rows, "any face": (before.any_face, after.any_face)}.items():
        old, new = one.ap50 or 0, other.ap50 or 0
        table.add_row(name, str(one.instances), f"{old:.4f}", f"{new:.4f}", f"{new - old:+.4f}")
    console.print(table)
    console.print(f"Quantised with {attempt.how}.", soft_wrap=True)
    if not attempt.passed:
        errors.print(
            f"Every attempt lost more than {max_drop}; the one that lost least ({attempt.drop:.4f}) was kept. "
            "Look at the figures before you use it.",
            style="yellow",
            soft_wrap=True,
        )


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6
