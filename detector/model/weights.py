"""Finding weights, and loading them without running code from their files."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.device import check_torch_not_forked
from detector.errors import WeightsError
from detector.libraries import cache_dir, import_ultralytics
from detector.model.checkpoints import network_of, read_checkpoint
from detector.model.export_metadata import read_exported

SHIPPED_NAME = "mask-yolov8n.pt"


@dataclass(frozen=True, slots=True)
class LoadedWeights:
    """A model, and what its file says about it.

    Attributes:
        model: The float32 `torch.nn.Module`, on the CPU and in evaluation mode.
        names: Class names by class id.
        imgsz: The longer side, in pixels, that the weights were trained at.
        path: The file they came from.
        epoch: The last finished epoch, counted from 0, of a training that was cut off; -1 for finished weights.
        epochs: How many epochs they were to be trained for; 0 where the file does not say.
    """

    model: Any
    names: tuple[str, ...]
    imgsz: int
    path: Path
    epoch: int
    epochs: int


def shipped_weights() -> Path:
    """Check the weights that come with the package, and their export, by their SHA-256, and return their path.

    Raises:
        WeightsError: A file is missing, or is not the one that was shipped.
    """
    here = Path(__file__).resolve().parents[1]
    # Inside an installed package, or at the top level of a source checkout.
    folder = next((f for f in (here / "shipped", here.parent / "weights") if (f / SHIPPED_NAME).is_file()), None)
    if folder is None:
        raise WeightsError(here / "shipped" / SHIPPED_NAME, "no such file", "a complete installation of mask-detector")
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    for expected, name in (line.split() for line in lines if line.strip()):
        path = folder / name
        found = f"SHA-256 {sha256(path)}" if path.is_file() else "no such file"
        if found != f"SHA-256 {expected}":
            raise WeightsError(path, found, f"SHA-256 {expected}; reinstall mask-detector")
    return folder / SHIPPED_NAME


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights_sha256(path: Path) -> str:
    """The SHA-256 of the file that holds the numbers: of an OpenVINO export the `.bin` beside its `.xml`."""
    return sha256(path.with_suffix(".bin") if path.suffix == ".xml" else path)


def find_export(checkpoint: Path, backend: str) -> Path | None:
    """The export that lies beside a `.pt` file, under the names that `detector export` and ultralytics give.

    Args:
        checkpoint: A `.pt` file.
        backend: "openvino" or "onnx"; "auto" looks for OpenVINO's only.

    Returns:
        An OpenVINO folder, the INT8 one before the other, or an `.onnx` file; None where there is none.

    Raises:
        WeightsError: It was made from another `.pt` file, or cannot be read.
    """
    stem = checkpoint.stem
    names = [f"{stem}.onnx"] if backend == "onnx" else [f"{stem}_int8_openvino_model", f"{stem}_openvino_model"]
    export = next((path for name in names if (path := checkpoint.with_name(name)).exists()), None)
    if export is None:
        return None
    made_from = read_exported(export).source_sha256
    if made_from is not None and made_from != sha256(checkpoint):
        raise WeightsError(
            export,
            f"made from another {checkpoint.name} than the one beside it",
            "a new `detector export`, or no export",
        )
    return export


def find_weights(weights: str | Path | None, *, exports: bool = False) -> Path:
    """Turn the option `weights` into the path of existing weights.

    Args:
        weights: A path; None for the shipped weights; or the bare name of an ultralytics release ("yolov8n.pt"), which
            is fetched into the cache unless a file of that name exists. This is the only use of the network.
        exports: Take OpenVINO folders, their `.xml` and `.onnx` files too, not only `.pt` files.

    Raises:
        WeightsError: There is no such file.
    """
    if weights is None:
        return shipped_weights()
    path = Path(weights)
    if path.is_file() or (exports and path.is_dir()):
        return path
    if path.is_dir():
        raise WeightsError(path, "a folder", "a .pt file")
    if path.suffix == ".pt" and str(weights) == path.name:
        import_ultralytics()
        from ultralytics.utils.downloads import GITHUB_ASSETS_NAMES, attempt_download_asset

        if path.name in GITHUB_ASSETS_NAMES:
            cached = cache_dir() / path.name
            if not cached.is_file():
                try:
                    attempt_download_asset(str(cached))
                except Exception as error:
                    raise WeightsError(path, f"not on disk, and fetching it failed ({error})") from error
            if cached.is_file():
                return cached
            raise WeightsError(path, "not on disk, and it could not be fetched", "a network, or a path to a .pt file")
    raise WeightsError(path, "no such file", "a .pt file, or the name of an ultralytics release such as yolov8n.pt")


def load_weights(path: Path, *, trust: bool = False) -> LoadedWeights:
    """Load a YOLO detection checkpoint.

    Args:
        path: A `.pt` file.
        trust: Also load checkpoints that need code from their pickle to be run.

    Raises:
        UsageError: This process was forked from one that used torch.
        WeightsError: The file is damaged, needs code to be run and `trust` is off, or is no detection model.
    """
    check_torch_not_forked()
    checkpoint = read_checkpoint(path, trust=trust)
    model = network_of(checkpoint, path)
    if getattr(model, "task", None) != "detect":
        raise WeightsError(path, f"a model for the task {getattr(model, 'task', None)!r}", "a YOLO detection model")
    names = model.names
    names = tuple(names[key] for key in sorted(names)) if isinstance(names, dict) else tuple(names)
    arguments = checkpoint.get("train_args") or {}
    imgsz = arguments.get("imgsz") or 640
    imgsz = int(max(imgsz) if isinstance(imgsz, list | tuple) else imgsz)
    unfinished = checkpoint.get("optimizer") is not None
    epoch = int(checkpoint.get("epoch", -1)) if unfinished else -1
    return LoadedWeights(model, names, imgsz, path, epoch, int(arguments.get("epochs") or 0))
