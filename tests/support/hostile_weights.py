"""Checkpoints that run code when they are loaded without restrictions."""

from pathlib import Path
from typing import Any

import torch


class Traced:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def save_hostile(path: Path, trace: Path, **content: Any) -> Path:
    """Write a checkpoint that makes the file `trace` when its code is run.

    Args:
        path: The file to write.
        trace: The file that its code makes.
        content: What else it holds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": Traced(trace), "train_args": {}, **content}, path)
    return path
