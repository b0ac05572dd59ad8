"""`detector eval`."""

from pathlib import Path
from typing import Annotated

import typer

from detector.cli.console import console, errors, progress_bar
from detector.cli.options import Backend, DataYaml, Device, Tile, TrustWeights, Weights
from detector.cli.runs import next_run


def evaluate(
    data: DataYaml,
    weights: Weights = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="Measure these instead of weights: COCO results (JSON), of this or any other program."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="test, val or train. Default: test, or val where there is no test split.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the report. Default: runs/eval, runs/eval-2, ...")
    ] = None,
    imgsz: Annotated[
        int | None, typer.Option(help="Longer side of the network's input. Default: what the weights were made for.")
    ] = None,
    conf: Annotated[float, typer.Option(help="The confidence to work at; AP does not depend on it.")] = 0.25,
    iou: Annotated[float, typer.Option(help="Boxes of one class that overlap more than this are merged (NMS).")] = 0.6,
    compare: Annotated[
        str | None,
        typer.Option(help="Other weights, or predictions.json of another evaluation: is the difference real?"),
    ] = None,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples behind the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
    tile: Tile = "off",
    device: Device = "auto",
    backend: Backend = "auto",
    trust_weights: TrustWeights = False,
) -> None:
    """Measure weights on an annotated split: COCO's AP with intervals, recall, precision, confusion matrix.

    Example: detector eval dataset/data.yaml --weights best.pt --out report
    """
    from detector.cli.metrics_tables import print_metrics
    from detector.evaluation import evaluate as run

    out = out or next_run("eval")
    with progress_bar() as bar:
        task = bar.add_task("images", total=None)
        metrics = run(
            data,
            weights=weights,
            predictions=predictions,
            split=split,
            imgsz=imgsz,
            tile=tile,
            device=device,
            backend=backend,
            conf=conf,
            iou=iou,
            out=out,
            compare=compare,
            resamples=resamples,
            seed=seed,
            trust_weights=trust_weights,
            on_image=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if split is None and metrics.split != "test":
        errors.print(f"{data} has no test split; evaluated its {metrics.split} split.", style="yellow", soft_wrap=True)
    print_metrics(metrics)
    console.print(f"\nReport: {out}", markup=False, soft_wrap=True)
    if repairs := len(metrics.problems) - len(metrics.left_out):
        errors.print(f"{repairs} boxes were repaired; they are listed in metrics.json.", style="yellow")
    if metrics.left_out:
        errors.print(f"{len(metrics.left_out)} files could not be used and are in no figure:", style="red")
        for problem in metrics.left_out:
            errors.print(f"  {problem}", markup=False, soft_wrap=True)
        raise typer.Exit(1)
