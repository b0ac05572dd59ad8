"""`export` writes weights as a network that runs without torch, in the format of OpenVINO or ONNX."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import OptionError, check_range
from detector.export.networks import prepare, to_openvino, write_onnx, write_openvino
from detector.export.target import check_target, target_path
from detector.files import make_folder

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.export.quantize import Attempt
    from detector.model.weights import LoadedWeights

FORMATS = ("openvino", "onnx")

_INSTALL = "pip install 'mask-detector[export]'"


def export(
    weights: str | Path | None = None,
    *,
    format: str,
    int8: bool = False,
    data: str | Path | None = None,
    imgsz: int | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    trust_weights: bool = False,
    calibration_images: int = 300,
    max_drop: float = 0.005,
    on_stage: Callable[[str], None] = lambda stage: None,
    on_image: Callable[[int, int], None] = lambda done, total: None,
    on_attempt: "Callable[[Attempt], None]" = lambda attempt: None,
    on_problem: "Callable[[Problem], None]" = lambda problem: None,
) -> Path:
    """Write weights as a network that runs without torch; `docs/export.md` says what is in the files.

    Args:
        weights: A `.pt` file, or the name of an ultralytics release. None: the weights that come with the package.
        format: "openvino" or "onnx".
        int8: Compute with 8-bit integers, which is faster on a CPU; OpenVINO only.
        data: For INT8, the yaml of a dataset with the classes of the weights. Value ranges are taken from its training
            pictures, and the loss is measured on its validation pictures.
        imgsz: The longer side that pictures are scaled to by default, rounded up to a multiple of the stride.
            None: the size that the weights were trained at.
        out: The folder to write to; None: beside the weights, where `Detector` finds it.
        overwrite: Replace an existing export. An export beside the weights that was made from other weights is always
            replaced.
        trust_weights: Load a file that runs code when loaded.
        calibration_images: At most so many training pictures are used, drawn with a fixed seed.
        max_drop: The loss of AP50 on the validation pictures that is accepted; while it is larger, more of the network
            stays in floating point.
        on_stage: Called with the name of each stage as it begins.
        on_image: Called with (pictures done, pictures in all).
        on_attempt: Called with every quantised network that was measured.
        on_problem: Called with every picture of the dataset that could not be used.

    Returns:
        The OpenVINO folder, or the `.onnx` file.

    Raises:
        UsageError: An argument makes no sense, a package is missing, the dataset has other classes, or the export is
            there already.
        WeightsError: The weights could not be found, trusted or loaded, or are of a kind that cannot be exported.
        MaskDetectorError: The dataset cannot be read, or the export cannot be written.
    """
    from detector.model.weights import find_weights, load_weights

    _check_arguments(format, int8, data)
    check_range("imgsz", imgsz, 32, 8192)
    check_range("calibration_images", calibration_images, 1, 100_000)
    check_range("max_drop", max_drop, 0, 1)
    path = find_weights(weights)
    target = target_path(path, format, int8, out)
    make_folder(target.parent)
    check_target(target, path, overwrite, beside=out is None)
    calibration = None
    if int8:
        from detector.export.quantize import load_calibration

        calibration = load_calibration(Path(data or ""), calibration_images)
    on_stage("reading weights")
    loaded = load_weights(path, trust=trust_weights)
    if calibration is not None:
        from detector.evaluation.subjects import check_same_classes

        check_same_classes(calibration.dataset, loaded.names, path)
    network, stride = prepare(loaded)
    size = loaded.imgsz if imgsz is None else imgsz
    metadata = _metadata(loaded, size + -size % stride, stride)
    on_stage("converting")
    if format == "onnx":
        write_onnx(network, metadata, target)
        return target
    model = to_openvino(network)
    if calibration is not None:
        from detector.export.quantize import quantize

        model, about = quantize(
            model, metadata, calibration, max_drop, on_stage=on_stage, on_image=on_image, on_attempt=on_attempt
        )
        metadata |= about
        for problem in calibration.problems.omissions:
            on_problem(problem)
    write_openvino(model, metadata, target)
    return target


def _check_arguments(format: str, int8: bool, data: str | Path | None) -> None:
    if format not in FORMATS:
        raise OptionError("format", f"{format!r}", " or ".join(FORMATS))
    if int8 and format != "openvino":
        raise OptionError("int8", f"with {format}", "OpenVINO, where INT8 is faster")
    if int8 and data is None:
        raise OptionError("int8", "no data", "the data.yaml of a dataset with the classes of the weights")
    if data is not None and not int8:
        raise OptionError("data", "given without `int8`", "both or neither: FP32 needs no pictures")
    if int8 and find_spec("nncf") is None:
        raise OptionError("int8", "needs nncf, which is not installed", _INSTALL)
    if format == "onnx" and find_spec("onnx") is None:
        raise OptionError("format", "'onnx' needs onnx, which is not installed", _INSTALL)


def _metadata(loaded: "LoadedWeights", imgsz: int, stride: int) -> dict[str, Any]:
    """The metadata that ultralytics reads, and the source of the export; the same in every run."""
    from detector.model.weights import sha256

    return {
        "task": "detect",
        "head": "Detect",
        "stride": stride,
        "batch": 1,
        "imgsz": [imgsz, imgsz],
        "names": dict(enumerate(loaded.names)),
        "channels": 3,
        "end2end": False,
        "args": {"batch": 1, "dynamic": True, "nms": False},
        "source": loaded.path.name,
        "source_sha256": sha256(loaded.path),
        "precision": "fp32",
    }
