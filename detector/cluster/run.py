"""The run behind `detector infer --ray`: plans, detects on a cluster, writes every input once."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from detector.cluster.inputs import find_inputs
from detector.cluster.pipeline import READING, ClusterOptions, count_actors, detect, map_tables
from detector.cluster.plan import PLAN, Plan, read_plan, write_plan
from detector.cluster.ray_session import import_ray, ray_session
from detector.cluster.results import FACES, INPUTS, Results, write_running
from detector.cluster.storage import Folder
from detector.cluster.tables import Answer
from detector.cluster.videos import PART_SECONDS, PartJoiner, cut_videos
from detector.errors import ClusterError, UsageError, WeightsError
from detector.files import make_folder
from detector.inference.detector import Detector
from detector.inference.output_folder import Existing
from detector.inference.outputs import Totals
from detector.media.sources import INFER_COMMAND, SUMMARY_FILE
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    import pyarrow as pa

# Blocks that were lost are tried again, each input by itself, so that one that ends its process takes no other along.
_WAITS = (2.0, 10.0)
_BLOCK_BYTES = 64_000_000
# Actors load their network anew for each part of the plan, which takes some seconds: so a part lasts minutes.
_PART_INPUTS = 10_000  # for each actor
# Blocks of a part for each actor. More of them keep the driver busy, fewer leave actors without work at the end.
_PART_BLOCKS = 64
# So small that Ray makes a block of each row: a block goes to one actor.
_ROW_BYTES = 1

Progress = Callable[[Totals, int], None]
"""Is called with the counts so far, and the number of all inputs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRun:
    """What is asked for.

    Attributes:
        inputs: Paths, globs, addresses, lists of paths.
        out: A folder or an address for the results.
        settings: The options of the detector.
        options: How the work is divided.
        address: Of a Ray cluster; None: Ray is started on this machine.
        existing: What becomes of an earlier run in `out`.
    """

    inputs: Sequence[str]
    out: str
    settings: DetectorSettings
    options: ClusterOptions
    address: str | None = None
    existing: Existing = "refuse"


def run_on_cluster(run: ClusterRun, on_progress: Progress = lambda totals, inputs: None) -> Totals:
    """Find the faces in all inputs on a Ray cluster.

    `KeyboardInterrupt` ends it: what has been found is written, and `existing="resume"` goes on with it.

    Args:
        run: What is asked for.
        on_progress: Called while results come in.

    Returns:
        The totals.

    Raises:
        UsageError: It cannot be carried out as asked.
        ClusterError: The cluster cannot do the work. What has been found is written.
        OutputError: Results could not be written.
        WeightsError: The weights could not be found or loaded.
    """
    import_ray()
    names = _class_names(run.settings)
    folder = Folder(run.out)
    totals = Totals()
    plan = _earlier_plan(run, folder)
    with ray_session(run.address):
        try:
            if plan is None:
                plan = _new_plan(run, folder, names)
            results = Results(plan, totals, lambda: on_progress(totals, plan.inputs))
        except KeyboardInterrupt:
            totals.interrupted = True
            return totals
        finished = False
        try:
            _detect_all(run, plan, results)
            finished = True
        except KeyboardInterrupt:
            pass
        finally:
            results.close(interrupted=not finished)
    return totals


def _class_names(settings: DetectorSettings) -> tuple[str, ...]:
    """The class names of the weights; also finds out now whether they can be loaded.

    Raises:
        WeightsError: They cannot.
    """
    return Detector.from_settings(replace(settings, device="cpu")).names


def _asked(run: ClusterRun) -> dict[str, Any]:
    settings = {**asdict(run.settings), "weights": str(run.settings.weights or "shipped")}
    return {"inputs": list(run.inputs), **settings, "track": run.options.track}


