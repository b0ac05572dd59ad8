"""Backends, which run a network: a batch of letterboxed images in, raw predictions out."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.errors import OptionError, WeightsError
from detector.settings import BACKENDS


class Backend(Protocol):
    """A network that is ready to run; any number of threads may call it at once.

    Callers read and letterbox the images, and apply non-maximum suppression, in the same way for every backend.

    Attributes:
        names: Class names by class id.
        imgsz: The longer side that the network was made for, in pixels.
        stride: Both sides of its input are multiples of this.
        square: Its input is always imgsz x imgsz.
        batch_size: The number of pictures it is fastest with.
        parallel: How many calls are worth making at once; further ones wait.
        path: The file the network came from.
    """

    names: tuple[str, ...]
    imgsz: int
    stride: int
    square: bool
    batch_size: int
    parallel: int
    path: Path

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network.

        Args:
            batch: BGR uint8 (N, H, W, 3).

        Returns:
            float32 (N, 4 + classes, anchors): centre x, centre y, width, height in pixels of the input, then scores.
        """
        ...

    def for_many(self) -> "Backend":
        """The same network, set up for the most images per second instead of the shortest time for one."""
        ...


def load_backend(weights: str | Path | None, *, backend: str, device: str, trust: bool) -> Backend:
    """Load weights into the backend that runs them.

    Args:
        weights: A `.pt` file, an exported OpenVINO folder or `.onnx` file; None for the shipped weights.
        backend: "auto", "torch", "openvino" or "onnx".
        device: "auto", "cpu", "mps", "cuda" or a CUDA index.
        trust: Load a file that runs code when loaded.

    Raises:
        UsageError: There is no such backend or device, or it does not run such weights.
        WeightsError: The weights could not be found, trusted or loaded.
    """
    if backend not in BACKENDS:
        raise OptionError("backend", f"{backend!r}", " or ".join(BACKENDS))
    from detector.device import resolve_device
    from detector.model.weights import find_export, find_weights

    device = resolve_device(device)
    path = find_weights(weights, exports=True)
    if path.suffix.lower() == ".pt" and backend != "torch" and (backend != "auto" or device == "cpu"):
        export = find_export(path, backend)
        if export is None and backend != "auto":
            raise WeightsError(
                path, f"no {backend} export of it beside it", f"detector export --weights {path} --format {backend}"
            )
        path = export or path
    kind = {".pt": "torch", ".onnx": "onnx"}.get(path.suffix.lower(), "openvino")
    if backend not in ("auto", kind):
        raise OptionError("backend", f"{backend!r}, but {path} is for {kind}", f"{kind} or auto")
    if kind == "torch":
        from detector.model.backends.torch_backend import TorchBackend
        from detector.model.weights import load_weights

        return TorchBackend(load_weights(path, trust=trust), device)
    if device != "cpu":
        raise OptionError("device", f"{device!r}, but {path} runs on the CPU only", "cpu or auto, or a .pt file")
    if kind == "onnx":
        from detector.model.backends.onnx_backend import OnnxBackend

        return OnnxBackend(path)
    from detector.model.backends.openvino_backend import OpenVinoBackend

    return OpenVinoBackend(path)
