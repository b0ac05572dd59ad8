"""The command `detector`: its commands, and what becomes of their errors."""

import sys
from importlib.util import find_spec

import typer

from detector import __version__
from detector.cli import convert, evaluate, export, infer, report, train, watch
from detector.cli.console import errors, printable
from detector.errors import MaskDetectorError, UsageError

app = typer.Typer(
    name="detector",
    help="Finds every face in an image or video and says whether its mask is worn, missing or worn incorrectly.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mask-detector {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


app.command("convert")(convert.convert)
app.command("train")(train.train)
app.command("eval")(evaluate.evaluate)
app.command("infer")(infer.infer)
app.command("export")(export.export)
app.command("watch")(watch.watch)
app.command("report")(report.report)


def main() -> None:
    """Run the command line; exit 0 when done, 1 when some input failed, 2 on wrong usage."""
    try:
        app()
    except MaskDetectorError as error:
        text = "\n".join(printable(line) for line in str(error).split("\n"))
        errors.print(f"Error: {text}", style="red", markup=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing and find_spec(missing):
            raise
        # As after an installation of requirements-infer.txt only.
        errors.print(f"Error: this needs {missing}, which is not installed; pip install mask-detector", style="red")
        sys.exit(1)
