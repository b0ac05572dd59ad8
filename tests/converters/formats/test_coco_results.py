import json

import pytest

from converters.annotation import Box
from converters.formats import coco_results

BBOX = [10, 20, 40, 40]


def result(image_id="a", **others):
    return {"image_id": image_id, "category_id": 1, "bbox": BBOX, "score": 0.9} | others


def coco(*names, category="with_mask"):
    images = [{"id": number, "file_name": name} for number, name in enumerate(names, start=1)]
    return json.dumps({"images": images, "annotations": [], "categories": [{"id": 1, "name": category}]})


@pytest.fixture
def read(source, problems, annotation):
    def read_items(*items):
        annotation("predictions.json", json.dumps(items))
        return list(coco_results.read(source, problems))

    return read_items


def test_pictures_by_name_or_number_and_labels_by_number(read, problems, picture):
    for name in ("a.jpg", "000012.jpg", "c.jpg"):
        picture(name)
    found = read(result(), result(12), result(7, file_name="c.jpg"))
    assert [image.path.name for image in found] == ["a.jpg", "000012.jpg", "c.jpg"]
    assert found[0].boxes == (Box(10, 20, 50, 60, "1"),)
    assert problems.items == []


def test_names_of_a_coco_file_beside(read, picture, annotation):
    picture("x.jpg")
    picture("2.jpg")
    annotation("instances.json", coco("first.jpg", "x.jpg"))
    (found,) = read(result(2))
    assert (found.path.name, found.boxes[0].label) == ("x.jpg", "with_mask")


def test_numbers_with_several_names_are_left_out(read, problems, picture, annotation):
    picture("x.jpg")
    annotation("train.json", coco("x.jpg"))
    annotation("val.json", coco("y.jpg"))
    assert read(result(1)) == []
    assert "image_id '1' has several names" in problems.omissions[0].value


def test_low_scores_are_counted_and_not_used(read, problems, picture):
    picture("a.jpg")
    assert len(read(result(), result(score=0.24), result(score=0.001))[0].boxes) == 1
    assert problems.notes[-1] == "predictions.json: 2 boxes with a score under 0.25 not used."


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (result(bbox=[1, 2, 3]), "3 coordinates"),
        (result(bbox=None), "no bbox"),
        (result(bbox=[1, 2, "x", 4]), "expected a number"),
        (result(category_id=""), "no category_id"),
        (result(image_id=""), "no image_id"),
    ],
)
def test_picture_with_a_wrong_result_is_left_out(read, problems, picture, item, message):
    picture("a.jpg")
    assert read(item) == []
    assert message in problems.omissions[0].value


@pytest.mark.parametrize(
    ("document", "fits"),
    [([result()], True), ([], False), ({}, False), ([1], False), ([result(), {}], False), ([{"image": "a"}], False)],
)
def test_recognition(document, fits):
    assert coco_results.is_annotation(document) == fits
