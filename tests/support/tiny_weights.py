"""Weights of a network so small that tests can convert it in no time; what they find has no meaning."""

from pathlib import Path
from typing import Any

from detector.libraries import import_ultralytics

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")

TINY: dict[str, Any] = {
    "nc": len(NAMES),
    "backbone": [
        [-1, 1, "Conv", [8, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "C2f", [16, True]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
        [-1, 1, "Conv", [16, 3, 2]],
    ],
    "head": [[[3, 4, 5], 1, "Detect", ["nc"]]],
}


def save_tiny(
    path: Path,
    names: tuple[str, ...] = NAMES,
    *,
    imgsz: int = 64,
    seed: int = 0,
    network: dict[str, Any] | str = TINY,
    end2end: bool = False,
) -> Path:
    """Write random weights whose scores are far from 0."""
    import_ultralytics()
    import torch
    from ultralytics.nn.tasks import DetectionModel, yaml_model_load

    torch.manual_seed(seed)
    network = yaml_model_load(network) if isinstance(network, str) else {**network}
    model = DetectionModel(network, nc=len(names), verbose=False)
    model.names = dict(enumerate(names))
    if end2end:
        model.end2end = True
    for module in model.model.modules():
        if isinstance(module, torch.nn.Conv2d) and module.weight.requires_grad:  # not the fixed one of the decoding
            torch.nn.init.kaiming_normal_(module.weight)
    for branch in model.model[-1].cv3:
        torch.nn.init.zeros_(branch[-1].bias)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": model, "train_args": {"imgsz": imgsz}, "epoch": -1}, path)
    return path
