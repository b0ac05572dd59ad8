"""What the figures were taken on, and how much of what it can do is reached."""

import os
import platform
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median

from converters.pictures import displayed_size
from detector.device import available_cores
from detector.model.export_metadata import ExportedModel
from detector.model.letterbox import Letterbox
from infer_parts.alternation import Ratio, figure, row, table, take_turns
from infer_parts.bench import Bench
from infer_parts.operations import network_operations

_INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "asimddp")
_PACKAGES = ("openvino", "torch", "ultralytics", "opencv-python", "av", "numpy")
_GIGA = 1e9


def describe_machine(cpuinfo: Path = Path("/proc/cpuinfo")) -> dict[str, str]:
    """The processor, its instructions that matter to networks, what else it has to do, and versions.

    Args:
        cpuinfo: As Linux writes it; where there is none, less is known.
    """
    text = cpuinfo.read_text() if cpuinfo.is_file() else ""
    model = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*: (.+)$", text, re.MULTILINE)
    has = flags[1].split() if flags else []
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    versions = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in _PACKAGES)]
    return {
        "processor": f"{model[1] if model else platform.processor() or platform.machine()}, {available_cores()} cores",
        "instruction sets": ", ".join(name for name in _INSTRUCTIONS if name in has) or "unknown",
        "load average at the start": load,
        "versions": ", ".join(versions),
    }


def compare_with_peak(bench: Bench) -> None:
    """Print the operations per second of `infer` and of the network alone on the val pictures, and the machine's."""
    export = bench.export
    if export is None:
        print(f"\nNo OpenVINO export beside {bench.weights.name}: its operations were not counted.")
        return
    operations = mean(network_operations(export.path, [_input_shape(bench, export, path) for path in bench.pictures]))

    def reached(name: str) -> Callable[[], float]:
        turn = bench.turn(name, "pictures")
        return lambda: turn() * operations / _GIGA

    def peak(precision: str) -> Callable[[], float]:
        ask = bench.side("peak").ask
        return lambda: float(ask(precision=precision, seconds=bench.seconds)["operations_per_second"]) / _GIGA

    labels = ("`infer`", "the network alone", "3 x 3 convolutions, INT8", "3 x 3 convolutions, float32")
    turns = take_turns([reached("detector"), reached("network"), peak("int8"), peak("fp32")], bench.rounds)
    table(
        "Share of the machine's peak",
        "",
        "G operations per second",
        "share of the INT8 peak (range)",
        "of the float32 peak (range)",
    )
    for label, values in zip(labels, turns, strict=True):
        row(label, figure(median(values)), *(str(Ratio(values, highest)) for highest in turns[2:]))
    count = f"{operations / _GIGA:.2f} G operations for a picture"
    print(f"\nThe network takes {count}, two for each multiplication and addition: the mean of the val pictures.")


def _input_shape(bench: Bench, export: ExportedModel, picture: Path) -> tuple[int, int]:
    width, height = displayed_size(picture)
    return Letterbox.fit((height, width), bench.imgsz, export.stride, not export.dynamic).shape
