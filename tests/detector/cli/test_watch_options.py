from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from detector import DetectorSettings
from detector.cli import watch

_YAML = "cameras: [{source: 0}]\nconf: 0.3\nimgsz: 320\nagnostic_nms: false\n"


@pytest.fixture
def settings_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What a watch would run the detector with, for options beside a configuration."""
    seen: list[DetectorSettings] = []

    def keep(config: Any, *_: object, **__: object) -> bool:
        seen.append(config.detector)
        return False

    monkeypatch.setattr(watch, "_run", keep)
    (tmp_path / "watch.yaml").write_text(_YAML)
    app = typer.Typer()
    app.command()(watch.watch)

    def run(*options: str) -> DetectorSettings:
        CliRunner().invoke(app, [str(tmp_path / "watch.yaml"), *options], catch_exceptions=False)
        return seen.pop()

    return run


def test_options_that_are_not_given_leave_the_configuration_as_it_is(settings_of) -> None:
    assert settings_of() == DetectorSettings(conf=0.3, imgsz=320, agnostic_nms=False)


def test_options_of_the_detector_override_the_configuration(settings_of) -> None:
    options = [
        "--conf",
        "0.25",
        "--iou",
        "0.5",
        "--gamma",
        "2",
        "--max-det",
        "9",
        "--tile",
        "640",
        "--agnostic-nms",
        "--trust-weights",
    ]
    assert settings_of(*options) == DetectorSettings(
        conf=0.25, iou=0.5, imgsz=320, gamma=2, max_det=9, tile=640, trust_weights=True
    )
