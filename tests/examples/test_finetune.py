from pathlib import Path

import numpy as np
import pytest

import finetune
from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.evaluation.ground_truth import load_ground_truth
from detector.media.images import read_image
from support.datasets import make_dataset


def test_upside_down_copies_have_their_faces_where_they_were(tmp_path: Path) -> None:
    source = make_dataset(tmp_path / "set")
    turned = load_dataset_yaml(finetune.turn_upside_down(source, tmp_path / "turned"))
    train, val = (load_ground_truth(turned, split, Problems()) for split in ("train", "val"))
    assert (len(train.images), len(val.images)) == (4, 2)
    first = load_ground_truth(load_dataset_yaml(source), "val", Problems()).images[0]
    copy = train.images[0]
    assert np.array_equal(read_image(copy.path), read_image(first.path)[::-1, ::-1])
    assert list(copy.class_id) == list(first.class_id)
    assert copy.xyxy[:, [2, 3, 0, 1]] == pytest.approx([first.width, first.height] * 2 - first.xyxy, abs=1e-3)


@pytest.mark.slow
def test_it_trains_and_prints_what_that_gave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = make_dataset(tmp_path / "set")
    finetune.main([str(data), "--out", str(tmp_path / "out"), "--epochs", "1", "--imgsz", "64"])
    printed = capsys.readouterr().out
    assert "epoch 1/1" in printed and "shipped" in printed and "fine-tuned" in printed
    assert (tmp_path / "out/training/best.pt").is_file()
