import json
from pathlib import Path

import pytest

from detector.cli.train_studies import verdict
from detector.errors import UsageError
from detector.evaluation import Difference, Interval
from detector.training.progress import Progress
from detector.training.studies import cross_validate, last_gain, learning_curve, spreads
from support.pictures_apart import make_dataset_apart
from support.tiny_weights import save_tiny

QUICK = {"imgsz": 64, "batch": 4, "device": "cpu", "repeat": 0.0}


def listed(path: Path) -> set[str]:
    return {Path(line).name for line in path.read_text().splitlines()}


@pytest.mark.slow
def test_folds_are_trained_once_each_and_measured_on_the_others(tmp_path: Path) -> None:
    data, weights = make_dataset_apart(tmp_path / "set", train=5, val=3), save_tiny(tmp_path / "tiny.pt")
    out, options = tmp_path / "run", {**QUICK, "weights": weights, "epochs": 1}
    parts = cross_validate([data], out=out, folds=2, **options)
    val = [listed(out / f"fold-{number}" / "val.txt") for number in (1, 2)]
    train = [listed(out / f"fold-{number}" / "train.txt") for number in (1, 2)]
    assert val == train[::-1]
    assert len(val[0] | val[1]) == 8
    assert [part.pictures + len(own) for part, own in zip(parts, val, strict=True)] == [8, 8]
    figures = json.loads((out / "folds.json").read_text())
    assert figures["mAP50"]["mean"] == pytest.approx(sum(figures["mAP50"]["values"]) / 2)
    assert {"mAP50", "mAP50-95", "AP50 with_mask", "AP50 any face"} <= figures.keys()

    silent = Progress(on_start=lambda batches: pytest.fail("it trained again"))
    again = cross_validate([data], out=out, folds=2, progress=silent, **options)
    assert spreads(again) == spreads(parts)
    with pytest.raises(UsageError, match="other options"):
        cross_validate([data], out=out, folds=2, **{**options, "epochs": 2})


@pytest.mark.slow
def test_a_learning_curve_has_nested_sets_and_as_many_steps_for_each(tmp_path: Path) -> None:
    data, weights = make_dataset_apart(tmp_path / "set", train=8, val=2), save_tiny(tmp_path / "tiny.pt")
    out, epochs = tmp_path / "run", []
    parts = learning_curve(
        [data], out=out, weights=weights, epochs=1, progress=Progress(on_epoch=epochs.append), **QUICK
    )
    assert [part.pictures for part in parts] == [2, 4, 8]
    assert [epoch.total for epoch in epochs] == [4] * 4 + [2] * 2 + [1]
    quarter, half, whole = (listed(out / part.name / "train.txt") for part in parts)
    assert quarter < half < whole
    assert {frozenset(listed(out / part.name / "val.txt")) for part in parts} == {frozenset({"val0.png", "val1.png"})}
    rows = json.loads((out / "curve.json").read_text())
    assert [row["pictures"] for row in rows.values()] == [2, 4, 8]
    assert last_gain(out, parts).mean.interval is not None


def test_a_folder_with_something_else_in_it_is_refused(tmp_path: Path) -> None:
    data = make_dataset_apart(tmp_path / "set", train=2, val=1)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        cross_validate([data], out=tmp_path / "run", folds=2)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0.01, 0.05, "will probably help"), (-0.05, -0.01, "do not help"), (-0.01, 0.05, "can be chance")],
)
def test_the_verdict_of_a_learning_curve_needs_an_interval_without_zero(low: float, high: float, text: str) -> None:
    assert text in verdict(Difference((low + high) / 2, Interval(low, high, 1000), 0.5, 0.5))


def test_without_faces_there_is_no_verdict() -> None:
    assert "nothing to compare" in verdict(Difference(None, None, None, None))
