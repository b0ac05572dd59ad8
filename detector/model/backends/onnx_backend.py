"""ONNX Runtime on a CPU. It needs neither torch nor ultralytics."""

from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.device import available_cores
from detector.errors import WeightsError
from detector.model.backends.forks import PerProcess
from detector.model.export_metadata import exported_from_metadata


class OnnxBackend:
    """Runs an `.onnx` file that `detector export` or ultralytics made.

    Args:
        path: The file.

    Raises:
        WeightsError: onnxruntime is not installed, or the file is damaged or no detection network.
    """

    batch_size = 1
    parallel = 1

    def __init__(self, path: Path) -> None:
        self.path = path
        self._session = PerProcess(self._open)
        self._lock = Lock()
        session = self._session.get()
        exported = exported_from_metadata(path, session.get_modelmeta().custom_metadata_map)
        self._input = session.get_inputs()[0].name
        self.names, self.imgsz, self.stride = exported.names, exported.imgsz, exported.stride
        self.square = not exported.dynamic

    def for_many(self) -> "OnnxBackend":
        """Itself, since one call uses all cores; see `Backend`."""
        return self

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network; see `Backend`."""
        with self._lock:
            session = self._session.get()
        pixels = batch[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32, order="C")
        pixels /= 255
        predictions: NDArray[np.float32] = session.run(None, {self._input: pixels})[0]
        return predictions

    def _open(self) -> Any:
        try:
            import onnxruntime
        except ImportError as error:
            raise WeightsError(
                self.path, "onnxruntime, which runs it, is not installed", "pip install 'mask-detector[onnx]'"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = available_cores()
        options.log_severity_level = 4  # fatal errors only; the others are raised as exceptions
        try:
            return onnxruntime.InferenceSession(self.path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its exceptions have no common base
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(self.path, f"not loadable ({reason})", "a network that ONNX Runtime reads") from error
