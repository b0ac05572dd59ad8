from pathlib import Path

import pytest
import torch

from detector import Detector
from detector.errors import UsageError
from detector.model.checkpoints import load_checkpoint, save_checkpoint
from detector.model.weights import shipped_weights
from detector.training.averaging import average_weights


@pytest.fixture
def shifted(tmp_path: Path) -> Path:
    """The shipped weights with 0.25 added to one parameter."""
    checkpoint = load_checkpoint(shipped_weights())
    with torch.no_grad():
        next(checkpoint["model"].parameters()).add_(0.25)
    save_checkpoint(checkpoint, tmp_path / "shifted.pt")
    return tmp_path / "shifted.pt"


def first_parameter(path: Path) -> torch.Tensor:
    return next(load_checkpoint(path)["model"].parameters()).float()


@pytest.mark.slow
def test_the_mean_lies_half_way_and_runs(shifted: Path, tmp_path: Path) -> None:
    average_weights([shipped_weights(), shifted], tmp_path / "mean.pt", imgsz=96)
    difference = first_parameter(tmp_path / "mean.pt") - first_parameter(shipped_weights())
    assert torch.allclose(difference, torch.full_like(difference, 0.125), atol=0.01)  # stored in float16
    assert Detector(tmp_path / "mean.pt").names == Detector().names
    assert Detector(tmp_path / "mean.pt").imgsz == 96


def test_the_mean_of_a_checkpoint_with_itself_is_that_checkpoint(tmp_path: Path) -> None:
    average_weights([shipped_weights(), shipped_weights()], tmp_path / "mean.pt")
    before = load_checkpoint(shipped_weights())["model"].state_dict()
    after = load_checkpoint(tmp_path / "mean.pt")["model"].state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_one_checkpoint_or_other_classes_are_refused(shifted: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least two"):
        average_weights([shifted], tmp_path / "mean.pt")
    checkpoint = load_checkpoint(shifted)
    checkpoint["model"].names = {0: "a", 1: "b", 2: "c"}
    save_checkpoint(checkpoint, shifted)
    with pytest.raises(UsageError, match="classes"):
        average_weights([shipped_weights(), shifted], tmp_path / "mean.pt")
    assert not (tmp_path / "mean.pt").exists()
