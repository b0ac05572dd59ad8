"""What runs a network: a batch of letterboxed pictures in, raw predictions out."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from detector.errors import UsageError

BACKENDS = ("auto", "torch")


class Backend(Protocol):
    """A network that is ready to run.

    Reading pictures, letterboxing and non-maximum suppression are done outside, once for all backends.

    Attributes:
        names: Class names by class id.
        imgsz: The longer side that the network was made for, in pixels.
        stride: Both sides of its input are multiples of this.
        square: Its input is always imgsz x imgsz.
        batch_size: The number of pictures it is fastest with.
    """

    names: tuple[str, ...]
    imgsz: int
    stride: int
    square: bool
    batch_size: int

    def __call__(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the network.

        Args:
            batch: BGR uint8 (N, H, W, 3).

        Returns:
            float32 (N, 4 + classes, anchors): centre x, centre y, width, height in pixels of the input, then scores.
        """
        ...


def load_backend(weights: str | Path | None, *, backend: str, device: str, trust: bool) -> Backend:
    """Load weights into what runs them.

    Args:
        weights: A path; None for the shipped weights.
        backend: "auto" or "torch".
        device: "auto", "cpu", "mps", "cuda" or a CUDA index.
        trust: Load a file that runs code when loaded.

    Raises:
        UsageError: There is no such backend or device.
        WeightsError: The weights could not be found, trusted or loaded.
    """
    if backend not in BACKENDS:
        raise UsageError("backend", f"{backend!r}", " or ".join(BACKENDS))
    from detector.backends.torch_backend import TorchBackend
    from detector.device import resolve_device
    from detector.weights import find_weights, load_weights

    return TorchBackend(load_weights(find_weights(weights), trust=trust), resolve_device(device))
