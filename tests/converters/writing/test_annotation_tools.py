"""The files of the annotation tools, field by field; tests/converters/test_round_trip.py reads them back."""

import json

from lxml import etree

from converters.annotation import Box
from converters.writing import coco, cvat, labelme, voc
from converters.writing.writer import WrittenPicture, number

FACE = Box(10, 20.5, 50, 60.123456, "mask_worn_incorrectly")
PICTURES = [
    WrittenPicture("a b.jpg", "train", (320, 240), (FACE, Box(0, 0, 5, 5, "with_mask"))),
    WrittenPicture("\u00e4.png", "val", (64, 48), ()),
]


def texts(root: etree._Element, path: str) -> list[str | None]:
    return [element.text for element in root.iterfind(path)]


def test_coordinates_have_as_many_decimals_as_they_need():
    assert [number(value) for value in (0, 10.0, 100, 20.5, 1 / 3)] == ["0", "10", "100", "20.5", "0.333333"]


def test_coco_has_a_file_for_each_split_and_ids_from_1(tmp_path):
    coco.write(tmp_path, PICTURES)
    train = json.loads((tmp_path / "annotations/instances_train.json").read_text("utf-8"))
    val = json.loads((tmp_path / "annotations/instances_val.json").read_text("utf-8"))
    assert not (tmp_path / "annotations/instances_test.json").exists()
    assert [image["file_name"] for image in train["images"] + val["images"]] == ["a b.jpg", "\u00e4.png"]
    assert [each["category_id"] for each in train["annotations"]] == [3, 1]
    assert [each["id"] for each in train["categories"]] == [1, 2, 3]
    assert val["annotations"] == []


def test_voc_has_the_fields_of_labelimg_in_their_order(tmp_path):
    voc.write(tmp_path, PICTURES)
    root = etree.parse(str(tmp_path / "Annotations/a b.xml")).getroot()
    assert [child.tag for child in root] == ["folder", "filename", "source", "size", "segmented", "object", "object"]
    assert (root.findtext("filename"), root.findtext("folder")) == ("a b.jpg", "JPEGImages")
    assert texts(root, "size/*") == ["320", "240", "3"]
    assert [child.tag for child in root.find("object")] == ["name", "pose", "truncated", "difficult", "bndbox"]
    assert [child.tag for child in root.find("object/bndbox")] == ["xmin", "ymin", "xmax", "ymax"]
    assert texts(root, "object[1]/bndbox/*") == ["10", "20.5", "50", "60.123456"]
    assert texts(root, "object/truncated") == ["0", "1"]
    assert (tmp_path / "ImageSets/Main/train.txt").read_text("utf-8") == "a b\n"
    assert (tmp_path / "ImageSets/Main/val.txt").read_text("utf-8") == "\u00e4\n"


def test_labelme_has_its_fields_beside_each_picture(tmp_path):
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
    labelme.write(tmp_path, PICTURES)
    written = json.loads((tmp_path / "train/a b.json").read_text("utf-8"))
    assert [*written] == ["version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"]
    assert (written["imagePath"], written["imageWidth"], written["imageHeight"]) == ("a b.jpg", 320, 240)
    shape = written["shapes"][0]
    assert (shape["label"], shape["shape_type"]) == ("mask_worn_incorrectly", "rectangle")
    assert shape["points"] == [[10, 20.5], [50, 60.123456]]
    assert json.loads((tmp_path / "val/\u00e4.json").read_text("utf-8"))["shapes"] == []


def test_cvat_has_one_file_with_labels_and_subsets(tmp_path):
    cvat.write(tmp_path, PICTURES)
    root = etree.parse(str(tmp_path / "annotations.xml")).getroot()
    assert root.tag == "annotations"
    assert root.findtext("version") == "1.1"
    assert texts(root, "meta//label/name") == ["with_mask", "without_mask", "mask_worn_incorrectly"]
    first, second = root.iterfind("image")
    assert dict(first.attrib) == {"id": "0", "name": "a b.jpg", "subset": "train", "width": "320", "height": "240"}
    assert dict(first[0].attrib) == {
        "label": "mask_worn_incorrectly", "source": "manual", "occluded": "0",
        "xtl": "10", "ytl": "20.5", "xbr": "50", "ybr": "60.123456", "z_order": "0",
    }  # fmt: skip
    assert (second.get("name"), second.get("subset"), len(second)) == ("\u00e4.png", "val", 0)
