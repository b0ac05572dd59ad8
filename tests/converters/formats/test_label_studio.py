import pytest

from converters.annotation import Box

VALUE = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}


def result(value=VALUE, labels=("face",), **others):
    named = {**value, "rectanglelabels": list(labels)} if labels else value
    return {"type": "rectanglelabels", "original_width": 320, "original_height": 240, "value": named, **others}


def task(*annotations, image="/data/upload/1/1.jpg", **others):
    return {"id": 1, "data": {"image": image}, "annotations": list(annotations), **others}


def boxes(images):
    return [[(round(box.x1, 6), round(box.y2, 6), box.label) for box in image.boxes] for image in images]


def test_percent_become_fractions_and_the_size_is_kept(read_json):
    (image,) = read_json("label-studio", [task({"result": [result()]})])
    assert image.boxes == (Box(0.1, 0.2, 0.4, 0.6, "face"),)
    assert (image.units, image.size) == ("fractions", (320, 240))


@pytest.mark.parametrize(
    ("value", "corners"),
    [
        ({"points": [[10, 30], [20, 20], [40, 60]], "polygonlabels": ["face"]}, (0.1, 0.2, 0.4, 0.6)),
        ({"x": 25, "y": 40, "radiusX": 15, "radiusY": 20, "ellipselabels": ["face"]}, (0.1, 0.2, 0.4, 0.6)),
        ({"x": 10, "y": 20, "width": 1, "keypointlabels": ["face"]}, (0.1, 0.2, 0.1, 0.2)),
    ],
)
def test_box_around_other_shapes(read_json, value, corners):
    (image,) = read_json("label-studio", [task({"result": [result(value, labels=())]})])
    assert image.boxes == (Box(*corners, "face"),)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (result({**VALUE, "rotation": 30}), "turned by 30 degrees"),
        (result(image_rotation=90), "turned picture"),
        (result(labels=("face", "hat")), "several labels at once (face, hat)"),
        (result(labels=()), "no label"),
        (result({"format": "rle", "rle": [1]}), "expected a rectangle"),
        (result(value={**VALUE, "width": None}), "no number"),
        ({"type": "rectanglelabels"}, "without a value"),
        (None, "without a value"),
    ],
)
def test_picture_with_another_result_is_left_out_and_the_reason_named(read_json, problems, wrong, words):
    assert read_json("label-studio", [task({"result": [result(), wrong]})]) == []
    assert words in problems.omissions[0].value


def test_shape_and_label_and_answers_with_one_id_are_one_face(read_json):
    results = [
        {"id": "a", "type": "rectangle", "value": VALUE},
        {"id": "a", "type": "labels", "value": {**VALUE, "labels": ["face"]}},
        {"id": "a", "type": "choices", "from_name": "mask", "value": {**VALUE, "choices": ["incorrect"]}},
        {"id": "p", "type": "choices", "from_name": "light", "value": {"choices": ["dark"]}},
        {"type": "relation", "from_id": "a", "to_id": "p"},
    ]
    (image,) = read_json("label-studio", [task({"result": results})])
    assert image.boxes == (Box(0.1, 0.2, 0.4, 0.6, "face", (("mask", "incorrect"),)),)


def test_choices_for_the_whole_picture_are_no_faces(read_json, problems):
    choices = {"type": "choices", "from_name": "mask", "value": {"choices": ["incorrect"]}}
    assert read_json("label-studio", [task({"result": [choices]})]) == []
    assert problems.counts("left out") == {"labels of a whole picture": 1}


def test_every_annotator_gives_an_annotation_of_the_picture(read_json):
    further = {"result": [result({**VALUE, "x": 50})]}
    images = read_json("label-studio", [task({"result": [result()]}, further, {"result": [], "was_cancelled": True})])
    assert boxes(images) == [[(0.1, 0.6, "face")], [(0.5, 0.6, "face")]]


def test_of_several_annotators_the_ground_truth_is_used(read_json, problems):
    truth = {"result": [result({**VALUE, "x": 50})], "ground_truth": True}
    assert boxes(read_json("label-studio", [task({"result": [result()]}, truth)])) == [[(0.5, 0.6, "face")]]
    assert "1 beside the ground truth" in problems.repairs[0].value


def test_one_broken_annotation_of_several_leaves_the_picture_out(read_json, problems):
    assert read_json("label-studio", [task({"result": [result()]}, {"result": "x"})]) == []
    assert len(problems.omissions) == 1


@pytest.mark.parametrize("annotations", [[], [{"was_cancelled": True, "result": []}]])
def test_task_that_nobody_annotated_is_unlabelled_and_an_empty_result_is_background(read_json, problems, annotations):
    images = read_json("label-studio", [task(*annotations), task({"result": []}, image="1.jpg")])
    assert [image.boxes for image in images] == [()]
    assert problems.counts("passed over") == {"unlabelled picture": 1}


@pytest.mark.parametrize(
    "name",
    [
        "/data/upload/1/0a1b2c3d-1.jpg",
        "/data/local-files/?d=my%20set/images/1.jpg",
        "s3://bucket/set/1.jpg",
        "https://example.com/a/1.jpg?token=x",
        "http://localhost:8080/data/local-files/?d=set%5C1.jpg",
        "1.jpg",
    ],
)
def test_names_of_uploads_local_files_and_storage(read_json, name):
    (image,) = read_json("label-studio", [task({"result": [result()]}, image=name)])
    assert image.path.name == "1.jpg"


def test_picture_under_another_key_than_image(read_json):
    document = {**task({"result": [result()]}), "data": {"note": "x", "photo": "s3://bucket/1.jpg"}}
    assert len(read_json("label-studio", [document])) == 1


@pytest.mark.parametrize(
    "data",
    [{"image": "gone.jpg", "reference": "1.jpg"}, {"left": "gone.jpg", "right": "1.jpg"}, {"text": "hello"}, {}],
)
def test_another_picture_of_a_task_never_gets_the_faces(read_json, problems, data):
    document = {**task({"result": [result()]}), "data": data, "file_upload": "0a1b2c3d-tasks.json"}
    assert read_json("label-studio", [document]) == []
    assert len(problems.omissions) == 1


def test_region_that_has_answers_alone_is_a_region(read_json):
    answer = {"id": "a", "type": "choices", "from_name": "mask", "value": {**VALUE, "choices": ["incorrect"]}}
    shape = {"id": "a", "type": "rectangle", "value": VALUE}
    (image,) = read_json("label-studio", [task({"result": [shape, answer]})])
    assert image.boxes == (Box(0.1, 0.2, 0.4, 0.6, "region", (("mask", "incorrect"),)),)


def test_json_min_and_the_files_of_synchronised_storage(read_json):
    short = {
        "image": "/data/upload/1.jpg",
        "label": [result()["value"] | {"original_width": 320, "original_height": 240}],
    }
    images = read_json("label-studio", [{**short, "id": 1, "annotator": 1, "annotation_id": 1}])
    stored = {"id": 3, "result": [result()], "task": {"id": 1, "data": {"image": "1.jpg"}}}
    assert boxes(images) == [[(0.1, 0.6, "face")]]
    assert boxes(read_json("label-studio", stored, "a.json")) == [[(0.1, 0.6, "face")]]
