"""Whole processes: how long they take, and how much memory."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from infer_parts.alternation import Ratio, figure, row, table, take_turns
from infer_parts.bench import Bench
from infer_parts.inputs import link_pictures
from infer_parts.sides import THRESHOLDS
from infer_parts.workers import SideError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_FEW = 10  # pictures
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took.

    Attributes:
        seconds: From its start to its end.
        peak: The most memory that was resident at a time, in bytes.
    """

    seconds: float
    peak: int


def run_process(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Usage:
    """Run a command to its end.

    Args:
        command: A path and arguments; what it prints on standard output is dropped.
        environment: Its whole environment.
        folder: Its working folder.

    Raises:
        SideError: It failed.
    """
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), str(folder), *command]
    done = subprocess.run(launch, env=dict(environment), capture_output=True, text=True)
    code, seconds, peak = json.loads(done.stdout) if done.returncode == 0 else (done.returncode, 0.0, 0)
    if code:
        raise SideError(" ".join(command), f"exit {code}: {done.stderr.strip()[-800:]}", "exit 0")
    return Usage(seconds, peak)


def compare_one_picture(bench: Bench) -> None:
    """Print how long both programs take for one picture, from their start to their end."""
    source = bench.pictures[0].resolve()
    table("One picture, whole process", "", "`detector infer`", "`yolo predict`", "ratio (range)")
    row("seconds", *_seconds(_alternate(bench, _infer(bench, source), _predict(bench, source))).cells())


def compare_folder(bench: Bench) -> None:
    """Print how much memory both programs take for the val pictures, and how long."""
    source = link_pictures(bench.pictures, len(bench.pictures), bench.folder / "pictures-1")
    title = f"{len(bench.pictures)} val pictures, whole process"
    table(title, "", "`detector infer`", "`yolo predict`", "ratio (range)")
    usages = _alternate(bench, _infer(bench, source), _predict(bench, source))
    row("peak memory, MB", *Ratio(*(tuple(usage.peak / _MB for usage in side) for side in usages)).cells())
    row("seconds", *_seconds(usages).cells())


def compare_start(bench: Bench) -> None:
    """Print how long both programs take to start."""
    table("Start: seconds of the whole process", "", "`detector`", "ultralytics", "ratio (range)")
    usages = _alternate(bench, [script("detector"), "--help"], [script("yolo"), "help"])
    row("`detector --help`, `yolo help`", *_seconds(usages).cells())
    imports = [[sys.executable, "-c", f"import {package}"] for package in ("detector", "ultralytics")]
    row("`import` in Python", *_seconds(_alternate(bench, *imports)).cells())


def compare_many(bench: Bench, many: int) -> None:
    """Print how much memory `detector infer` takes for many pictures, once, and for a few, in every round."""
    files = bench.pictures[:: max(len(bench.pictures) // _FEW, 1)][:_FEW]

    def peak(count: int) -> float:
        source = link_pictures(files, count, bench.folder / f"links-{count}")
        return run_process(_infer(bench, source), bench.environment, bench.folder).peak / _MB

    few, lots = median(peak(_FEW) for _ in range(bench.rounds)), peak(many)
    table(f"`detector infer` on links to the same {len(files)} pictures", "", f"{many:,}", f"{_FEW}", "ratio")
    row("peak memory, MB", figure(lots), figure(few), f"{lots / few:.2f}")


def _infer(bench: Bench, source: Path) -> list[str]:
    weights = [] if bench.given is None else ["--weights", str(bench.given)]
    return [script("detector"), "infer", str(source), "--save", "none", *weights]


def _predict(bench: Bench, source: Path) -> list[str]:
    settings = {"model": bench.weights, "source": source, "imgsz": bench.imgsz, **THRESHOLDS}
    pairs = [f"{key}={value}" for key, value in settings.items()]
    return [script("yolo"), "predict", *pairs, "save=False", "verbose=False"]


def script(name: str) -> str:
    """The path of a command that was installed for this Python."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def _alternate(bench: Bench, ours: Sequence[str], theirs: Sequence[str]) -> list[tuple[Usage, ...]]:
    """The usage of our command and of ultralytics' in every round, after one run of each that fills caches."""
    sides = [
        partial(run_process, ours, bench.environment, bench.folder),
        partial(run_process, theirs, bench.rival_environment, bench.folder),
    ]
    take_turns(sides, 1)
    return take_turns(sides, bench.rounds)


def _seconds(usages: Sequence[Sequence[Usage]]) -> Ratio:
    return Ratio(*(tuple(usage.seconds for usage in side) for side in usages))
