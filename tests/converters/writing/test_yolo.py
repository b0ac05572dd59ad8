import json
from pathlib import Path

import pytest

from converters.annotation import Box
from converters.writing import yolo
from converters.writing.json_file import write_json
from converters.writing.writer import WrittenPicture


def written(name, *boxes, split="train", size=(320, 240)):
    return WrittenPicture(name, split, size, boxes)


def test_labels_and_coco(tmp_path):
    boxes = Box(10, 20, 50, 60.5, "mask_worn_incorrectly"), Box(0, 0, 320, 240, "with_mask")
    yolo.write(tmp_path, [written("a.jpg", *boxes), written("b.jpg")])
    assert (tmp_path / "labels/train/a.txt").read_text() == (
        "2 0.093750 0.167708 0.125000 0.168750\n0 0.500000 0.500000 1.000000 1.000000\n"
    )
    assert (tmp_path / "labels/train/b.txt").read_text() == ""
    coco = json.loads((tmp_path / "coco/train.json").read_text())
    assert coco["images"][0] == {"id": 1, "file_name": "a.jpg", "width": 320, "height": 240}
    assert coco["annotations"][0] == {
        "id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 20, 40, 40.5], "area": 1620.0, "iscrowd": 0,
    }  # fmt: skip
    assert [(c["id"], c["name"]) for c in coco["categories"]] == [
        (0, "with_mask"),
        (1, "without_mask"),
        (2, "mask_worn_incorrectly"),
    ]


def test_a_test_split_is_there_only_where_it_has_pictures(tmp_path):
    yolo.write(tmp_path / "two", [written("a.jpg")])
    assert sorted(path.name for path in (tmp_path / "two/labels").iterdir()) == ["train", "val"]
    yolo.write(tmp_path / "three", [written("a.jpg", split="test")])
    assert sorted(path.name for path in (tmp_path / "three/labels").iterdir()) == ["test", "train", "val"]
    assert "test: images/test" in (tmp_path / "three/data.yaml").read_text()


def test_pycocotools_reads_the_ground_truth(tmp_path, capsys):
    from pycocotools.coco import COCO

    yolo.write(tmp_path, [written("a.jpg", Box(1, 2, 3, 4, "with_mask"))])
    truth = COCO(str(tmp_path / "coco/train.json"))
    assert (truth.getCatIds(), len(truth.getAnnIds())) == ([0, 1, 2], 1)


def test_data_yaml_is_what_ultralytics_wants_wherever_it_lies(tmp_path, monkeypatch):
    from detector.libraries import import_ultralytics

    import_ultralytics()
    from ultralytics.data.utils import check_det_dataset

    yolo.write(tmp_path / "first", [written("a.jpg"), written("b.jpg", split="val")])
    moved = (tmp_path / "first").rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    data = check_det_dataset(str(moved / "data.yaml"))
    assert (data["train"], data["val"]) == (str(moved / "images/train"), str(moved / "images/val"))
    assert data["names"] == {0: "with_mask", 1: "without_mask", 2: "mask_worn_incorrectly"}


@pytest.mark.parametrize("name", ["\udcff.jpg", "\ud800.jpg", "\u00e4\n.jpg"])
def test_json_is_valid_whatever_a_name_holds(tmp_path, name):
    write_json(tmp_path / "x.json", {"file_name": name})
    assert json.loads(Path(tmp_path / "x.json").read_text("utf-8")) == {"file_name": name}


def test_coco_boxes_keep_six_decimals(tmp_path):
    yolo.write(tmp_path, [written("a.jpg", Box(10.123456, 20, 50.654321, 60, "with_mask"))])
    (box,) = json.loads((tmp_path / "coco/train.json").read_text())["annotations"]
    assert box["bbox"] == [10.123456, 20, 40.530865, 40]
