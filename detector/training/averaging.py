"""Averages of checkpoints, which are often better than each of them and run as fast."""

from collections.abc import Sequence
from pathlib import Path

from detector.errors import UsageError
from detector.model.checkpoints import load_checkpoint, save_checkpoint


def average_weights(paths: Sequence[Path], target: Path, imgsz: int | None = None) -> None:
    """Write the mean of related checkpoints: each fine-tuned from another, or all from the same weights.

    The mean of their parameters is a model that often generalises better (Wortsman et al., "Model soups", 2022). The
    mean of checkpoints that were trained independently is noise.

    Args:
        paths: Finished `.pt` files of the same model and classes. All but the parameters is taken from the first.
        target: Where to write the mean.
        imgsz: The size to run the mean at, noted in the file; None for that of the first.

    Raises:
        UsageError: There are fewer than two, or their models or classes differ.
        WeightsError: One cannot be loaded.
    """
    if len(paths) < 2:
        raise UsageError("average", f"{len(paths)} checkpoint", "at least two")
    checkpoints = [load_checkpoint(path) for path in paths]
    models = [checkpoint["model"] for checkpoint in checkpoints]
    states = [model.float().state_dict() for model in models]
    for path, model, state in zip(paths, models, states, strict=True):
        if model.names != models[0].names:
            raise UsageError(path, f"classes {model.names}", f"those of {paths[0]}: {models[0].names}")
        if {key: value.shape for key, value in state.items()} != {key: value.shape for key, value in states[0].items()}:
            raise UsageError(path, "another model", f"that of {paths[0]}")
    mean = {
        key: sum(state[key] for state in states) / len(states) if value.is_floating_point() else value
        for key, value in states[0].items()
    }
    models[0].load_state_dict(mean)
    models[0].half()
    if imgsz is not None:
        checkpoints[0]["train_args"]["imgsz"] = imgsz
    save_checkpoint(checkpoints[0], target)
