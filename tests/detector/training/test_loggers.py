import os
import subprocess
import sys
from pathlib import Path

import pytest

from detector.errors import OptionError
from detector.libraries import import_ultralytics
from detector.training import loggers
from detector.training.loggers import check_loggers, switched_on
from support.datasets import make_dataset
from support.tiny_weights import save_tiny


def test_loggers_are_checked_before_a_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loggers, "find_spec", lambda name: None if name == "wandb" else object())
    assert check_loggers(["mlflow", "tensorboard", "mlflow"], "cpu") == ("mlflow", "tensorboard")
    with pytest.raises(OptionError, match="one of tensorboard, mlflow, wandb"):
        check_loggers(["visdom"], "cpu")
    with pytest.raises(OptionError, match="pip install wandb"):
        check_loggers(["wandb"], "cpu")
    with pytest.raises(OptionError, match="several GPUs"):
        check_loggers(["mlflow"], "0,1")


def test_loggers_are_off_outside_the_block() -> None:
    import_ultralytics()
    from ultralytics.utils import SETTINGS

    with switched_on(["mlflow"]):
        assert (SETTINGS["mlflow"], SETTINGS["tensorboard"]) == (True, False)
    assert not SETTINGS["mlflow"]


@pytest.mark.slow
@pytest.mark.parametrize("on", [True, False])
def test_tensorboard_gets_losses_and_map_if_it_is_switched_on(tmp_path: Path, on: bool) -> None:
    pytest.importorskip("tensorboard")
    data, weights = make_dataset(tmp_path / "set"), save_tiny(tmp_path / "tiny.pt")
    # In a process of its own: ultralytics switches this logger off where it sees pytest.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    arguments = [str(data), "--weights", str(weights), "--epochs", "1", "--imgsz", "64", "--batch", "4"]
    arguments += ["--device", "cpu", "--out", str(tmp_path / "run")] + (["--logger", "tensorboard"] if on else [])
    subprocess.run([sys.executable, "-m", "detector", "train", *arguments], check=True, env=environment)
    events = list((tmp_path / "run").rglob("events.out.tfevents.*"))
    assert bool(events) == on
    if on:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        log = EventAccumulator(str(events[0].parent))
        log.Reload()
        assert {"train/box_loss", "metrics/mAP50(B)"} <= {*log.Tags()["scalars"]}
