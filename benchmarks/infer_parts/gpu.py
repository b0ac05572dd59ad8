"""On a GPU: images per second, and how busy it is."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean, median

from infer_parts.alternation import Ratio, row, table, take_turns
from infer_parts.bench import Bench, Turn
from infer_parts.workers import offline_rival, start_side

_QUERY = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "--loop-ms=200", "--id=0"]
_BATCHES = (1, 8, 32)
_HALF = 16  # bits, as `detector` computes on CUDA


def compare_on_gpu(bench: Bench) -> None:
    """Print a row for each batch size: `infer` against ultralytics in half precision on the val pictures."""
    import torch

    if not torch.cuda.is_available():
        print("\n### GPU\n\nNo CUDA device: not measured.")
        return
    visible = {key: value for key, value in bench.environment.items() if key != "CUDA_VISIBLE_DEVICES"}
    visible |= {key: value for key, value in os.environ.items() if key == "CUDA_VISIBLE_DEVICES"}
    rival = offline_rival(visible, bench.folder / "ultralytics")
    title = f"Images per second on {torch.cuda.get_device_name(0)}, half precision"
    table(title, "batch", "`infer`", "ultralytics", "ratio (range)", "GPU busy: `infer`", "ultralytics")
    given = None if bench.given is None else str(bench.given)
    for batch in _BATCHES:
        ours = start_side("detector", visible, weights=given, batch=batch)
        settings = {"imgsz": bench.imgsz, "batch": batch, "quantize": _HALF}
        theirs = start_side("rival", rival, model=str(bench.weights), **settings)
        sides = [_Watched(bench.warm_up_pictures(worker)) for worker in (ours, theirs)]
        speeds = take_turns(sides, bench.rounds)
        row(str(batch), *Ratio(*speeds).cells(), *(f"{median(side.busy):.0%}" for side in sides))
        ours.close()
        theirs.close()


class _Watched:
    """A turn during which the GPU is watched."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self.busy: list[float] = []

    def __call__(self) -> float:
        with sampled_utilisation() as shares:
            speed = self._turn()
        self.busy += shares
        return speed


@contextmanager
def sampled_utilisation() -> Iterator[list[float]]:
    """Watch the first GPU while the block runs.

    Yields:
        A list that holds, after the block, the mean share of time in which a kernel ran, 0 to 1.
    """
    shares: list[float] = []
    with subprocess.Popen(_QUERY, stdout=subprocess.PIPE, text=True) as watcher:
        try:
            yield shares
        finally:
            watcher.terminate()
            lines = watcher.stdout.read().split() if watcher.stdout else []
            shares.append(mean([float(line) / 100 for line in lines if line.isdecimal()] or [float("nan")]))