def _earlier_plan(run: ClusterRun, folder: Folder) -> Plan | None:
    """The plan of the run to go on with, if that is asked for; makes the folder ready otherwise.

    Raises:
        UsageError: The folder holds something else, or an earlier run.
    """
    if (local := folder.local) is not None:
        make_folder(local)
    there = folder.names()
    marker = (folder.read(SUMMARY_FILE) or b"") if SUMMARY_FILE in there else b""
    if not there:
        return None
    if INFER_COMMAND.encode() not in marker[:100]:
        raise UsageError(folder.address, "a folder with other files in it", "a new or empty folder for the results")
    if run.existing == "refuse":
        choice = "a new or empty folder; or --overwrite to replace them, --resume to go on with a run that was stopped"
        raise UsageError(folder.address, "a folder with the results of an earlier run", choice)
    if run.existing == "overwrite":
        for name in (INPUTS, FACES, PLAN, SUMMARY_FILE):
            folder.remove(name)
        return None
    if b'"state": "finished"' in marker:
        raise UsageError(folder.address, "results of a run that is finished", "one that was stopped; or --overwrite")
    return read_plan(folder, _asked(run))


def _new_plan(run: ClusterRun, folder: Folder, names: tuple[str, ...]) -> Plan:
    write_running(folder)
    left_out: Counter[str] = Counter()
    return write_plan(folder, find_inputs(run.inputs, run.out, left_out), left_out, _asked(run), names)


def _detect_all(run: ClusterRun, plan: Plan, results: Results) -> None:
    import pyarrow.compute as pc

    for part in plan.parts(_PART_INPUTS * count_actors(run.options)):
        rows = results.missing(part)
        is_video = pc.equal(pc.fill_null(rows.column("kind"), "image"), "video")
        _detect(run, rows.filter(pc.invert(is_video)), results, run.options)
        # A video keeps an actor busy for long, so each is a block of its own.
        _detect(run, rows.filter(is_video), results, replace(run.options, batch_size=1), cut=not run.options.track)
        results.flush()


def _detect(run: ClusterRun, rows: "pa.Table", results: Results, options: ClusterOptions, *, cut: bool = False) -> None:
    """Find the faces in the inputs of some rows of the plan; at the end all of them have an outcome."""
    for wait in (0.0, *_WAITS):
        if not len(rows):
            return
        time.sleep(wait)
        before = len(rows)
        error = _attempt(run.settings, rows, results, options, cut=cut)
        rows = results.missing(rows)
        if error is not None and len(rows) == before:
            raise ClusterError(run.address or "Ray", error, "a cluster that can do the work; --resume goes on then")
        options, cut = replace(options, batch_size=1), False
    lost = vars(Answer(None, "failed", f"the process that read it ended, {len(_WAITS) + 1} times"))
    results.take({**row, **lost} for row in rows.to_pylist())


def _attempt(
    settings: DetectorSettings, rows: "pa.Table", results: Results, options: ClusterOptions, *, cut: bool
) -> str | None:
    """Take what the cluster finds; what it loses stays missing. Returns what ended the attempt before its time."""
    ray = import_ray()
    from ray.data import DataContext
    from ray.exceptions import RayError

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.max_errored_blocks = -1
    context.target_max_block_size = _ROW_BYTES if cut else _BLOCK_BYTES
    try:
        dataset, joiner = ray.data.from_arrow(_blocks(rows, options)), PartJoiner()
        if cut:
            dataset = map_tables(dataset, cut_videos, fn_args=(PART_SECONDS,), batch_size=1, **READING)
        for table in detect(dataset, settings, options).iter_batches(batch_size=None, batch_format="pyarrow"):
            found = table.to_pylist()
            results.take(joiner.join(found) if cut else found)
    except (RayError, WeightsError) as error:
        return str(error).strip().splitlines()[-1][:300]
    return None


def _blocks(rows: "pa.Table", options: ClusterOptions) -> "list[pa.Table]":
    """Rows in blocks, of which a task takes one after the other: one batch each, or several where there are many."""
    batch = options.batch_size
    size = 1 if batch == 1 else batch * max(1, len(rows) // (batch * _PART_BLOCKS * count_actors(options)))
    return [rows.slice(start, size) for start in range(0, len(rows), size)]
