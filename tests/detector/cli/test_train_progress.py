import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from detector.cli import train_progress
from detector.training.progress import Batch, Epoch, Progress, attach

LOSSES = {"box": 1.25, "cls": 0.5, "dfl": 0.75}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal of 100 columns: what is written to it."""
    written = io.StringIO()
    monkeypatch.setattr(train_progress, "errors", Console(file=written, force_terminal=True, width=100))
    monkeypatch.setattr(train_progress, "console", Console(file=written, width=100))
    return written


def test_the_bar_of_an_epoch_has_losses_map50_and_the_time_left(terminal: io.StringIO) -> None:
    with train_progress.shown_progress(None) as progress:
        progress.on_start(4)
        progress.on_epoch(Epoch(1, 3, LOSSES, 0.873, 0.5, 60.0))
        progress.on_start(4)
        progress.on_batch(Batch(2, 3, 2, 4, LOSSES))
    shown = terminal.getvalue()
    for text in ("epoch 2/3", "2/4", "1:30 left", "mAP50 0.873", "box 1.250 cls 0.500 dfl 0.750"):
        assert text in shown


def test_a_bar_stays_on_one_line_of_a_narrow_terminal(terminal: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train_progress, "errors", Console(file=terminal, force_terminal=True, width=60))
    with train_progress.shown_progress(None) as progress:
        progress.on_start(4)
        progress.on_batch(Batch(2, 3, 4, 4, LOSSES))
    shown = terminal.getvalue()
    assert "epoch 2/3, validating" in shown
    assert "4/4" in shown
    assert shown.count("\x1b[1A") == 1  # a line up, to erase the bar at the end


def test_an_epoch_that_was_not_measured_has_no_map50(terminal: io.StringIO) -> None:
    with train_progress.shown_progress(None) as progress:
        progress.on_epoch(Epoch(1, 3, LOSSES, None, None, 60.0))
    assert "val mAP50 not measured" in terminal.getvalue()
    assert "0.000" not in terminal.getvalue()


def test_figures_of_an_epoch_are_those_measured_after_it() -> None:
    callbacks = {}
    trainer = SimpleNamespace(
        add_callback=lambda event, function: callbacks.update({event: function}),
        metrics={"metrics/mAP50(B)": 0.5, "metrics/mAP50-95(B)": 0.25},
        tloss={"box_loss": 1.0},
        epoch=4,
        epochs=9,
        epoch_time=2.0,
        measured_epoch=3,
    )
    told: list[Epoch] = []
    attach(trainer, Progress(on_epoch=told.append))
    callbacks["on_fit_epoch_end"](trainer)
    trainer.measured_epoch = 4
    callbacks["on_fit_epoch_end"](trainer)
    assert told == [Epoch(5, 9, {"box": 1.0}, None, None, 2.0), Epoch(5, 9, {"box": 1.0}, 0.5, 0.25, 2.0)]
