"""`detector export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from converters.plurals import quantity
from detector.cli.console import console, errors, progress_bar
from detector.cli.options import TrustWeights

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.export.quantize import Attempt


def export(
    format: Annotated[
        str, typer.Option("--format", metavar="openvino|onnx", help="What to write.", show_default=False)
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

    settings = ExportSettings(format, int8, data, imgsz, out, overwrite, trust_weights, calibration_images, max_drop)
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
    if problems:
        errors.print(f"{quantity(len(problems), 'file')} could not be used:", style="red")
        for problem in problems:
            errors.print(f"  {problem}", markup=False, soft_wrap=True)
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
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files) / 1e6
