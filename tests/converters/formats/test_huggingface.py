import pytest

from converters.annotation import Box


def row(objects, **others):
    return {"file_name": "1.jpg", "objects": objects, **others}


@pytest.mark.parametrize(
    ("objects", "label"),
    [
        ({"bbox": [[10, 20, 30, 40]], "categories": ["face"]}, "face"),
        ({"bbox": [[10, 20, 30, 40]], "category": [0], "area": [1200], "id": [7]}, "0"),
        ({"bbox": [[10, 20, 30, 40]], "label": ["face"]}, "face"),
        ([{"bbox": [10, 20, 30, 40], "category": "face"}], "face"),
    ],
)
def test_boxes_and_categories_side_by_side_or_object_by_object(read_json, objects, label):
    (image,) = read_json("huggingface", [row(objects, width=320, height=240)], "metadata.jsonl")
    assert image.boxes == (Box(10, 20, 40, 60, label),)
    assert image.size == (320, 240)


def test_list_in_one_document_and_folders_of_splits(read_json, picture):
    picture("train/2.jpg")
    objects = {"bbox": [], "categories": []}
    images = read_json("huggingface", [row(objects), {**row(objects), "file_name": "train/2.jpg"}], "metadata.json")
    assert [(image.path.name, image.split, image.boxes) for image in images] == [
        ("1.jpg", None, ()),
        ("2.jpg", "train", ()),
    ]


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        ({"bbox": [[1, 2, 3, 4], [1, 2, 3, 4]], "categories": ["face"]}, "no label"),
        ({"bbox": [[1, 2, 3, 4]], "categories": ["face", "face"]}, "0 coordinates"),
        ({"bbox": [[1, 2, 3]], "categories": ["face"]}, "3 coordinates"),
        ({"bbox": [[1, 2, 3, 4]]}, "no label"),
        ({"bbox": "x"}, "missing, expected a list"),
    ],
)
def test_row_that_cannot_be_read_is_left_out_and_the_reason_named(read_json, problems, objects, words):
    good = row({"bbox": [], "categories": []}, file_name="1.jpg")
    assert len(read_json("huggingface", [good, row(objects)], "metadata.jsonl")) == 1
    assert words in problems.omissions[0].value


def test_row_without_objects_is_unlabelled(read_json, problems):
    good = row({"bbox": [], "categories": []})
    assert len(read_json("huggingface", [good, {"file_name": "1.jpg"}, row(None)], "metadata.jsonl")) == 1
    assert problems.counts("passed over") == {"unlabelled picture": 2}
