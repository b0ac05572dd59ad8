"""`detector infer --ray`: the options of a cluster, and what is printed of such a run."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from converters.plurals import quantity
from detector.cli.console import console, errors, printable
from detector.cli.runs import latest_run, output_folder
from detector.errors import OptionError
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.output_folder import Existing
    from detector.inference.outputs import Totals

Ray = Annotated[
    bool, typer.Option("--ray", help="Work on a Ray cluster, for millions of pictures; results as Parquet.")
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        help="With --ray: the address of the cluster. Default: Ray is started on this machine.", metavar="ADDRESS"
    ),
]
Concurrency = Annotated[
    int | None, typer.Option(help="With --ray: how many actors hold the network. Default: as many as fit.")
]
NumGpus = Annotated[
    float | None, typer.Option(help="With --ray: GPUs for each actor, also a fraction. Default: 1 if there are any.")
]
BatchSize = Annotated[int | None, typer.Option(help="With --ray: pictures that one task reads. Default: 64.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RayOptions:
    """The options that only `--ray` has; None where they are not given."""

    ray_address: str | None
    concurrency: int | None
    num_gpus: float | None
    batch_size: int | None
    track: bool

    def check_unused(self) -> None:
        """Refuse them where `--ray` is not given.

        Raises:
            OptionError: One was given.
        """
        for name in ("ray_address", "concurrency", "num_gpus", "batch_size"):
            if getattr(self, name) is not None:
                raise OptionError(name, "no `ray`", "`ray` with it")


def refuse_with_ray(**given: object) -> None:
    """Refuse options that a run on a cluster does not have; their values are true where they are given.

    Raises:
        OptionError: One was given.
    """
    for name, value in given.items():
        if value:
            raise OptionError(
                name,
                "together with `ray`",
                "one of the two: a cluster looks at everything, and writes tables of all faces",
            )


def infer_on_cluster(
    sources: list[str],
    settings: DetectorSettings,
    out: str | None,
    existing: "Existing",
    options: RayOptions,
) -> "Totals":
    """Find the faces on a cluster, and print the totals."""
    from detector.cluster.pipeline import ClusterOptions
    from detector.cluster.run import ClusterRun, run_on_cluster

    if existing == "resume" and out is None:
        out = str(latest_run("infer"))
    divided = ClusterOptions(concurrency=options.concurrency, num_gpus=options.num_gpus, track=options.track)
    if options.batch_size is not None:
        divided = replace(divided, batch_size=options.batch_size)
    with output_folder(None, "infer") if out is None else nullcontext(out) as folder, _progress() as progress:
        run = ClusterRun(
            inputs=sources,
            out=str(folder),
            settings=settings,
            options=divided,
            address=options.ray_address,
            existing=existing,
        )
        with _interrupted_by_sigterm():
            totals = run_on_cluster(run, progress)
    _print(totals, str(folder))
    return totals


class _ProgressLine:
    """One line on a terminal: inputs done of all, faces, pictures per second, failed, time left."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)
        self._began = time.monotonic()
        self._before: int | None = None

    def __call__(self, totals: "Totals", inputs: int) -> None:
        done = totals.outcomes.total()
        if self._before is None:  # a resumed run begins with what was done before
            self._before = done
        rate = (done - self._before) / max(time.monotonic() - self._began, 1e-6)
        failed = totals.outcomes["failed"] + totals.outcomes["damaged"]
        text = f"{quantity(totals.faces.total(), 'face')}, {rate:.1f}/s, {failed} failed"
        self._bar.update(self._task, completed=done, total=inputs, description=text)


@contextmanager
def _progress() -> Iterator[_ProgressLine]:
    columns = (MofNCompleteColumn(), TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        yield _ProgressLine(bar)


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """SIGTERM counts as Ctrl-C: results are finished."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(totals: "Totals", out: str) -> None:
    inputs = totals.outcomes.total()
    faces = ", ".join(f"{number} {name}" for name, number in totals.faces.items())
    console.print(f"{quantity(inputs, 'input')}, {quantity(totals.frames, 'frame')}: {faces or 'no faces'}")
    console.print(f"Results in {printable(out)}: inputs/, faces/ (Parquet), summary.json", markup=False, soft_wrap=True)
    if totals.left_out:
        listed = ", ".join(f"{number} {suffix}" for suffix, number in totals.left_out.most_common(10))
        console.print(f"Left out, neither picture nor video: {printable(listed)}", markup=False, soft_wrap=True)
    if totals.interrupted:
        errors.print("Interrupted: --resume goes on with it.", style="yellow")
    if unread := inputs - totals.outcomes["read"]:
        where = f"{printable(str(Path(out) / 'inputs') if '://' not in out else out + '/inputs')}"
        errors.print(
            f"{unread} of {quantity(inputs, 'input')} not read whole; the column reason in {where} says why.",
            style="red",
            soft_wrap=True,
        )
