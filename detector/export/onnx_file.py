"""Converts networks from torch to ONNX, and writes them."""

from pathlib import Path
from typing import Any

from detector.errors import WeightsError
from detector.export.settings import ExportSettings
from detector.files import writing
from detector.libraries import silent_logging


def write_onnx(network: Any, metadata: dict[str, Any], target: Path, settings: ExportSettings) -> None:
    """Write an `.onnx` file, whole or not at all.

    Its input `images` is float32 (N, 3, H, W), RGB, 0 to 1. Its output is `output0`, float32 (N, 4 + classes, anchors);
    with NMS the outputs are those of `detector.export.nms.NetworkWithNms`.

    Args:
        network: As `detector.export.networks.prepare` gives it.
        metadata: Written into the file.
        target: The file.
        settings: Say whether shapes are fixed, which operators are used, and whether NMS is part of the network.

    Raises:
        WeightsError: The network has parts that these operators cannot express.
        OutputError: It cannot be written.
    """
    import onnx

    network, outputs = _with_outputs(network, settings)
    shape = (settings.batch, 3, *metadata["imgsz"]) if settings.static else (1, 3, 64, 64)
    with writing(target) as path:
        _convert(network, shape, path, metadata["source"], settings, list(outputs))
        model = onnx.load(path)
        for value in model.graph.output:
            _fix_shape(value, outputs[value.name], settings)
        onnx.helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
        onnx.save(model, path)


def _with_outputs(network: Any, settings: ExportSettings) -> tuple[Any, dict[str, list[int | str]]]:
    """The network, and the shapes of its outputs after the batch; names stand for sizes that are not fixed."""
    from ultralytics.nn.modules import Detect

    heads = [module for module in network.modules() if isinstance(module, Detect)]
    for head in heads:
        head.dynamic, head.shape = not settings.static, None
    if not settings.nms:
        return network, {"output0": [4 + heads[-1].nc, "anchors"]}
    from detector.export.nms import NetworkWithNms

    count = settings.max_det
    limits = (settings.conf, settings.iou, count)
    return NetworkWithNms(network, *limits), {"boxes": [count, 4], "scores": [count], "classes": [count]}


def _convert(
    network: Any, shape: tuple[int, ...], path: Path, name: str, settings: ExportSettings, outputs: list[str]
) -> None:
    import torch

    axes = {"images": {0: "batch", 2: "height", 3: "width"}} | {output: {0: "batch"} for output in outputs}
    try:
        with silent_logging(), torch.no_grad():
            torch.onnx.export(
                network.eval(),
                (torch.zeros(shape),),
                str(path),
                dynamo=False,
                opset_version=settings.opset,
                input_names=["images"],
                output_names=outputs,
                dynamic_axes=None if settings.static else axes,
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(Path(name), f"not convertible with opset {settings.opset} ({reason})", "17") from error


def _fix_shape(value: Any, shape: list[int | str], settings: ExportSettings) -> None:
    """State the shape of an output: torch names sizes after operations, even where they are always the same."""
    dimensions = value.type.tensor_type.shape.dim
    for dimension, size in zip(dimensions[1:], shape, strict=True):
        if isinstance(size, int):
            dimension.dim_value = size
        elif not settings.static:
            dimension.dim_param = size
