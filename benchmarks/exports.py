"""How long the network takes as each export, on one core: `python benchmarks/exports.py EXPORT ... [--cores 1]`.

The times are of the processor, and the exports take turns, so that other programs disturb little. Letterbox, NMS and
reading are not part of them.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from detector.libraries import import_openvino

Run = Callable[[np.ndarray[Any, Any]], object]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exports", nargs="+", type=Path, help="exports, and a .pt file to compare with; the first is 1")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--imgsz", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    os.environ["OMP_NUM_THREADS"] = str(options.cores)
    pixels = np.random.default_rng(0).random((1, 3, options.imgsz, options.imgsz), dtype=np.float32)
    runs = {path: load(path, options.cores) for path in options.exports}
    times: dict[Path, list[float]] = {path: [] for path in runs}
    for number in range(options.rounds + 2):
        for path, run in runs.items():
            start = time.process_time()
            run(pixels)
            if number > 1:
                times[path].append(time.process_time() - start)
    print(f"{platform.machine()}, {', '.join(features())}; {options.cores} core(s), {options.imgsz} x {options.imgsz}")
    print("| export | milliseconds of processor time, median | ratio (quartiles of the rounds) |\n|---|---|---|")
    for path, taken in times.items():
        ratios = [one / first for one, first in zip(taken, times[options.exports[0]], strict=True)]
        low, middle, high = statistics.quantiles(ratios)
        print(f"| {path.name} | {statistics.median(taken) * 1000:.0f} | {middle:.2f} ({low:.2f} to {high:.2f}) |")


def features() -> list[str]:
    """Which of the instructions that count here the processor has."""
    words = Path("/proc/cpuinfo").read_text().split() if Path("/proc/cpuinfo").is_file() else []
    known = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp")
    return [name for name in known if name in words] + [f"no {name}" for name in known[2:4] if name not in words]


def load(path: Path, cores: int) -> Run:
    """A function that runs an export on float32 (1, 3, H, W)."""
    kind = "_ncnn_model" if path.name.endswith("_ncnn_model") else path.suffix
    return {".pt": torch, ".onnx": onnx, ".tflite": litert, "_ncnn_model": ncnn}.get(kind, openvino)(path, cores)


def torch(path: Path, cores: int) -> Run:
    """torch, as the backend of the same name runs it."""
    import torch

    from detector.model.weights import load_weights

    torch.set_num_threads(cores)
    network = load_weights(path).model.fuse(verbose=False).to(memory_format=torch.channels_last).eval()

    def run(pixels: np.ndarray[Any, Any]) -> object:
        with torch.inference_mode():
            return network(torch.from_numpy(pixels).contiguous(memory_format=torch.channels_last))

    return run


def openvino(path: Path, cores: int) -> Run:
    """OpenVINO, in single precision where the network is not quantised."""
    settings = {"INFERENCE_NUM_THREADS": cores, "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
    compiled = import_openvino().Core().compile_model(next(path.glob("*.xml")), "CPU", settings)
    return lambda pixels: compiled(pixels)


def onnx(path: Path, cores: int) -> Run:
    """ONNX Runtime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"images": pixels})


def ncnn(path: Path, cores: int) -> Run:
    """ncnn, with its own settings."""
    import ncnn

    network = ncnn.Net()
    network.opt.num_threads = cores
    network.load_param(str(path / "model.ncnn.param"))
    network.load_model(str(path / "model.ncnn.bin"))

    def run(pixels: np.ndarray[Any, Any]) -> object:
        with network.create_extractor() as extractor:
            extractor.input("in0", ncnn.Mat(pixels[0]))
            return np.array(extractor.extract("out0")[1])

    return run


def litert(path: Path, cores: int) -> Run:
    """LiteRT, with XNNPACK."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=cores)
    interpreter.allocate_tensors()
    given, given_back = (part()[0]["index"] for part in (interpreter.get_input_details, interpreter.get_output_details))

    def run(pixels: np.ndarray[Any, Any]) -> object:
        interpreter.set_tensor(given, pixels)
        interpreter.invoke()
        return interpreter.get_tensor(given_back)

    return run


if __name__ == "__main__":
    main()
