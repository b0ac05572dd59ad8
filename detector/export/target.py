"""The path of an export, and what may be replaced there."""

import contextlib
from pathlib import Path

from detector.errors import UsageError, WeightsError
from detector.model.export_metadata import METADATA_FILE, read_exported


def target_path(weights: Path, format: str, int8: bool, out: str | Path | None) -> Path:
    """The path of an export, with the name by which ultralytics recognises its format.

    Args:
        weights: The `.pt` file.
        format: "openvino" or "onnx".
        int8: Whether the network is quantised.
        out: The folder to write to; None: that of the weights.
    """
    folder = weights.parent if out is None else Path(out)
    kind = ".onnx" if format == "onnx" else "_int8_openvino_model" if int8 else "_openvino_model"
    return folder / f"{weights.stem}{kind}"


def check_target(target: Path, weights: Path, overwrite: bool, beside: bool) -> None:
    """Refuse to replace files that the user may want to keep.

    Args:
        target: As `target_path` gives it.
        weights: The `.pt` file.
        overwrite: Replace an existing export.
        beside: The export lies beside the weights. An export there that was made from other weights is replaced.

    Raises:
        UsageError: Something is there that is not replaced.
    """
    from detector.model.weights import sha256

    if not target.exists():
        return
    folder = target.suffix != ".onnx"
    if target.is_dir() != folder:
        raise UsageError(target, "a file" if folder else "a folder", "an earlier export, or nothing")
    if folder and (
        others := [
            path.name for path in target.iterdir() if path.suffix not in {".xml", ".bin"} and path.name != METADATA_FILE
        ]
    ):
        raise UsageError(target, f"a folder with other files in it ({others[0]})", "an earlier export, or nothing")
    outdated = beside and _made_from(target) not in (None, sha256(weights))
    if not overwrite and not outdated:
        raise UsageError(target, "exists already", "`overwrite` to replace it")


def _made_from(target: Path) -> str | None:
    """The SHA-256 of the weights that an export was made from; None where it does not say."""
    if target.suffix == ".onnx":
        import onnx

        with contextlib.suppress(Exception):  # protobuf raises nearly anything on damaged files
            return {entry.key: entry.value for entry in onnx.load(target).metadata_props}.get("source_sha256")
        return None
    with contextlib.suppress(WeightsError):
        return read_exported(target).source_sha256
    return None
