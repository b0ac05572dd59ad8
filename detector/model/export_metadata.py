"""The metadata of exported networks (OpenVINO folders, ONNX files), read without torch or ultralytics."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detector.errors import WeightsError

METADATA_FILE = "metadata.yaml"
"""The name of the file beside the .xml of an OpenVINO export."""

_EXPECTED = "an export that `detector export` or ultralytics made of a YOLO detection model"
# Values that an .onnx file holds as text: Python literals.
_LITERALS = ("stride", "batch", "channels", "imgsz", "names", "args", "end2end")


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """An exported detection network, as its metadata describes it.

    Attributes:
        path: The `.xml` or the `.onnx` file.
        names: Class names by class id.
        imgsz: The longer side, in pixels, that the weights were made for. A network that is not `dynamic` takes only
            this size.
        stride: Both sides of the input are multiples of this.
        dynamic: It takes any number of pictures of any size; otherwise one picture of imgsz x imgsz.
        source_sha256: The SHA-256 of the `.pt` file that it was made from; None where the export does not say.
        precision: "fp32", "fp16" or "int8".
    """

    path: Path
    names: tuple[str, ...]
    imgsz: int
    stride: int
    dynamic: bool
    source_sha256: str | None
    precision: str


def read_exported(path: Path) -> ExportedModel:
    """Read what an export says about itself; the network is not loaded.

    Args:
        path: An OpenVINO folder, its `.xml`, or an `.onnx` file, made by `detector export` or by ultralytics. For an
            `.onnx` file onnxruntime is needed.

    Raises:
        WeightsError: A file is missing or damaged, it is no detection network, or one of a kind that cannot be run
            here.
    """
    path = Path(path)
    if path.is_dir():
        path = _only_xml(path)
    elif not path.is_file():
        raise WeightsError(path, "no such file", "an OpenVINO folder, its .xml, or an .onnx file")
    if path.suffix.lower() == ".onnx":
        return exported_from_metadata(path, _onnx_metadata(path))
    if path.suffix.lower() != ".xml":
        raise WeightsError(
            path, f"a {path.suffix or 'nameless'} file", "an OpenVINO folder, its .xml, or an .onnx file"
        )
    weights = path.with_suffix(".bin")
    if not weights.is_file():
        raise WeightsError(weights, "no such file", f"the weights of {path.name} beside it")
    return exported_from_metadata(path, _yaml_metadata(path.with_name(METADATA_FILE)))


def exported_from_metadata(path: Path, metadata: Mapping[str, Any]) -> ExportedModel:
    """Check metadata, and keep what is needed to run the network.

    Args:
        path: The `.xml` or `.onnx` file that it is about.
        metadata: Keys as ultralytics writes them; values as in `metadata.yaml`, or as text, as in an `.onnx` file
            (`custom_metadata_map` of onnxruntime).

    Raises:
        WeightsError: It is incomplete or damaged, is about no detection network, or about one of a kind that cannot be
            run here.
    """
    fields = {key: _literal(path, key, value) for key, value in metadata.items()}
    task = fields.get("task")
    if task != "detect":
        found = "no metadata about its task" if task is None else f"a network for the task {str(task)[:80]!r}"
        raise WeightsError(path, found, _EXPECTED)
    arguments = fields.get("args") or {}
    if not isinstance(arguments, Mapping):
        raise WeightsError(path, f"args: {repr(arguments)[:80]} in its metadata", "export settings by name")
    if fields.get("end2end") or arguments.get("nms"):
        raise WeightsError(path, "an end-to-end network, or one with NMS inside", "an export without NMS (nms=False)")
    if fields.get("head") == "RTDETRDecoder":
        raise WeightsError(path, "an RT-DETR network", _EXPECTED)
    if (channels := _positive(path, "channels", fields.get("channels", 3))) != 3:
        raise WeightsError(path, f"a network for pictures of {channels} channels", "one for colour pictures")
    dynamic = bool(arguments.get("dynamic"))
    sha256 = fields.get("source_sha256")
    return ExportedModel(
        path=path,
        names=_names(path, fields.get("names")),
        imgsz=_size(path, fields, dynamic),
        stride=_positive(path, "stride", fields.get("stride")),
        dynamic=dynamic,
        source_sha256=None if sha256 is None else str(sha256),
        precision=str(fields.get("precision") or _precision(arguments)),
    )


def _only_xml(folder: Path) -> Path:
    found = sorted(folder.glob("*.xml"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found)
        raise WeightsError(folder, f"several networks ({names})" if found else "a folder without an .xml", _EXPECTED)
    return found[0]


def _yaml_metadata(path: Path) -> Mapping[str, Any]:
    from converters.reading.yaml_file import read_yaml

    return {str(key): value for key, value in read_yaml(path, WeightsError, _EXPECTED).items()}


def _onnx_metadata(path: Path) -> Mapping[str, Any]:
    try:
        import onnxruntime
    except ImportError as error:
        raise WeightsError(
            path, "it needs onnxruntime, which is not installed", "pip install 'mask-detector[onnx]'"
        ) from error
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4  # errors reach the caller as exceptions
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(path, f"not loadable ({type(error).__name__}: {reason})", _EXPECTED) from error
    metadata: Mapping[str, Any] = session.get_modelmeta().custom_metadata_map
    return metadata


def _literal(path: Path, key: str, value: Any) -> Any:
    """The value of a Python literal in the metadata of an .onnx file; other values stay as they are."""
    if key not in _LITERALS or not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError) as error:
        raise WeightsError(path, f"{key}: {value[:80]!r} in its metadata", _EXPECTED) from error


def _names(path: Path, names: Any) -> tuple[str, ...]:
    if isinstance(names, Mapping) and sorted(map(str, names)) == sorted(map(str, range(len(names)))):
        names = [name for _, name in sorted(names.items(), key=lambda item: int(item[0]))]
    if not isinstance(names, list | tuple) or not names:
        raise WeightsError(path, f"names: {str(names)[:80]} in its metadata", "a name for each class id from 0")
    return tuple(str(name) for name in names)


def _size(path: Path, fields: Mapping[str, Any], dynamic: bool) -> int:
    stated = fields.get("imgsz")
    sides = stated if isinstance(stated, list | tuple) and stated else [stated]
    height, width = (_positive(path, "imgsz", side) for side in (sides[0], sides[-1]))
    if not dynamic and height != width:
        raise WeightsError(path, f"a fixed input of {height} x {width} pixels", "a square one, or dynamic=True")
    if not dynamic and (batch := _positive(path, "batch", fields.get("batch", 1))) != 1:
        raise WeightsError(path, f"a fixed batch of {batch} pictures", "one picture, or dynamic=True")
    return max(height, width)


def _positive(path: Path, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WeightsError(path, f"{key}: {str(value)[:80]} in its metadata", "a whole number above 0")
    return value


def _precision(arguments: Mapping[str, Any]) -> str:
    """What ultralytics' settings say: `quantize` in bits, `int8` and `half` in older versions."""
    if arguments.get("int8") or arguments.get("quantize") == 8:
        return "int8"
    return "fp16" if arguments.get("half") or arguments.get("quantize") == 16 else "fp32"
