"""`export` writes weights as a network that runs without torch, in the format of OpenVINO or ONNX."""

import contextlib
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import OptionError, UsageError, WeightsError, check_range
from detector.files import make_folder, writing, writing_folder
from detector.libraries import import_openvino, silent_logging
from detector.model.export_metadata import METADATA_FILE, read_exported

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.export.quantize import Attempt
    from detector.model.weights import LoadedWeights

FORMATS = ("openvino", "onnx")

_OPSET = 17  # read by every ONNX Runtime since 1.12
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
        weights: As for `Detector`, but a `.pt` file in any case.
        format: "openvino" or "onnx".
        int8: Compute with 8-bit integers, which is faster on a CPU; OpenVINO only.
        data: For INT8, the yaml of a dataset with the classes of the weights. Value ranges are taken from its training
            pictures, and the loss is measured on its validation pictures.
        imgsz: The longer side that pictures will be scaled to unless told otherwise; rounded up to a multiple of the
            stride. None: the size that the weights were trained at.
        out: The folder to write to; None: beside the weights, where `Detector` finds it.
        overwrite: Replace an existing export. Beside the weights, one that was made from other weights is replaced in
            any case.
        trust_weights: As for `Detector`.
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
    target = _target(path, format, int8, out)
    make_folder(target.parent)
    _check_target(target, path, overwrite, beside=out is None)
    calibration = None
    if int8:
        from detector.export.quantize import load_calibration

        calibration = load_calibration(Path(data or ""), calibration_images)
    on_stage("reading weights")
    loaded = load_weights(path, trust=trust_weights)
    if calibration is not None:
        from detector.evaluation.run import check_same_classes

        check_same_classes(calibration.dataset, loaded.names, path)
    network, stride = _prepare(loaded)
    size = loaded.imgsz if imgsz is None else imgsz
    metadata = _metadata(loaded, size + -size % stride, stride)
    on_stage("converting")
    if format == "onnx":
        _write_onnx(network, metadata, target)
        return target
    model = _to_openvino(network)
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


def write_openvino(model: Any, metadata: dict[str, Any], target: Path) -> None:
    """Write an OpenVINO folder, whole or not at all.

    Args:
        model: The `openvino.Model`.
        metadata: What `metadata.yaml` will hold.
        target: The folder; its network is named after `source` in the metadata.

    Raises:
        OutputError: It cannot be written.
    """
    import yaml

    ov = import_openvino()
    stem = Path(metadata["source"]).stem
    _settle_names(model)
    model.set_friendly_name(stem)
    with writing_folder(target) as folder:
        ov.save_model(model, folder / f"{stem}.xml", compress_to_fp16=False)
        text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
        (folder / METADATA_FILE).write_text(text, encoding="utf-8")


def _check_arguments(format: str, int8: bool, data: str | Path | None) -> None:
    if format not in FORMATS:
        raise OptionError("format", f"{format!r}", " or ".join(FORMATS))
    if int8 and format != "openvino":
        raise OptionError("int8", f"with {format}", "OpenVINO, for which INT8 is faster")
    if int8 and data is None:
        raise OptionError("int8", "no data", "the data.yaml of a dataset with the classes of the weights")
    if data is not None and not int8:
        raise OptionError("data", "given without int8", "both or neither: FP32 needs no pictures")
    package = "nncf" if int8 else "onnx" if format == "onnx" else None
    if package and find_spec(package) is None:
        raise UsageError("int8" if int8 else "onnx", f"needs {package}, which is not installed", _INSTALL)


def _target(weights: Path, format: str, int8: bool, out: str | Path | None) -> Path:
    """The path of the export, with the name by which ultralytics recognises its format."""
    folder = weights.parent if out is None else Path(out)
    kind = ".onnx" if format == "onnx" else "_int8_openvino_model" if int8 else "_openvino_model"
    return folder / f"{weights.stem}{kind}"


def _check_target(target: Path, weights: Path, overwrite: bool, beside: bool) -> None:
    """Make sure that no file is replaced that the user may want to keep."""
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
        raise UsageError(target, "exists already", "overwrite, to replace it")


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


def _prepare(loaded: "LoadedWeights") -> tuple[Any, int]:
    """The network in the form that is converted, and its stride."""
    from ultralytics.nn.modules import Detect

    model = loaded.model
    heads = [module for module in model.modules() if isinstance(module, Detect)]
    expected = "a YOLOv8 or YOLO11 detection model"
    if not heads or getattr(model, "end2end", False):
        raise WeightsError(loaded.path, "an end-to-end model, or one without YOLO's detection head", expected)
    if (channels := model.yaml.get("channels", 3)) != 3:
        raise WeightsError(loaded.path, f"a model for pictures of {channels} channels", expected)
    model = model.fuse(verbose=False).float().eval()
    for head in heads:
        head.export = head.dynamic = True  # one output; anchors are computed for any size of input
    return model, max(int(model.stride.max()), 32)


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


def _to_openvino(network: Any) -> Any:
    """The network as an `openvino.Model`: float32 (N, 3, H, W) RGB 0..1 in, (N, 4 + classes, anchors) out."""
    import torch

    ov = import_openvino()
    with silent_logging(), torch.no_grad():
        model = ov.convert_model(network, example_input=torch.zeros(1, 3, 64, 64), input=[-1, 3, -1, -1])
    model.input(0).get_tensor().set_names({"images"})
    model.output(0).get_tensor().set_names({"output0"})
    _settle_names(model)
    return model


def _settle_names(model: Any) -> None:
    """Number nameless operations by their place, so that files are the same: OpenVINO numbers them by process."""
    for number, operation in enumerate(model.get_ordered_ops()):
        kind = operation.get_type_name()
        if re.fullmatch(rf"{kind}_\d+", operation.get_friendly_name()):
            operation.set_friendly_name(f"{kind}_{number}")


def _write_onnx(network: Any, metadata: dict[str, Any], target: Path) -> None:
    import onnx
    import torch

    axes = {"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 2: "anchors"}}
    with writing(target) as path:
        with silent_logging(), torch.no_grad():
            torch.onnx.export(
                network,
                (torch.zeros(1, 3, 64, 64),),
                str(path),
                dynamo=False,
                opset_version=_OPSET,
                input_names=["images"],
                output_names=["output0"],
                dynamic_axes=axes,
            )
        model = onnx.load(path)
        onnx.helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
        onnx.save(model, path)
