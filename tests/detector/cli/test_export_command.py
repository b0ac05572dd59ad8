"""The command `detector export`: what it prints, and how it ends."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from detector.evaluation import Score, Scores
from detector.export.events import ExportEvents
from detector.export.quantize import Attempt
from detector.export.settings import ExportSettings
from support.commands import Ran
from support.tiny_weights import save_tiny

pytestmark = pytest.mark.slow


@pytest.fixture
def export(run_command: Callable[..., Ran]) -> Callable[..., Ran]:
    """Runs `detector export` in this process."""
    return partial(run_command, "export")


def test_it_writes_beside_the_weights_and_says_what(tmp_path: Path, export: Callable[..., Ran]) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    ran = export("--weights", weights, "--format", "openvino")
    path = tmp_path / "tiny_openvino_model"
    size = sum(file.stat().st_size for file in path.iterdir()) / 1e6
    assert ran == (0, f"Written: {path} ({size:.1f} MB)\n", "")


def test_wrong_usage_ends_with_2_and_one_line(tmp_path: Path, export: Callable[..., Ran]) -> None:
    weights = save_tiny(tmp_path / "tiny.pt")
    assert export("--weights", weights).status == 2  # no format
    ran = export("--weights", weights, "--format", "openvino", "--int8")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "Error: --int8: no data; expected the data.yaml of a dataset with the classes of the weights\n"
    export("--weights", weights, "--format", "openvino")
    ran = export("--weights", weights, "--format", "openvino")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"Error: {tmp_path / 'tiny_openvino_model'}: exists already; expected --overwrite to replace it\n"
    assert export("--weights", weights, "--format", "openvino", "--overwrite").status == 0


def test_weights_that_cannot_be_read_end_with_1(tmp_path: Path, export: Callable[..., Ran]) -> None:
    ran = export("--weights", tmp_path / "none.pt", "--format", "openvino")
    assert ran.status == 1
    assert ran.err.startswith(f"Error: {tmp_path / 'none.pt'}: no such file")


def scores(ap50: float) -> Scores:
    score, none = Score(40, 8, 0.5, ap50, 0.5, 0.5), Score(0, 0, None, None, None, None)
    return Scores(8, score, {"with_mask": score, "without_mask": none}, score)


def attempt(how: str, drop: float) -> Attempt:
    return Attempt(how, scores(0.9), scores(0.9 - drop), drop, drop <= 0.005)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Attempt]:
    """What the quantisation, which is not run, reports."""
    attempts: list[Attempt] = []
    (tmp_path / "x_int8_openvino_model").mkdir()

    def run(weights: str | None, settings: ExportSettings, events: ExportEvents) -> Path:
        for each in attempts:
            events.on_attempt(each)
        return tmp_path / "x_int8_openvino_model"

    monkeypatch.setattr("detector.export.run.export", run)
    return attempts


def test_attempts_that_lose_too_much_are_told(export: Callable[..., Ran], made: list[Attempt]) -> None:
    made += [attempt("first way", 0.0123), attempt("second way", 0.002)]
    ran = export("--format", "openvino", "--int8", "--data", "data.yaml")
    assert ran.status == 0
    assert ran.err == "With first way, AP50 falls by 0.0123.\n"
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["with_mask", "40", "0.9000", "0.8980", "-0.0020"] in rows
    assert ["any", "face", "40", "0.9000", "0.8980", "-0.0020"] in rows
    assert not any("without_mask" in row for row in rows)
    assert "Quantised with second way." in ran.out


def test_it_says_aloud_when_no_attempt_holds(export: Callable[..., Ran], made: list[Attempt]) -> None:
    made += [attempt("first way", 0.02), attempt("second way", 0.01), attempt("third way", 0.03)]
    ran = export("--format", "openvino", "--int8", "--data", "data.yaml")
    assert ran.status == 0
    assert "Every attempt lost more than 0.005; the one that lost least (0.0100) was kept." in ran.err
    assert "Quantised with second way." in ran.out


def test_it_says_aloud_when_nothing_was_measured(export: Callable[..., Ran], made: list[Attempt]) -> None:
    ran = export("--format", "openvino", "--int8", "--data", "data.yaml")
    assert made == []
    assert ran.err == "data.yaml has no annotated validation pictures: the loss was not measured.\n"
