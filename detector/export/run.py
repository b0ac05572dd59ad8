"""`export` writes weights as a network that runs without torch, in the format of OpenVINO, ONNX or others."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.export.events import ExportEvents
from detector.export.networks import prepare, to_openvino, write_openvino
from detector.export.settings import ExportSettings
from detector.export.target import check_target, target_path
from detector.files import make_folder

if TYPE_CHECKING:
    from detector.export.quantize import Calibration
    from detector.model.weights import LoadedWeights

_SILENT = ExportEvents()


def export(weights: str | Path | None, settings: ExportSettings, events: ExportEvents = _SILENT) -> Path:
    """Write weights as a network that runs without torch; `docs/export.md` says what is in the files.

    Args:
        weights: A `.pt` file, or the name of an ultralytics release. None: the weights that come with the package.
        settings: The format and its options.
        events: Receive what happens meanwhile.

    Returns:
        The file or folder.

    Raises:
        UsageError: `out` is a file, the dataset has other classes, or the export is there already.
        WeightsError: The weights could not be found, trusted or loaded, or are of a kind that cannot be exported.
        MaskDetectorError: The dataset cannot be read, or the export cannot be written.
    """
    from detector.model.weights import find_weights

    path = find_weights(weights)
    target = target_path(path, settings)
    make_folder(target.parent)
    check_target(target, path, settings)
    calibration = _calibration(settings)
    events.on_stage("reading weights")
    loaded = _load(path, settings, calibration)
    network, stride = prepare(loaded)
    metadata = _metadata(loaded, settings, stride)
    events.on_stage("converting")
    if settings.kind.name == "openvino":
        _write_openvino(to_openvino(network), metadata, target, calibration, settings.max_drop, events)
    elif settings.kind.name == "onnx":
        from detector.export.onnx_file import write_onnx

        write_onnx(network, metadata, target, settings)
    else:
        from detector.export.other_formats import write_other

        write_other(loaded, metadata, target, settings)
    return target


def _calibration(settings: ExportSettings) -> "Calibration | None":
    """The pictures for INT8, read before the weights are loaded, so that a wrong dataset is told at once."""
    if not settings.int8 or settings.data is None:
        return None
    from detector.export.quantize import load_calibration

    return load_calibration(Path(settings.data), settings.calibration_images)


def _load(path: Path, settings: ExportSettings, calibration: "Calibration | None") -> "LoadedWeights":
    from detector.model.weights import load_weights

    loaded = load_weights(path, trust=settings.trust_weights)
    if calibration is not None:
        from detector.evaluation.subjects import check_same_classes

        check_same_classes(calibration.dataset, loaded.names, path)
    return loaded


def _write_openvino(
    model: Any,
    metadata: dict[str, Any],
    target: Path,
    calibration: "Calibration | None",
    max_drop: float,
    events: ExportEvents,
) -> None:
    """Write an `openvino.Model`, quantised where there are pictures for it."""
    if calibration is not None:
        from detector.export.quantize import quantize

        model, about = quantize(
            model,
            metadata,
            calibration,
            max_drop,
            on_stage=events.on_stage,
            on_image=events.on_image,
            on_attempt=events.on_attempt,
        )
        metadata = metadata | about
        for problem in calibration.problems.omissions:
            events.on_problem(problem)
    write_openvino(model, metadata, target)


def _metadata(loaded: "LoadedWeights", settings: ExportSettings, stride: int) -> dict[str, Any]:
    """The metadata that ultralytics reads, and the source of the export; the same in every run."""
    from detector.model.weights import sha256

    size = loaded.imgsz if settings.imgsz is None else settings.imgsz
    size += -size % stride
    batch = settings.batch
    return {
        "task": "detect",
        "head": "Detect",
        "stride": stride,
        "batch": batch,
        "imgsz": [size, size],
        "names": dict(enumerate(loaded.names)),
        "channels": 3,
        "end2end": False,
        "args": {"batch": batch, "dynamic": not settings.static, "nms": settings.nms},
        "source": loaded.path.name,
        "source_sha256": sha256(loaded.path),
        "precision": "fp32",
    }
