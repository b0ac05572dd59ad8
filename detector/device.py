"""Which processor to run on."""

import os

from converters.errors import UsageError


def resolve_device(device: str = "auto") -> str:
    """Turn a `--device` value into one that torch and ultralytics understand.

    Args:
        device: "auto" (CUDA, then Apple's MPS, then the CPU), "cpu", "mps", "cuda", "cuda:1", or CUDA indices such as
            "0" or, for training on several GPUs, "0,1".

    Returns:
        "cpu", "mps", or CUDA indices ("0", "0,1").

    Raises:
        UsageError: The value is no device, or this machine does not have it.
    """
    import torch

    wanted = device.strip().lower()
    if wanted == "auto":
        if torch.cuda.is_available():
            return "0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if wanted == "cpu":
        return wanted
    if wanted == "mps":
        if not torch.backends.mps.is_available():
            raise UsageError("device", "'mps', which this machine or this build of torch does not have", "cpu or auto")
        return wanted
    indices = ["0"] if wanted == "cuda" else wanted.removeprefix("cuda:").split(",")
    if not all(index.isdecimal() for index in indices):
        raise UsageError("device", f"{device!r}", "auto, cpu, mps, or CUDA indices such as 0 or 0,1")
    available = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if missing := [index for index in indices if int(index) >= available]:
        raise UsageError("device", f"CUDA device {', '.join(missing)}, but {available} are available", "cpu or auto")
    return ",".join(indices)


def available_cores() -> int:
    """The number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
