import json
from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage, Box
from converters.dataset import unique_names, write_data_yaml, write_json, write_split


def annotated(path, *boxes, size=(320, 240)):
    return AnnotatedImage(Path(path), tuple(boxes), size, Path("a.xml"))


def write(folder, items, problems, link="copy"):
    write_split(folder, "train", items, link, problems, lambda: None)


def test_labels_coco_and_picture(tmp_path, picture, problems):
    path = picture("a.jpg")
    boxes = Box(10, 20, 50, 60.5, "mask_worn_incorrectly"), Box(0, 0, 320, 240, "with_mask")
    write(tmp_path / "out", [("a.jpg", annotated(path, *boxes)), ("b.jpg", annotated(path))], problems)
    assert (tmp_path / "out/labels/train/a.txt").read_text() == (
        "2 0.093750 0.167708 0.125000 0.168750\n0 0.500000 0.500000 1.000000 1.000000\n"
    )
    assert (tmp_path / "out/labels/train/b.txt").read_text() == ""
    assert (tmp_path / "out/images/train/a.jpg").read_bytes() == path.read_bytes()
    coco = json.loads((tmp_path / "out/coco/train.json").read_text())
    assert coco["images"][0] == {"id": 1, "file_name": "a.jpg", "width": 320, "height": 240}
    assert coco["annotations"][0] == {
        "id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 20, 40, 40.5], "area": 1620.0, "iscrowd": 0,
    }  # fmt: skip
    assert [(c["id"], c["name"]) for c in coco["categories"]] == [
        (0, "with_mask"),
        (1, "without_mask"),
        (2, "mask_worn_incorrectly"),
    ]


def test_pycocotools_reads_the_ground_truth(tmp_path, picture, problems, capsys):
    from pycocotools.coco import COCO

    write(tmp_path, [("a.jpg", annotated(picture("a.jpg"), Box(1, 2, 3, 4, "with_mask")))], problems)
    truth = COCO(str(tmp_path / "coco/train.json"))
    assert (truth.getCatIds(), len(truth.getAnnIds())) == ([0, 1, 2], 1)


@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
def test_links(tmp_path, picture, problems, link):
    path = picture("a.jpg")
    write(tmp_path / "out", [("a.jpg", annotated(path))], problems, link)
    written = tmp_path / "out/images/train/a.jpg"
    assert written.read_bytes() == path.read_bytes()
    assert written.is_symlink() == (link == "symlink")
    assert (written.stat().st_ino == path.stat().st_ino) == (link != "copy")


def test_names_have_distinct_stems(problems):
    paths = ["x/6100.jpg", "x/6100.png", "y/6100.jpg", "y/6100.JPG", "x/6100_png.jpg", "x/a.b.jpg", "x/a.jpg"]
    names = unique_names([annotated(path) for path in paths], problems)
    assert names[:3] == ["6100.jpg", "6100_png.png", "6100_jpg.jpg"]
    assert names[5:] == ["a.b.jpg", "a.jpg"]
    assert len({Path(name).stem.casefold() for name in names}) == len(names)
    assert problems.counts() == {"name already taken": 4}


def test_data_yaml_is_what_ultralytics_wants_wherever_it_lies(tmp_path, picture, problems, monkeypatch):
    from detector.libraries import import_ultralytics

    import_ultralytics()
    from ultralytics.data.utils import check_det_dataset

    first = tmp_path / "first"
    for split in ("train", "val"):
        write_split(first, split, [(f"{split}.jpg", annotated(picture("a.jpg")))], "copy", problems, lambda: None)
    write_data_yaml(first, ["train", "val"])
    moved = first.rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    data = check_det_dataset(str(moved / "data.yaml"))
    assert (data["train"], data["val"]) == (str(moved / "images/train"), str(moved / "images/val"))
    assert data["names"] == {0: "with_mask", 1: "without_mask", 2: "mask_worn_incorrectly"}


@pytest.mark.parametrize("name", ["\udcff.jpg", "\ud800.jpg", "\u00e4\n.jpg"])
def test_json_is_valid_whatever_a_name_holds(tmp_path, name):
    write_json(tmp_path / "x.json", {"file_name": name})
    assert json.loads((tmp_path / "x.json").read_text("utf-8")) == {"file_name": name}


def test_coco_boxes_keep_six_decimals(tmp_path, picture, problems):
    box = Box(10.123456, 20, 50.654321, 60, "with_mask")
    write(tmp_path / "out", [("a.jpg", annotated(picture("a.jpg"), box))], problems)
    (written,) = json.loads((tmp_path / "out/coco/train.json").read_text())["annotations"]
    assert written["bbox"] == [10.123456, 20, 40.530865, 40]
