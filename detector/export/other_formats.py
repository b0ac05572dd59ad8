"""Exports through ultralytics' exporter, in a process of its own.

The converters print a lot, some from C++, and may crash; so the exporter runs apart from this program.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from detector.errors import OutputError, WeightsError
from detector.export.formats import ExportFormat
from detector.export.settings import ExportSettings
from detector.model.weights import LoadedWeights


def write_other(loaded: LoadedWeights, metadata: dict[str, Any], target: Path, settings: ExportSettings) -> None:
    """Write an export of a format that ultralytics converts to, whole or not at all.

    `docs/export.md` says for each format what its input and output are.

    Args:
        loaded: The weights.
        metadata: Written into the export, with ultralytics' settings.
        target: The file or folder.
        settings: Name the format, and say how many pictures a batch has, and whether the weights may run code.

    Raises:
        WeightsError: ultralytics could not convert them.
        OutputError: The export cannot be written.
    """
    kind = settings.kind
    order = {
        "weights": str(loaded.path.resolve()),
        "trust": settings.trust_weights,
        "stem": target.name.removesuffix(kind.suffix),
        "format": kind.ultralytics,
        "batch": settings.batch,
        "metadata": metadata,
    }
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".export-") as name:
            made = _run({**order, "folder": name}, loaded.path, kind)
            _replace(made, target)
    except OSError as error:
        raise OutputError(target, f"not writable ({error.strerror})", "a folder with space for the export") from error


def _run(order: dict[str, Any], weights: Path, kind: ExportFormat) -> Path:
    command = [sys.executable, "-m", "detector.export.exporter_process", json.dumps(order)]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    made = Path(order["folder"], "made.txt")
    if ended.returncode or not made.is_file():
        lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        reason = lines[-1][:200] if lines else f"exit status {ended.returncode}"
        raise WeightsError(weights, f"not convertible to {kind.name} by ultralytics ({reason})", "another format")
    return Path(made.read_text())


def _replace(made: Path, target: Path) -> None:
    """Move an export to its place; what is there is replaced at the end only."""
    if target.is_dir():
        target.rename(made.with_name("replaced"))
    made.replace(target)
