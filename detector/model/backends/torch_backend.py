"""PyTorch: any YOLO checkpoint, on any device."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.device import available_cores, check_torch_not_forked
from detector.errors import OptionError, UsageError

if TYPE_CHECKING:
    from detector.model.weights import LoadedWeights


class TorchBackend:
    """Runs a checkpoint with torch: in half precision on CUDA, in single precision elsewhere.

    Args:
        weights: A loaded checkpoint; its model is moved to the device.
        device: As `resolve_device` gives it: "cpu", "mps" or one CUDA index.

    Raises:
        UsageError: Several devices were given, or the network's output is not that of a YOLO detector.
    """

    square = False

    def __init__(self, weights: "LoadedWeights", device: str) -> None:
        import torch

        if "," in device:
            raise OptionError("device", f"{device!r}", "one device; several are for training only")
        if getattr(weights.model, "end2end", False):
            raise UsageError(weights.path, "an end-to-end model without NMS", "a YOLOv8 or YOLO11 detection model")
        self.path = weights.path
        self.names = weights.names
        self.imgsz = weights.imgsz
        self._device = torch.device(f"cuda:{device}" if device.isdecimal() else device)
        self._dtype = torch.float16 if self._device.type == "cuda" else torch.float32
        # On a CPU a batch is no faster than its pictures one by one (see docs/infer.md).
        self.batch_size = 16 if self._device.type == "cuda" else 1
        # A GPU is faster than the core that prepares its batches, so several are prepared at once.
        self.parallel = min(4, available_cores()) if self._device.type == "cuda" else 1
        model = weights.model.fuse(verbose=False) if hasattr(weights.model, "fuse") else weights.model
        self._model = model.to(self._device, self._dtype, memory_format=torch.channels_last).eval()
        self.stride = max(int(model.stride.max()), 32)
        # One thread makes all calls: the head keeps the anchors of the last input, and each thread that calls torch
        # would start helper threads of its own, which compete for the cores.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="torch")

    def for_many(self) -> "TorchBackend":
        """Itself, since a batch uses the whole device; see `Backend`."""
        return self

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network; see `Backend`."""
        check_torch_not_forked()
        return self._thread.submit(self._run, batch).result()

    def _run(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            pixels = torch.from_numpy(batch).to(self._device).permute(0, 3, 1, 2).flip(1)
            pixels = pixels.to(self._dtype, memory_format=torch.channels_last).div_(255)
            output = self._model(pixels)
            raw = output[0] if isinstance(output, list | tuple) else output
            predictions: NDArray[np.float32] = raw.float().cpu().numpy()
            return predictions
