"""A run on Ray on this machine that says when it was how far, and how much memory it took.

python benchmarks/cluster_parts/measured_run.py FOLDER OUT '{"settings": {...}, "options": {...}}'      prints JSON
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from detector import DetectorSettings
from detector.cluster import ClusterOptions
from detector.cluster.ray_session import ray_session
from detector.cluster.run import ClusterRun, run_on_cluster
from detector.inference.outputs import Totals

_EVERY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Sample:
    """What was so at a moment of the run.

    Attributes:
        seconds: Since the process began.
        done: Inputs with an outcome.
        driver: Bytes of memory of this process, without what it shares with the object store.
        store: Bytes of the object store that have been used so far: it keeps what it once had.
    """

    seconds: float
    done: int
    driver: int
    store: int


class Sampler:
    """Takes a sample when results come in, at most two in a second."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        children = self._process.children(recursive=True)
        self._raylet = next(child for child in children if child.name() == "raylet")
        self._base = self._raylet.memory_info().shared
        self.samples: list[Sample] = []

    def __call__(self, totals: Totals, inputs: int) -> None:
        """Take one, unless the last was just taken."""
        done, seconds = totals.outcomes.total(), time.time() - self._process.create_time()
        if self.samples and done < inputs and seconds - self.samples[-1].seconds < _EVERY:
            return
        memory = self._process.memory_info()
        store = self._raylet.memory_info().shared - self._base
        self.samples.append(Sample(seconds, done, memory.rss - memory.shared, store))


def main(folder: str, out: str, asked: dict[str, Any]) -> None:
    """Run, and print the samples."""
    with ray_session(None):
        began = time.time() - psutil.Process().create_time()
        sampler = Sampler()
        settings = DetectorSettings(**asked.get("settings", {}))
        options = ClusterOptions(**asked.get("options", {}))
        totals = run_on_cluster(ClusterRun(inputs=[folder], out=out, settings=settings, options=options), sampler)
    samples = [asdict(sample) for sample in sampler.samples]
    print(json.dumps({"ray": began, "samples": samples, "outcomes": totals.outcomes}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))
