"""`detector info`."""

import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from detector import __version__
from detector.cli.console import console, printable
from detector.device import available_cores, resolve_device
from detector.errors import WeightsError

_PACKAGES = (
    *("numpy", "opencv-python", "opencv-python-headless", "pillow", "pillow-heif", "av", "openvino", "onnxruntime"),
    *("torch", "ultralytics", "pydantic", "sqlalchemy", "typer"),
)
_WIDTH = max(map(len, _PACKAGES)) + 1


def info(
    weights: Annotated[
        Path | None,
        typer.Option("--weights", "-w", metavar="PATH", help="A .pt file or an export. Default: the shipped weights."),
    ] = None,
) -> None:
    """Print versions, processor, backend and weights, as text for a bug report. Nothing is sent."""
    for name, value in _lines(weights):
        console.print(f"{name:{_WIDTH}} {printable(_without_home(value))}", markup=False, soft_wrap=True)


def _lines(weights: Path | None) -> Iterator[tuple[str, str]]:
    yield "mask-detector", f"{__version__}, in {Path(__file__).resolve().parents[1]}"
    yield "Python", f"{platform.python_version()} {platform.python_implementation()}"
    yield "system", platform.platform()
    yield "processor", f"{_processor()}, {available_cores()} of {os.cpu_count()} cores"
    yield "device", _or_error(_device)
    for package in _PACKAGES:
        yield package, _version(package)
    yield "weights", _or_error(lambda: _hashed(_existing(weights)))
    yield "network", _or_error(lambda: _network(weights))


def _or_error(describe: Callable[[], str]) -> str:
    """What a function says, or why it fails: a bug report is made where something does."""
    try:
        return describe()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _without_home(text: str) -> str:
    """A text without the user's name, as far as it is in paths."""
    home = os.path.expanduser("~")  # noqa: PTH111  (`Path.home` fails where there is none)
    return text.replace(home + os.sep, "~" + os.sep) if len(home) > 1 else text


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor() or 'unknown')} ({platform.machine()})"


def _device() -> str:
    device = resolve_device("auto")
    if not device.isdecimal():
        return device
    import torch

    return f"CUDA {device}: {torch.cuda.get_device_name(int(device))}, CUDA {torch.version.cuda}"


def _existing(weights: Path | None) -> Path:
    """The weights on this disk; those of a release of ultralytics would be downloaded."""
    from detector.model.weights import find_weights

    if weights is not None and not weights.exists():
        raise WeightsError(weights, "no such file", "weights on this disk")
    return find_weights(weights, exports=True)


def _network(weights: Path | None) -> str:
    """The network that `auto` runs, loaded to see that it can be."""
    from detector.model.backends import load_backend

    backend = load_backend(_existing(weights), backend="auto", device="auto", trust=False)
    return f"{type(backend).__name__} loads {_hashed(backend.path)}; imgsz {backend.imgsz}, {', '.join(backend.names)}"


def _hashed(path: Path) -> str:
    from detector.model.weights import weights_sha256

    if path.is_dir():  # an OpenVINO export
        path = next(path.glob("*.xml"), path)
    return f"{path} (SHA-256 {weights_sha256(path)})"
