"""`detector convert`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converters.formats import Format
from converters.options import DEFAULT_SPLIT, ConversionOptions, Link
from converters.split import SPLITS
from converters.writing import WriteFormat
from detector.cli.console import errors, stages
from detector.cli.conversion_summary import say, show
from detector.cli.convert_check import check as check_set
from detector.errors import OptionError

if TYPE_CHECKING:
    from converters.problems import Problems


def convert(
    source: Annotated[
        Path, typer.Argument(help="Folder with annotations and pictures, or one annotation file.", show_default=False)
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the dataset, new or empty.", show_default=False)
    ] = None,
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
    check: Annotated[
        bool, typer.Option("--check", help="Say what would be read and left out, and write no dataset.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png|.html",
            help="With --check: draw labels that the shipped detector doubts. Running it over the set takes time.",
        ),
    ] = None,
) -> None:
    """Turn an annotated set, in any of the formats that --format names, into a dataset for training.

    Example: detector convert archive --dataset face-mask-detection --out masks
    """
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
    if sheet is not None and not check:
        raise OptionError("sheet", "given without `check`", "both, or neither")
    try:
        problems = check_set(options, sheet) if check else _convert(options)
    except KeyboardInterrupt:
        errors.print("Interrupted. Nothing was written.")
        sys.exit(130)
    if problems.omissions:
        sys.exit(1)


def _convert(options: ConversionOptions) -> "Problems":
    from converters.conversion import convert

    with stages() as progress:
        summary = convert(options, progress)
    show(summary, options)
    verb = "copied" if options.link == "copy" else f"{options.link}ed"
    say(f"Written to {summary.out} (pictures {verb}); every problem is listed in {summary.out}/conversion.json.")
    return summary.problems


def _parse_map(entries: list[str]) -> dict[str, str]:
    classes = {}
    for entry in entries:
        label, equals, name = entry.rpartition("=")
        if not equals or not label or name.endswith("]"):  # "face[mask=incorrect]" names no class
            raise OptionError("classes", repr(entry), "OLD=NEW, such as mask_weared_incorrect=mask_worn_incorrectly")
        classes[label.strip()] = name.strip()
    return classes
