"""Reading and writing `.pt` checkpoints of ultralytics.

ultralytics has a switch for the whole process that says whether checkpoints may run code when they are loaded. Nothing
here reads or sets it, because threads that load trusted and untrusted files at once would share it. Instead, each call
says whether its file may run code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from detector.errors import WeightsError
from detector.files import writing
from detector.libraries import import_ultralytics

# Private data in a checkpoint: where and by whom it was trained.
_PRIVATE = {"data", "model", "save_dir", "project", "name", "resume", "pretrained", "device", "cfg"}


def read_checkpoint(path: Path, *, trust: bool = False) -> dict[str, Any]:
    """Read everything in a checkpoint, as ultralytics stores it.

    Args:
        path: A `.pt` file.
        trust: Run the code that its pickle asks for. Otherwise only known classes of torch and ultralytics are made.

    Raises:
        WeightsError: The file cannot be loaded, or needs code to be run and `trust` is off.
    """
    if path.suffix.lower() != ".pt":
        raise WeightsError(path, f"a {path.suffix or 'nameless'} file", "a .pt checkpoint of ultralytics")
    import_ultralytics()
    from ultralytics.nn.tasks import torch_safe_load

    with _named_errors(path, trust):
        content, _ = torch_safe_load(str(path), safe_only=not trust)
    return dict(content)


def network_of(checkpoint: dict[str, Any], path: Path) -> Any:
    """Prepare the network of a checkpoint for running, as ultralytics' own `load_checkpoint` does.

    Args:
        checkpoint: As `read_checkpoint` gives it.
        path: The file that it was read from.

    Returns:
        The float32 `torch.nn.Module`, on the CPU and in evaluation mode. Its parameters are the moving average of the
        training, if the checkpoint has one.

    Raises:
        WeightsError: There is none.
    """
    import torch
    from ultralytics.nn.tasks import guess_model_task
    from ultralytics.utils import DEFAULT_CFG_DICT
    from ultralytics.utils.torch_utils import restore_qat

    stored = checkpoint.get("ema") or checkpoint.get("model")
    if not isinstance(stored, torch.nn.Module):
        raise WeightsError(path, f"not loadable (its model is a {type(stored).__name__})", "a YOLO .pt file")
    with _named_errors(path, trust=True):
        network: Any = stored.float()
        if checkpoint.get("modelopt"):  # trained with quantisation in mind
            restore_qat(network, checkpoint["modelopt"])
        network.args = {**DEFAULT_CFG_DICT, **(checkpoint.get("train_args") or {})}
        network.pt_path = str(path)
        network.task = getattr(network, "task", None) or guess_model_task(network)
        if not hasattr(network, "stride"):
            network.stride = torch.tensor([32.0])
        for module in network.eval().modules():
            if hasattr(module, "inplace"):
                module.inplace = True
            elif isinstance(module, torch.nn.Upsample) and not hasattr(module, "recompute_scale_factor"):
                module.recompute_scale_factor = None  # files of torch before 1.11
    return network


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Everything in a finished checkpoint, as ultralytics stores it; `load_weights` is for running the model.

    Raises:
        WeightsError: The file cannot be loaded, or holds an unfinished training.
    """
    content = read_checkpoint(path)
    if content.get("model") is None:
        raise WeightsError(path, "a checkpoint of an unfinished training", "finished weights")
    return content


def save_checkpoint(content: dict[str, Any], target: Path) -> None:
    """Write a checkpoint of `load_checkpoint` without private data: paths, git state and log of the training.

    Raises:
        OutputError: It cannot be written.
    """
    import torch

    arguments = {key: value for key, value in content["train_args"].items() if key not in _PRIVATE}
    content = {**content, "git": None, "train_args": arguments, "train_results": None}
    content["model"].args = dict(arguments)
    content["model"].__dict__.pop("pt_path", None)
    with writing(target) as path:
        torch.save(content, path)


def publish(checkpoint: Path, target: Path) -> None:
    """Copy finished weights without private data: paths, git state and log of the training.

    Args:
        checkpoint: A finished `.pt` file.
        target: Where to write the copy.

    Raises:
        WeightsError: The file cannot be loaded, or holds an unfinished training.
        OutputError: The copy cannot be written.
    """
    save_checkpoint(load_checkpoint(checkpoint), target)


@contextmanager
def known_layers_only(path: Path) -> Iterator[None]:
    """Let ultralytics build networks of known layers only, in this thread.

    Otherwise it evaluates the activation of a description as Python code, and takes any name of its module as a layer,
    even a function that loads files.

    Args:
        path: The file that holds the description.

    Raises:
        WeightsError: The description names something else.
    """
    import_ultralytics()
    from ultralytics.nn.tasks import _SafeLoad

    state = _SafeLoad._local
    before = getattr(state, "active", False)
    state.active = True
    try:
        yield
    except TypeError as error:
        if "restricted" not in str(error):
            raise
        found = f"a network that cannot be built ({_ascii(error).removeprefix('ERROR ')})"
        raise WeightsError(path, found, "known layers, and an activation such as nn.SiLU()") from error
    finally:
        state.active = before


@contextmanager
def _named_errors(path: Path, trust: bool) -> Iterator[None]:
    """Turn every exception into a `WeightsError` that names the file."""
    try:
        yield
    except Exception as error:
        reason = _ascii(error)
        if not trust and ("outside the supported" in reason or "weights_only" in reason.lower()):
            raise WeightsError(
                path, "a checkpoint that runs code when loaded", "plain weights; --trust-weights loads it all the same"
            ) from error
        raise WeightsError(path, f"not loadable ({type(error).__name__}: {reason[:200]})", "a YOLO .pt file") from error


def _ascii(error: Exception) -> str:
    """The message of an exception in one line, without the pictures that ultralytics puts in."""
    return " ".join(str(error).encode("ascii", "ignore").decode().split())
