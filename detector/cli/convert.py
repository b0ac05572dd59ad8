"""`detector convert`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from converters.formats import Format
from converters.options import DEFAULT_SPLIT, ConversionOptions, Link
from converters.plurals import quantity
from converters.split import SPLITS
from converters.writing import WriteFormat
from detector.cli.console import console, errors, printable, progress_bar
from detector.errors import OptionError

if TYPE_CHECKING:
    from converters.problems import Problem
    from converters.summary import ConversionSummary

_LISTED = 20  # left-out files named on the terminal; conversion.json names them all


def convert(
    source: Annotated[
        Path, typer.Argument(help="Folder with annotations and pictures, or one annotation file.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the dataset, new or empty.", show_default=False)],
    to: Annotated[WriteFormat, typer.Option(help="Format to write, such as that of an annotation tool.")] = "yolo",
    dataset: Annotated[
        str | None, typer.Option(help="A known dataset, such as face-mask-detection; see datasets.yaml.")
    ] = None,
    format: Annotated[
        Format | None, typer.Option("--format", help="Annotation format. Default: recognised from the files.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures, if not below SOURCE.")] = None,
    classes: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="OLD=NEW",
            help="Class NEW for the label OLD, or for OLD with an attribute; repeatable.",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(metavar="LABEL", help="Leave out boxes with this label; repeatable.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="RATIO|FILE.csv",
            help=f"Shares of {'/'.join(SPLITS)} (70/15/15) or {'/'.join(SPLITS[:2])} (80/20), or a CSV file with the "
            f"header image,split. Default: as the set comes split, else {DEFAULT_SPLIT}.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number gives other splits.")] = 0,
    link: Annotated[Link, typer.Option(help="Copy pictures, or link to them.")] = "copy",
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first file that cannot be used.")] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Open pictures for their size only: no check that they decode, no search for same scenes."
        ),
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace an earlier conversion in --out; files that it did not write stay."),
    ] = False,
) -> None:
    """Turn an annotated set, in any of the formats that --format names, into a dataset for training.

    Example: detector convert archive --dataset face-mask-detection --out masks
    """
    from converters.conversion import convert

    options = ConversionOptions(
        source=source,
        out=out,
        to=to,
        dataset=dataset,
        format=format,
        images=images,
        classes=_parse_map(classes or []),
        ignored=frozenset(ignore or []),
        split=split,
        seed=seed,
        link=link,
        strict=strict,
        quick=quick,
        overwrite=overwrite,
    )
    with progress_bar() as bar:
        tasks = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage)
            bar.update(tasks[stage], completed=done, total=total)

        try:
            summary = convert(options, progress)
        except KeyboardInterrupt:
            errors.print("Interrupted. Nothing was written.")
            sys.exit(130)
    _show(summary, options)
    if summary.problems.omissions:
        sys.exit(1)


def _parse_map(entries: list[str]) -> dict[str, str]:
    classes = {}
    for entry in entries:
        label, equals, name = entry.rpartition("=")
        if not equals or not label or name.endswith("]"):  # "face[mask=incorrect]" names no class
            raise OptionError("classes", repr(entry), "OLD=NEW, such as mask_weared_incorrect=mask_worn_incorrectly")
        classes[label.strip()] = name.strip()
    return classes


def _show(summary: "ConversionSummary", options: ConversionOptions) -> None:
    problems = summary.problems
    for note in problems.notes:
        _say(f"Note: {note}")
    for warning in problems.warnings:
        _warn(f"Warning: {warning}")
    for first, second in summary.separated:
        _warn(f"Warning: {first} and {second} show the same scene but lie in different splits.")
    for split in ("train", "val"):
        if split not in summary.splits:
            _warn(f"Warning: the {split} split is empty.")
    console.print(_split_table(summary, options.to))
    pictures = sum(map(len, summary.scenes))
    if summary.scenes:
        groups, largest = quantity(len(summary.scenes), "group"), len(summary.scenes[0])
        _say(f"Same scene: {groups} of {pictures} pictures, the largest of {largest}.")
    _say_counts("Ignored boxes", summary.ignored)
    _say_counts("Repaired", problems.counts("repaired"))
    _say_counts("Passed over", problems.counts("passed over"))
    _list_left_out(problems.omissions)
    verb = "copied" if options.link == "copy" else f"{options.link}ed"
    if summary.out is not None:
        _say(
            f"Written to {summary.out} (pictures {verb}); every problem is listed in {summary.out / 'conversion.json'}."
        )


def _split_table(summary: "ConversionSummary", to: WriteFormat) -> Table:
    table = Table(title=f"{summary.format} -> {to}", title_justify="left")
    table.add_column("")
    columns = [*summary.splits.values()]
    for split in summary.splits:
        table.add_column(split, justify="right")
    table.add_column("all", justify="right")

    def row(name: str, values: list[int]) -> None:
        table.add_row(name, *(f"{value:,}" for value in [*values, sum(values)]))

    row("images", [counts.images for counts in columns])
    row("without a box", [counts.background for counts in columns])
    table.add_section()
    for name in columns[0].boxes:
        row(name, [counts.boxes[name] for counts in columns])
    table.add_section()
    for size in columns[0].sizes:
        row(size if size == "larger" else f"{size} px", [counts.sizes[size] for counts in columns])
    return table


def _list_left_out(omissions: "list[Problem]") -> None:
    if not omissions:
        return
    _warn(f"Left out: {len(omissions)}", "red")
    for problem in omissions[:_LISTED]:
        _warn(f"  {problem}", "red")
    if len(omissions) > _LISTED:
        _warn(f"  and {len(omissions) - _LISTED} more", "red")


def _say_counts(title: str, counts: dict[str, int]) -> None:
    if counts:
        _say(f"{title}: " + ", ".join(f"{kind} {count:,}" for kind, count in counts.items()))


def _say(text: str) -> None:
    console.print(printable(text), markup=False, soft_wrap=True)


def _warn(text: str, style: str = "yellow") -> None:
    errors.print(printable(text), style=style, markup=False, soft_wrap=True)
