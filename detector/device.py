"""The devices that a network may run on: CPU, CUDA, MPS."""

import ctypes
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from detector.errors import OptionError, UsageError

_torch_process: int | None = None  # the process that used torch first


def resolve_device(device: str = "auto") -> str:
    """Turn the option `device` into a value that torch and ultralytics understand.

    Args:
        device: "auto" (CUDA, then Apple's MPS, then the CPU), "cpu", "mps", "cuda", "cuda:1", or CUDA indices such as
            "0" or, for training on several GPUs, "0,1".

    Returns:
        "cpu", "mps", or CUDA indices ("0", "0,1").

    Raises:
        UsageError: The value is no device, or this machine does not have it; or the device is a GPU, and this process
            was forked from one that used torch.
    """
    wanted = device.strip().lower()
    if wanted == "cpu" or (wanted == "auto" and not _may_have_accelerator()):
        return "cpu"
    if find_spec("torch") is None:
        raise OptionError("device", f"{device!r}, for which torch is not installed", "cpu or auto")
    check_torch_not_forked()
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "0"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if wanted == "mps":
        if not torch.backends.mps.is_available():
            raise OptionError("device", "'mps', which this machine or this build of torch does not have", "cpu or auto")
        return wanted
    indices = ["0"] if wanted == "cuda" else wanted.removeprefix("cuda:").split(",")
    if not all(index.isdecimal() for index in indices):
        raise OptionError("device", f"{device!r}", "auto, cpu, mps, or CUDA indices such as 0 or 0,1")
    available = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if missing := [index for index in indices if int(index) >= available]:
        raise OptionError("device", f"CUDA device {', '.join(missing)}, but {available} are available", "cpu or auto")
    return ",".join(indices)


def check_torch_not_forked() -> None:
    """Refuse to use torch in a process that was forked from one that used it.

    A fork copies neither the threads of torch, so that calls would wait for them for ever, nor the state of a GPU.

    Raises:
        UsageError: This is such a process.
    """
    global _torch_process
    if _torch_process is None:
        _torch_process = os.getpid()
    if _torch_process != os.getpid():
        found = "used before this process was forked, so that it would wait for ever"
        raise UsageError("torch", found, 'processes from multiprocessing.get_context("spawn")')


@cache  # in a process that was forked, the driver gives another answer
def _may_have_accelerator() -> bool:
    """Whether there may be a GPU. torch knows for certain, but takes seconds to import."""
    if find_spec("torch") is None:
        return False
    if sys.platform == "darwin" or Path("/dev/kfd").exists():  # Apple's GPUs; AMD's under ROCm
        return True
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


CORE_LIMIT = "MASK_DETECTOR_CORES"
"""The environment variable that leaves this process fewer cores than it may use; for several processes side by side."""


def available_cores() -> int:
    """The number of CPU cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(core_limit() or cores, cores)


def core_limit() -> int | None:
    """The number of cores that the environment leaves this process; None where it says nothing."""
    value = os.environ.get(CORE_LIMIT, "")
    return int(value) if value.isdecimal() and int(value) else None
