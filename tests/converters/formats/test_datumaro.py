import pytest

from converters.annotation import Box

BOX = {"type": "bbox", "label_id": 1, "bbox": [10, 20, 30, 40]}


def document(*annotations, item=None):
    labels = [{"name": "hat", "parent": ""}, {"name": "face", "parent": ""}]
    item = item or {"id": "1", "image": {"path": "1.jpg", "size": [240, 320]}}
    return {"info": {}, "categories": {"label": {"labels": labels}}, "items": [{**item, "annotations": [*annotations]}]}


@pytest.mark.parametrize(
    "shape",
    [
        BOX,
        {"type": "polygon", "label_id": 1, "points": [10, 30, 20, 20, 40, 60]},
        {"type": "ellipse", "label_id": 1, "points": [10, 20, 40, 60]},
        {"type": "bbox", "label": "face", "bbox": [10, 20, 30, 40]},
    ],
)
def test_box_around_each_shape(read_json, shape):
    (image,) = read_json("datumaro", document(shape))
    assert image.boxes == (Box(10, 20, 40, 60, "face"),)
    assert image.size == (320, 240)


def test_attributes_stay_beside_the_label_and_labels_of_the_picture_are_none(read_json):
    shape = {**BOX, "attributes": {"mask": "incorrect", "occluded": False, "rotation": 0.0}}
    (image,) = read_json("datumaro", document(shape, {"type": "label", "label_id": 0}))
    expected = (("mask", "incorrect"), ("occluded", "false"), ("rotation", "0.0"))
    assert image.boxes == (Box(10, 20, 40, 60, "face", expected),)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({**BOX, "attributes": {"rotation": 30.0}}, "turned by 30 degrees"),
        ({"type": "rotated_bbox", "label_id": 1}, "turned rectangle"),
        ({**BOX, "label_id": 2}, "label_id 2, expected 0 to 1"),
        ({**BOX, "label_id": -1}, "label_id -1"),
        ({**BOX, "label_id": "1"}, "label_id 1"),
        ({**BOX, "label_id": None}, "no label"),
        ({**BOX, "type": "mask"}, "type 'mask'"),
        ({**BOX, "bbox": [1, 2, 3]}, "3 coordinates"),
    ],
)
def test_picture_with_another_annotation_is_left_out_and_the_reason_named(read_json, problems, wrong, words):
    assert read_json("datumaro", document(BOX, wrong)) == []
    assert words in problems.omissions[0].value


def test_set_of_labels_without_boxes_is_not_background(read_json, problems):
    assert read_json("datumaro", document({"type": "label", "label_id": 1})) == []
    assert problems.counts("left out") == {"labels of a whole picture": 1}


def test_pictures_of_one_name_are_told_apart_by_the_subset(read_json, picture, source, problems):
    train, test = picture("train/2.jpg"), picture("test/2.jpg")
    item = {"id": "2", "image": {"path": "2.jpg"}}
    read_json("datumaro", document(BOX, item=item), "train.json")
    images = read_json("datumaro", document(BOX, BOX, item=item), "test.json")
    assert [(image.path, image.split, len(image.boxes)) for image in images] == [(test, "test", 2), (train, "train", 1)]


def test_picture_by_its_media_or_its_id(read_json):
    (image,) = read_json("datumaro", document(BOX, item={"id": "x", "media": {"path": "sub/1.jpg"}}))
    assert image.path.name == "1.jpg"
    (image,) = read_json("datumaro", document(BOX, item={"id": "1"}))
    assert image.path.name == "1.jpg"


def test_file_without_names_of_labels_is_left_out(read_json, problems):
    assert read_json("datumaro", {**document(BOX), "categories": {}}) == []
    assert problems.counts("left out") == {"unreadable annotation file": 1}
