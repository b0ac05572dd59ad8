"""OpenVINO on a CPU, the default for the shipped weights. It needs neither torch nor ultralytics."""

from copy import copy
from functools import partial
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.device import core_limit
from detector.errors import WeightsError
from detector.libraries import import_openvino
from detector.model.backends.forks import PerProcess
from detector.model.export_metadata import read_exported

_first_use = Lock()


class OpenVinoBackend:
    """Runs an exported network, FP32 or INT8, from the folder that `detector export` or ultralytics made.

    Args:
        path: The folder, or the `.xml` in it.

    Raises:
        WeightsError: The export is incomplete, damaged, or no detection network.
    """

    # Images in one batch wait for each other. Parallel requests do not.
    batch_size = 1

    def __init__(self, path: Path) -> None:
        openvino = import_openvino()
        with _first_use:
            # OpenVINO's binding initialises itself when it gets its first array. Two threads that do that at once
            # deadlock.
            openvino.Tensor(np.zeros(1, np.uint8)).data.copy()
        exported = read_exported(path)
        self.path = exported.path
        self.names, self.imgsz, self.stride = exported.names, exported.imgsz, exported.stride
        self.square = not exported.dynamic
        try:
            self._network = _from_pixels(openvino.Core().read_model(exported.path))
        except Exception as error:  # OpenVINO raises RuntimeError with a page of text
            raise WeightsError(exported.path, _reason(error), "a network that OpenVINO reads") from error
        self.parallel = 1
        self._requests = PerProcess(partial(self._compile, "LATENCY"))
        self._lock = Lock()

    def for_many(self) -> "OpenVinoBackend":
        """The network in several streams; see `Backend`."""
        other = copy(self)
        other._requests = PerProcess(partial(self._compile, "THROUGHPUT"))
        other.parallel = other._requests.get().qsize()
        return other

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network; see `Backend`."""
        with self._lock:  # one thread compiles for all
            requests = self._requests.get()
        request = requests.get()
        try:
            request.infer({0: batch}, share_inputs=True)
            predictions: NDArray[np.float32] = request.get_output_tensor(0).data.copy()
            return predictions
        finally:
            requests.put(request)

    def _compile(self, hint: str) -> "LifoQueue[Any]":
        """Compile the network.

        Args:
            hint: OpenVINO's performance hint, "LATENCY" or "THROUGHPUT".

        Returns:
            As many requests as are worth running in parallel.
        """
        openvino = import_openvino()
        # Layers that are not quantised run in single precision, also on processors with bfloat16: the results are the
        # same everywhere. Threads are not pinned to cores, because those of another program may be pinned to the same.
        settings: dict[str, Any] = {
            "PERFORMANCE_HINT": hint,
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,
        }
        if (cores := core_limit()) is not None:
            settings["INFERENCE_NUM_THREADS"] = cores
        try:
            compiled = openvino.Core().compile_model(self._network, "CPU", settings)
        except Exception as error:
            raise WeightsError(self.path, _reason(error), "a network that OpenVINO can run") from error
        requests: LifoQueue[Any] = LifoQueue()
        for _ in range(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")):
            requests.put(compiled.create_infer_request())
        return requests


def _from_pixels(network: Any) -> Any:
    """Add operations to the network that turn BGR bytes (N, H, W, 3) into its input, RGB float32 (N, 3, H, W)."""
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

    steps = PrePostProcessor(network)
    pixels = steps.input()
    pixels.tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
    pixels.model().set_layout(Layout("NCHW"))
    pixels.preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB).scale(255.0)
    return steps.build()


def _reason(error: Exception) -> str:
    """The last line of OpenVINO's message, which says what is wrong; the other lines name places in its source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"not loadable ({lines[-1][:200] if lines else type(error).__name__})"
