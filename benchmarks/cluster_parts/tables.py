"""The tables of `benchmarks/cluster.py`."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import linear_regression, median
from typing import Any

import cv2
import numpy as np

from detector.device import CORE_LIMIT
from infer_parts.alternation import Ratio, figure, row, table, take_turns
from infer_parts.inputs import link_pictures
from infer_parts.processes import Usage, run_process, script
from infer_parts.workers import SideError

_HERE = Path(__file__).parent
_MB = 1e6
_FEW = 64  # pictures: a block of one task
_SIDE = 32  # pixels of a tiny picture
_runs = count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What is measured, and how much of it.

    Attributes:
        photos: Files.
        folder: For links, tiny pictures and results.
        pictures: For overhead and scaling.
        tiny: Tiny pictures for memory.
        keys: Keys for listing.
        rounds: Turns of each side.
        cores: That every run may use.
    """

    photos: Sequence[Path]
    folder: Path
    pictures: int
    tiny: int
    keys: int
    rounds: int
    cores: int

    @property
    def environment(self) -> dict[str, str]:
        """Of every run: no GPUs, the same cores."""
        return {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", CORE_LIMIT: str(self.cores)}

    def links(self, count: int) -> Path:
        """A folder of so many links to the photos."""
        return link_pictures(self.photos, count, self.folder / f"links-{count}")

    def out(self) -> str:
        """A folder for results that is not there yet."""
        return str(self.folder / f"out-{next(_runs)}")


def compare_start(bench: Bench) -> None:
    """Print how long one picture takes on both sides, and when Ray and the first faces were there."""
    one = bench.links(1)
    alone, ray = _alternate(bench, one)
    table("One picture: seconds", "", "`detector infer --ray`", "`detector infer`", "ratio (range)")
    row("whole process", *Ratio(ray, alone).cells())
    parts = [measured_run(bench, one) for _ in range(bench.rounds)]
    row("... until Ray runs", figure(median(part["ray"] for part in parts)), "", "")
    first = median(part["samples"][0]["seconds"] for part in parts)
    row("... until the first faces", figure(first), "", "")


def compare_overhead(bench: Bench) -> None:
    """Print how long many pictures take on both sides, and a few; the difference is without the start."""
    title = f"{bench.pictures:,} pictures, whole process"
    table(title, "", "`detector infer --ray`", "`detector infer`", "ratio (range)")
    alone, ray = _alternate(bench, bench.links(bench.pictures))
    row("seconds", *Ratio(ray, alone).cells())
    few_alone, few_ray = _alternate(bench, bench.links(_FEW))
    row(f"seconds, {_FEW} pictures", *Ratio(few_ray, few_alone).cells())
    rates = [_rate(bench.pictures - _FEW, many, few) for many, few in ((ray, few_ray), (alone, few_alone))]
    row("pictures per second between the two", *Ratio(*rates).cells())


def compare_scaling(bench: Bench) -> None:
    """Print pictures per second with one actor and with two."""
    folder = bench.links(bench.pictures)

    def rate(actors: int) -> float:
        samples = measured_run(bench, folder, options={"concurrency": actors})["samples"]
        first, last = samples[0], samples[-1]
        return float((last["done"] - first["done"]) / (last["seconds"] - first["seconds"]))

    one, two = take_turns([partial(rate, 1), partial(rate, 2)], bench.rounds)
    table(f"{bench.pictures:,} pictures, {bench.cores} cores", "", "two actors", "one actor", "ratio (range)")
    row("pictures per second", *Ratio(two, one).cells())


def measure_memory(bench: Bench) -> None:
    """Print the memory of the driver and of the object store over many tiny pictures."""
    folder = _tiny_pictures(bench.tiny, bench.folder / "tiny")
    run = measured_run(bench, folder, settings={"imgsz": _SIDE, "multiscale": "off"}, options={"batch_size": 256})
    samples = run["samples"]
    late = [sample for sample in samples if sample["done"] >= bench.tiny / 10]
    slope = linear_regression([s["done"] for s in late], [s["driver"] for s in late]).slope
    table(f"{bench.tiny:,} pictures of {_SIDE} x {_SIDE} pixels", "", "")
    row("driver at the first results, at the end, peak, MB", _memory([s["driver"] for s in samples]))
    row("... bytes more for each input, from a tenth on", f"{slope:.0f}")
    row("object store, peak, MB", figure(max(s["store"] for s in samples) / _MB))
    row("pictures per second", figure(samples[-1]["done"] / (samples[-1]["seconds"] - run["ray"])))


def measure_listing(bench: Bench) -> None:
    """Print how long the listing and planning of many keys takes, and how much memory."""
    server = subprocess.Popen(
        [sys.executable, str(_HERE / "key_server.py"), str(bench.keys)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
        environment = {**bench.environment, **keys, "AWS_ENDPOINT_URL": server.stdout.readline().strip()}
        out, log = bench.out(), bench.folder / "planning.json"
        command = [sys.executable, str(_HERE / "planning.py"), "s3://bucket/photos", out, str(log)]
        usage = run_process(command, environment, bench.folder)
    finally:
        server.kill()
        server.wait()
    figures = json.loads(log.read_text())
    if not figures["inputs"] == figures["missing"] == bench.keys:
        raise SideError("planning.py", f"{figures}", f"{bench.keys} inputs")
    table(f"{bench.keys:,} keys of a bucket on loopback", "", "")
    row("listing and planning, seconds; of the processor", ", ".join(map(figure, figures["planning"])))
    row("opening the plan again, seconds; of the processor", ", ".join(map(figure, figures["opening"])))
    row("size of the plan, MB", figure(figures["bytes"] / _MB))
    row("peak memory of the process, MB", figure(usage.peak / _MB))


def measure_driver(bench: Bench) -> None:
    """Print how many rows of results a driver takes and writes in a second of its processor."""
    done = subprocess.run(
        [sys.executable, str(_HERE / "driver_rows.py"), str(bench.tiny), bench.out()],
        env=bench.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    figures = json.loads(done.stdout)
    table(f"The driver's part of {bench.tiny:,} inputs, five faces in each", "", "")
    row("inputs per second of one core", figure(figures["inputs"] / figures["processor_seconds"]))


TABLES: dict[str, Callable[[Bench], None]] = {
    "start": compare_start,
    "overhead": compare_overhead,
    "scaling": compare_scaling,
    "memory": measure_memory,
    "driver": measure_driver,
    "listing": measure_listing,
}


def measured_run(bench: Bench, folder: Path, **asked: Any) -> dict[str, Any]:
    """A run on Ray in a process of its own: see `measured_run.py`.

    Raises:
        SideError: It failed.
    """
    command = [sys.executable, str(_HERE / "measured_run.py"), str(folder), bench.out(), json.dumps(asked)]
    done = subprocess.run(command, env=bench.environment, capture_output=True, text=True)
    if done.returncode:
        raise SideError("measured_run.py", f"exit {done.returncode}: {done.stderr.strip()[-800:]}", "exit 0")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _alternate(bench: Bench, folder: Path) -> list[tuple[float, ...]]:
    """The seconds of `detector infer` and of `detector infer --ray` in every round."""

    def seconds(*options: str) -> float:
        command = [script("detector"), "infer", str(folder), "--out", bench.out(), *options]
        usage: Usage = run_process(command, bench.environment, bench.folder)
        return usage.seconds

    return take_turns([partial(seconds, "--save", "csv"), partial(seconds, "--ray")], bench.rounds)


def _rate(pictures: int, many: Sequence[float], few: Sequence[float]) -> tuple[float, ...]:
    return tuple(pictures / (all_of_them - start) for all_of_them, start in zip(many, few, strict=True))


def _tiny_pictures(number: int, folder: Path) -> Path:
    """A folder of so many small files, each a hard link to one of some; a file can have some ten thousand links."""
    folder.mkdir()
    for i in range(number):
        path = folder / f"{i:07}.png"
        if i % 10_000 == 0:
            noise = np.random.default_rng(i).integers(0, 255, (_SIDE, _SIDE, 3), np.uint8)
            cv2.imwrite(str(path), noise)
            original = path
        else:
            path.hardlink_to(original)
    return folder


def _memory(values: Sequence[int]) -> str:
    return ", ".join(figure(value / _MB) for value in (values[0], values[-1], max(values)))
