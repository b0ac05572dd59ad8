"""The path of an export, and what may be replaced there."""

import contextlib
from pathlib import Path

from detector.errors import OptionError, UsageError, WeightsError
from detector.export.formats import FORMATS
from detector.export.settings import ExportSettings
from detector.model.export_metadata import METADATA_FILE, read_exported

_PACKAGE = Path(__file__).resolve().parents[1]
# Names of files that people give instead of a folder.
_FILES = {kind.suffix for kind in FORMATS.values() if kind.suffix.startswith(".")} | {".xml", ".bin", ".pt", ".mlmodel"}
# What is in the folders that ultralytics and this program write.
_PART_SUFFIXES = {".xml", ".bin", ".param", ".py"}
_PART_NAMES = {METADATA_FILE, "Data", "Manifest.json"}


def target_path(weights: Path, settings: ExportSettings) -> Path:
    """The path of an export, with the name by which ultralytics recognises its format.

    Args:
        weights: The `.pt` file.
        settings: The format, and the folder to write to; without one it is that of the weights.

    Raises:
        OptionError: `out` is the name of a file.
    """
    folder = _beside(weights) if settings.out is None else _folder(Path(settings.out))
    added = "_int8" if settings.int8 else "_nms" if settings.nms else ""
    return folder / f"{weights.stem}{added}{settings.kind.suffix}"


def _beside(weights: Path) -> Path:
    """The folder of the weights; the working folder for those inside the installed package, where pip alone writes."""
    return Path() if weights.resolve().is_relative_to(_PACKAGE) else weights.parent


def _folder(out: Path) -> Path:
    if not out.is_dir() and (out.is_file() or out.suffix.lower() in _FILES):
        raise OptionError("out", f"{str(out)!r}, a file", "a folder; the name of the export comes from the weights")
    return out


def check_target(target: Path, weights: Path, settings: ExportSettings) -> None:
    """Refuse to replace files that the user may want to keep.

    Args:
        target: As `target_path` gives it.
        weights: The `.pt` file.
        settings: The format, and whether an export is replaced. Beside the weights, an export to OpenVINO or ONNX that
            was made from others always is.

    Raises:
        UsageError: Something is there that is not replaced.
    """
    from detector.model.weights import sha256

    if not target.exists():
        return
    _check_kind(target, settings.kind.is_folder)
    outdated = target.parent == weights.parent and _made_from(target) not in (None, sha256(weights))
    if not settings.overwrite and not outdated:
        raise UsageError(target, "exists already", "`overwrite` to replace it")


def _check_kind(target: Path, is_folder: bool) -> None:
    if target.is_dir() != is_folder:
        raise UsageError(target, "a file" if is_folder else "a folder", "an earlier export, or nothing")
    for path in target.iterdir() if is_folder else ():
        if path.suffix not in _PART_SUFFIXES and path.name not in _PART_NAMES:
            raise UsageError(target, f"a folder with other files in it ({path.name})", "an earlier export, or nothing")


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
