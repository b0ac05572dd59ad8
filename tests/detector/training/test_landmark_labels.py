"""Label files with landmarks behind the boxes: training reads the same boxes as the checks before it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.formats.yolo import load_dataset_yaml, read_labels
from converters.problems import Problems
from detector.errors import UsageError
from detector.training.data import load_datasets, shared_kpt_shape, usable_pictures, write_dataset

ROW = "0 0.5 0.5 0.4 0.4 0.45 0.45 0.55 0.45 0.5 0.5 0.46 0.6 0.54 0.6\n"


def made(folder: Path, kpt_shape: str) -> Path:
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    cv2.imwrite(str(folder / "images/a.png"), np.zeros((100, 100, 3), np.uint8))
    (folder / "labels/a.txt").write_text(ROW)
    (folder / "data.yaml").write_text(f"train: images\nval: images\nnames: [with_mask]\nkpt_shape: {kpt_shape}\n")
    return folder / "data.yaml"


def test_the_data_yaml_of_a_training_says_that_there_are_landmarks(tmp_path: Path) -> None:
    datasets = load_datasets([made(tmp_path / "set", "[5, 2]")])
    images = usable_pictures(datasets, "train").images
    (tmp_path / "out").mkdir()
    kpt_shape = shared_kpt_shape(datasets)
    path = write_dataset(tmp_path / "out/data.yaml", ("with_mask",), {"train": images}, kpt_shape=kpt_shape)
    (again,) = read_labels(load_dataset_yaml(path), "train", Problems())
    assert again.boxes == images[0].boxes
    assert [(box.x1, box.y1, box.x2, box.y2) for box in again.boxes] == [pytest.approx((30, 30, 70, 70))]


def test_datasets_with_different_landmarks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kpt_shape \(5, 3\); expected that of .*one/data.yaml: \(5, 2\)"):
        load_datasets([made(tmp_path / "one", "[5, 2]"), made(tmp_path / "two", "[5, 3]")])
