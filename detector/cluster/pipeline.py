"""`detect`: faces for a Ray dataset of pictures and videos."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from detector.cluster.ray_session import import_ray
from detector.cluster.weights import pack_weights
from detector.errors import OptionError, check_range
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    import ray.data

# More threads do not make a network of this size faster; a second network does.
_MOST_THREADS = 4
# What an actor asks for, of a core for each thread. The rest is for reading and decoding. On two cores a whole one
# has to be left: tasks of other steps of a pipeline ask for one, as Ray's own readers do, and would wait for ever.
_SHARE, _SMALL_SHARE = 0.75, 0.5
# A machine that is lost ends its tasks, and so does a picture that ends the process that reads it. The first needs
# another attempt or two, the second would need any number.
_RETRIES = 2
READING: dict[str, Any] = {"num_cpus": 0.25, "max_retries": _RETRIES}
"""What Ray is told of tasks that read. They fit beside the actor of a machine with a single core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """How the work is divided.

    Attributes:
        concurrency: Actors that hold the network; None: as many as the cluster has GPUs or groups of cores for, fewer
            while there is less to do.
        num_gpus: GPUs for each actor, also a fraction; None: one if the cluster has GPUs, else none.
        batch_size: Inputs that are read by one task.
        track: Number the faces of videos.

    Raises:
        UsageError: A number is out of range.
    """

    concurrency: int | None = None
    num_gpus: float | None = None
    batch_size: int = 64
    track: bool = False

    def __post_init__(self) -> None:
        check_range("concurrency", self.concurrency, 1, 100_000)
        check_range("num_gpus", self.num_gpus, 0, 64)
        check_range("batch_size", self.batch_size, 1, 100_000)


def detect(
    dataset: "ray.data.Dataset", settings: DetectorSettings | None = None, options: ClusterOptions | None = None
) -> "ray.data.Dataset":
    """Find the faces in a dataset of pictures and videos. Nothing runs until the result is read.

    Args:
        dataset: With a column `path` (paths that every machine has, or addresses such as s3://bucket/key), `bytes`
            (contents of picture files, as `ray.data.read_binary_files` gives them) or `image` (RGB uint8, as
            `ray.data.read_images` gives them).
        settings: The options of the detector.
        options: How the work is divided.

    Returns:
        The dataset without `bytes` and `image`, and with the columns `kind`, `outcome` ("read", "damaged" or "failed"),
        `reason`, `width`, `height`, `frames`, `milliseconds` and `faces`: a list with a struct for each face. There is
        one row for every row that was given.

    On machines with a single core each, tasks of other steps must ask for half a core or less (`num_cpus`): Ray starts
    no task that asks for more than the actors leave.

    Raises:
        UsageError: Ray is not installed.
        WeightsError: The weights could not be found.
    """
    ray = import_ray()
    settings, options = settings or DetectorSettings(), options or ClusterOptions()
    from detector.cluster.face_actor import FaceActor
    from detector.cluster.loading import load_pictures

    packed = pack_weights(settings)
    actors = _actors(options, _machines(ray.nodes()))
    loaded = map_tables(dataset, load_pictures, batch_size=options.batch_size, **READING)
    return map_tables(
        loaded,
        FaceActor,
        fn_constructor_args=(settings, packed, actors.pop("threads"), options.track),
        batch_size=None,
        max_restarts=-1,
        max_task_retries=_RETRIES,
        **actors,
    )


def map_tables(dataset: "ray.data.Dataset", function: Callable[..., Any], **options: Any) -> "ray.data.Dataset":
    """`dataset.map_batches` for a function of Arrow tables, with the options of Ray's tasks and actors."""
    with warnings.catch_warnings():
        # Ray warns of options without a parameter of their own, and has none for the number of retries.
        warnings.filterwarnings("ignore", message=".*ray_remote_args", category=DeprecationWarning)
        return dataset.map_batches(function, batch_format="pyarrow", **options)


def count_actors(options: ClusterOptions) -> int:
    """How many actors there are on this cluster, at most.

    Raises:
        UsageError: The cluster does not have what one actor needs.
    """
    concurrency = _actors(options, _machines(import_ray().nodes()))["concurrency"]
    return int(concurrency if options.concurrency else concurrency[-1])


def _machines(nodes: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """The cores and GPUs of each machine that takes work; the head of a cluster often does not."""
    found = [node["Resources"] for node in nodes if node["Alive"]]
    return [(each.get("CPU", 0), each.get("GPU", 0)) for each in found if each.get("CPU") or each.get("GPU")]


def _actors(options: ClusterOptions, machines: list[tuple[float, float]]) -> dict[str, Any]:
    """What each actor gets, and how many there are.

    Args:
        options: How the work is divided.
        machines: The cores and GPUs of each.

    Raises:
        UsageError: The cluster does not have what one actor needs.
    """
    gpus = sum(each for _, each in machines)
    wanted = options.num_gpus if options.num_gpus is not None else min(gpus, 1)
    if wanted > gpus:
        raise OptionError("num_gpus", f"{wanted:g}, but the cluster has {gpus:g}", "0, or a cluster with GPUs")
    # An actor has to fit on the smallest machine: one that fits nowhere is waited for, without an end.
    small = min((cores for cores, _ in machines), default=0) < 2 * _MOST_THREADS
    threads = 1 if wanted or small else _MOST_THREADS
    num_cpus = 1.0 if wanted else threads * (_SMALL_SHARE if small else _SHARE)
    places = int(gpus / wanted) if wanted else sum(int(cores // threads) for cores, _ in machines)
    most = options.concurrency or max(1, places)
    pool = most if options.concurrency else (1, most, most)
    return {"num_gpus": wanted, "num_cpus": num_cpus, "concurrency": pool, "threads": threads}
