"""`detector eval`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.plurals import quantity
from detector.cli.console import console, errors, print_list, progress_bar
from detector.cli.options import DataYaml, detector_options
from detector.cli.runs import output_folder
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.evaluation.confidence_metrics import WantedThreshold


@detector_options
def evaluate(
    data: DataYaml,
    settings: DetectorSettings,
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
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier report in --out; files of other origin stay.")
    ] = False,
    compare: Annotated[
        str | None,
        typer.Option(help="Other weights, or predictions.json of another evaluation: is the difference real?"),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="size,light,colour",
            help="Also recall and labels by the size of the faces, and by the light and the colour of the images.",
        ),
    ] = None,
    want: Annotated[
        str | None,
        typer.Option(
            metavar="precision=0.95",
            help="Also find the confidence with this precision or recall, for --conf of detector infer.",
        ),
    ] = None,
    html: Annotated[
        bool, typer.Option("--html", help="Also write report.html: one file with all figures and pictures.")
    ] = False,
    resamples: Annotated[int, typer.Option(help="Bootstrap resamples behind the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap.")] = 0,
) -> None:
    """Measure weights on an annotated split: COCO's AP with intervals, recall, precision, confusion matrix.

    AP counts faces from a score of 0.001; --conf is the score to work at, for the other figures.

    Example: detector eval dataset/data.yaml --weights best.pt --out report
    """
    from detector.cli.metrics_tables import print_metrics
    from detector.evaluation import evaluate as run

    with output_folder(out, "eval") as folder, progress_bar() as bar:
        task = bar.add_task("images", total=None)
        metrics = run(
            data,
            settings=settings,
            predictions=predictions,
            split=split,
            out=folder,
            overwrite=overwrite,
            compare=compare,
            by=[name.strip() for name in by.split(",")] if by else (),
            want=want,
            html=html,
            resamples=resamples,
            seed=seed,
            on_image=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if split is None and metrics.split != "test":
        errors.print(f"{data} has no test split; evaluated its {metrics.split} split.", style="yellow", soft_wrap=True)
    print_metrics(metrics)
    page = " (open report.html in a browser)" if html else ""
    console.print(f"\nReport: {folder}{page}", markup=False, soft_wrap=True)
    if repairs := len(metrics.problems) - len(metrics.left_out):
        errors.print(
            f"{quantity(repairs, 'box was', 'boxes were')} repaired and listed in metrics.json.",
            style="yellow",
        )
    unmet = metrics.wanted is not None and _print_wanted(metrics.wanted, folder)
    heading = f"{quantity(len(metrics.left_out), 'file')} could not be used, nor counted in any figure:"
    print_list(heading, metrics.left_out, "red")
    if metrics.left_out or unmet:
        raise typer.Exit(1)


def _print_wanted(wanted: "WantedThreshold", out: Path) -> bool:
    """Print how to use the confidence that was wanted, or that there is none.

    Returns:
        Whether there is none.
    """
    from detector.evaluation.tables import wanted_sentence

    if wanted.chosen is None:
        errors.print(wanted_sentence(wanted), style="yellow", markup=False, soft_wrap=True)
        return True
    use = f"detector infer PICTURES --conf {wanted.chosen.confidence:g}"
    text = f'Use it, with the same weights and options: {use}, or --conf "$(cat {out / "conf.txt"})".'
    console.print(text, markup=False, soft_wrap=True)
    return False
