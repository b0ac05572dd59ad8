"""`detector infer` against ultralytics with the same weights, and against what the network and the machine can do.

    python benchmarks/infer.py DATA.yaml --video clip.mp4 [--rounds 3] [--only pictures,video,...] [--weights W]
                               [--many 10000] [--checkout DIR]

Both sides of a row take turns on the same pictures, with the same weights, input size and thresholds, and save nothing.
They are processes of their own, which wait while another has its turn; ultralytics runs as it is installed, with its
own settings for threads, and is only kept offline. GPUs are hidden from all but the last table. A row shows the medians
over the rounds, and the ratio of the first column to the second: its median, and in brackets its range.

`--checkout` adds a table against another version of this package, with the weights and the defaults of each: it names a
checkout (`git worktree add DIR v0.1.0`).

Give it a machine that has nothing else to do, Linux or macOS.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from detector import Detector
from detector.model.weights import find_weights
from infer_parts.accuracy import compare_accuracy
from infer_parts.alternation import row, table
from infer_parts.bench import Bench
from infer_parts.gpu import compare_on_gpu
from infer_parts.machine import compare_with_peak, describe_machine
from infer_parts.processes import compare_folder, compare_many, compare_one_picture, compare_start
from infer_parts.throughput import compare_throughput, compare_versions

TABLES = ("pictures", "video", "version", "process", "memory", "start", "accuracy", "many", "operations", "gpu")


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="its val pictures are used")
    parser.add_argument("--video", type=Path, help="is scaled up to 1920 x 1080; without it that table is left out")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(TABLES), help="tables, of %(default)s")
    parser.add_argument("--weights", type=Path, help="a .pt file; default: the shipped ones")
    parser.add_argument("--many", type=int, help="pictures for the table of that name, which is left out without it")
    parser.add_argument("--checkout", type=Path, help="of another version; without it that table is left out")
    parser.add_argument("--seconds", type=float, default=5, help="how long a turn on pictures lasts at least")
    parser.add_argument("--frames", type=int, help="use only the first so many of the video")
    arguments = parser.parse_args()
    wanted = arguments.only.split(",")
    if unknown := set(wanted) - set(TABLES):
        parser.error(f"--only: {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}")
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")

    table("Machine", "", "")
    for name, value in describe_machine().items():
        row(name, value)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        bench = prepare(arguments, Path(folder), stack)
        for name, compare in tables(bench, arguments).items():
            if name in wanted:
                compare()


def prepare(arguments: argparse.Namespace, folder: Path, stack: ExitStack) -> Bench:
    """Find what is measured; of the weights' input size only they know."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}  # before a library adds its own variables to it
    given = None if arguments.weights is None else arguments.weights.absolute()
    return Bench(
        data=arguments.data,
        clip=arguments.video,
        given=given,
        weights=find_weights(given).absolute(),
        imgsz=Detector(given, device="cpu").imgsz,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
        frames=arguments.frames,
        checkout=None if arguments.checkout is None else arguments.checkout.absolute(),
        folder=folder,
        environment=environment,
        stack=stack,
    )


def tables(bench: Bench, arguments: argparse.Namespace) -> dict[str, Callable[[], None]]:
    """What prints each of the tables that can be made, in their order."""
    every = {
        "pictures": partial(compare_throughput, bench, "pictures"),
        "video": partial(compare_throughput, bench, "video"),
        "version": partial(compare_versions, bench),
        "process": partial(compare_one_picture, bench),
        "memory": partial(compare_folder, bench),
        "start": partial(compare_start, bench),
        "accuracy": partial(compare_accuracy, bench),
        "many": partial(compare_many, bench, arguments.many),
        "operations": partial(compare_with_peak, bench),
        "gpu": partial(compare_on_gpu, bench),
    }
    missing = {"video": arguments.video, "version": arguments.checkout, "many": arguments.many}
    return {name: compare for name, compare in every.items() if missing.get(name, True) is not None}


if __name__ == "__main__":
    main()
