"""Prepares networks for conversion, converts them from torch to OpenVINO, and writes them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import WeightsError
from detector.files import writing_folder
from detector.libraries import import_openvino, silent_logging
from detector.model.export_metadata import METADATA_FILE
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.model.weights import LoadedWeights


def prepare(loaded: "LoadedWeights") -> tuple[Any, int]:
    """Prepare a network for conversion: fuse its layers, and set its head to export.

    Returns:
        The `torch.nn.Module`, and its stride.

    Raises:
        WeightsError: It is of a kind that cannot be exported.
    """
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


def to_openvino(network: Any) -> Any:
    """Convert a network from torch to OpenVINO.

    Args:
        network: As `prepare` gives it.

    Returns:
        An `openvino.Model`: float32 (N, 3, H, W), RGB, 0 to 1, in; float32 (N, 4 + classes, anchors) out.
    """
    import torch

    ov = import_openvino()
    with silent_logging(), torch.no_grad():
        model = ov.convert_model(network, example_input=torch.zeros(1, 3, 64, 64), input=[-1, 3, -1, -1])
    model.input(0).get_tensor().set_names({"images"})
    model.output(0).get_tensor().set_names({"output0"})
    _settle_names(model)
    return model


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
    _describe(model, list(metadata["names"].values()))
    model.set_friendly_name(stem)
    with writing_folder(target) as folder:
        ov.save_model(model, folder / f"{stem}.xml", compress_to_fp16=False)
        text = yaml.safe_dump(metadata, sort_keys=False, allow_unicode=True)
        (folder / METADATA_FILE).write_text(text, encoding="utf-8")


def _describe(model: Any, names: list[str]) -> None:
    """Add what OpenVINO's Model API and DL Streamer need to run the network, under the keys that ultralytics uses."""
    about: dict[str, Any] = {
        "model_type": "YOLO",
        "reverse_input_channels": True,
        "pad_value": 114,
        "scale_values": [255.0],
        "resize_type": "fit_to_window_letterbox",
        "iou_threshold": DetectorSettings().iou,
        "labels": [name.replace(" ", "_") for name in names],
    }
    for key, value in about.items():
        model.set_rt_info(value, ["model_info", key])


def _settle_names(model: Any) -> None:
    """Number operations without a name by their order, so that files are the same in every run."""
    for number, operation in enumerate(model.get_ordered_ops()):
        kind = operation.get_type_name()
        if re.fullmatch(rf"{kind}_\d+", operation.get_friendly_name()):
            operation.set_friendly_name(f"{kind}_{number}")
