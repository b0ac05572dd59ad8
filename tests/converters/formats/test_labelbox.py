import pytest

from converters.annotation import Box

SIDES = {"left": 10, "top": 20, "width": 30, "height": 40}
CORNERS = [{"x": 10, "y": 30}, {"x": 20, "y": 20}, {"x": 40, "y": 60}]


def row(*labels, **data):
    return {
        "data_row": {"id": "x", **(data or {"external_id": "1.jpg"})},
        "media_attributes": {"width": 320, "height": 240},
        "projects": {"p": {"labels": [{"annotations": {"objects": objects}} for objects in labels]}},
    }


def old(label, **others):
    return {"ID": "x", "External ID": "1.jpg", "Labeled Data": "https://example.com/1.jpg", "Label": label, **others}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("a.ndjson", [row([{"name": "face", "bounding_box": SIDES}])]),
        ("a.json", row([{"name": "face", "bounding_box": SIDES}])),
        ("a.json", [row([{"name": "face", "polygon": CORNERS}])]),
        ("a.json", [old({"objects": [{"title": "face", "bbox": SIDES}], "classifications": []})]),
        ("a.json", [old({"objects": [{"value": "face", "polygon": CORNERS}]})]),
        ("a.json", [old({"face": [CORNERS]})]),
        ("a.json", [old({"face": [{"geometry": CORNERS}]})]),
    ],
)
def test_each_kind_of_export(read_json, name, document):
    (image,) = read_json("labelbox", document, name)
    assert image.boxes == (Box(10, 20, 40, 60, "face"),)


def test_answers_about_an_object_are_attributes(read_json):
    questions = [
        {"name": "mask", "radio_answer": {"name": "incorrect"}},
        {"name": "on", "checklist_answers": [{"name": "chin"}, {"name": "nose"}]},
        {"name": "note", "text_answer": {"content": "dark"}},
        {"title": "age", "answer": {"title": "old"}},
        {"title": "empty"},
    ]
    (image,) = read_json("labelbox", [row([{"name": "face", "bounding_box": SIDES, "classifications": questions}])])
    expected = (("mask", "incorrect"), ("on", "chin,nose"), ("note", "dark"), ("age", "old"))
    assert image.boxes[0].attributes == expected


@pytest.mark.parametrize("document", [row(), old("Skip"), old({})])
def test_row_without_a_label_is_unlabelled(read_json, problems, document):
    assert read_json("labelbox", [document]) == []
    assert problems.counts("passed over") == {"unlabelled picture": 1}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (row([{"name": "face", "mask": {"url": "https://example.com"}}]), "masks are not read"),
        (row([{"bounding_box": SIDES}]), "no label"),
        (row({"0": []}), "missing, expected a list"),
        (old({"face": "MULTIPOLYGON (((1 2, 3 4)))"}), "expected a list"),
    ],
)
def test_picture_that_cannot_be_read_is_left_out_and_the_reason_named(read_json, problems, document, words):
    assert read_json("labelbox", [document]) == []
    assert words in problems.omissions[0].value


def test_labels_of_several_people_are_annotations_of_one_picture(read_json):
    face = {"name": "face", "bounding_box": SIDES}
    assert [len(image.boxes) for image in read_json("labelbox", [row([face], [face, face])])] == [1, 2]


@pytest.mark.parametrize("data", [{"global_key": "set/1.jpg"}, {"row_data": "https://example.com/a/1.jpg?Expires=1"}])
def test_picture_by_its_key_or_its_address(read_json, data):
    assert len(read_json("labelbox", [row([], **data)])) == 1


def test_split_of_the_catalogue_is_kept(read_json):
    (image,) = read_json("labelbox", [row([]) | {"metadata_fields": [{"schema_name": "split", "value": "valid"}]}])
    assert image.split == "val"
