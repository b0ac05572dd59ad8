"""The command `detector`: its subcommands, and how their errors are printed."""

import sys
from importlib.util import find_spec

import typer

from detector import __version__
from detector.cli import convert, evaluate, export, infer, info, report, serve, train, watch
from detector.cli.console import errors, printable
from detector.cli.standard_streams import standard_streams
from detector.cli.usage import ClickException, Command, describe
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


app.command("convert", cls=Command)(convert.convert)
app.command("train", cls=Command)(train.train)
app.command("eval", cls=Command)(evaluate.evaluate)
app.command("infer", cls=Command)(infer.infer)
app.command("export", cls=Command)(export.export)
app.command("watch", cls=Command)(watch.watch)
app.command("report", cls=Command)(report.report)
app.command("serve", cls=Command)(serve.serve)
app.command("info", cls=Command)(info.info)


def main() -> None:
    """Run the command line; exit 0 when done, 1 when some input failed, 2 on wrong usage, 130 when interrupted."""
    with standard_streams() as output:
        status = _run(sys.argv[1:])
    if output.error is not None:
        _print_error(f"standard output: not writable ({output.error.strerror})")
        status = status or 1
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    """Run a command; returns its exit status."""
    try:
        return app(arguments, prog_name="detector", standalone_mode=False) or 0
    except ClickException as error:
        if text := describe(error, arguments):
            _print_error(text)
        return int(error.exit_code)
    except MaskDetectorError as error:
        _print_error(str(error))
        return 2 if isinstance(error, UsageError) else 1
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing and find_spec(missing):
            raise
        # This happens where only requirements-infer.txt is installed.
        _print_error(f"this needs {missing}, which is not installed; pip install mask-detector")
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        _print_error(f"{error.filename}: {error.strerror or error}")
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


def _print_error(text: str) -> None:
    text = "\n".join(printable(line) for line in text.split("\n"))
    errors.print(f"Error: {text}", style="red", markup=False, soft_wrap=True)
