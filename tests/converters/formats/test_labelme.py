import base64
import json

import cv2
import numpy as np
import pytest

from converters.annotation import Box
from converters.formats import labelme


def document(*shapes, **others):
    return {"version": "5.4.1", "flags": {}, "shapes": list(shapes), "imagePath": "1.jpg", "imageData": None, **others}


def shape(kind, *points, **others):
    return {"label": "face", "points": [list(point) for point in points], "shape_type": kind, **others}


@pytest.mark.parametrize(
    ("drawn", "corners"),
    [
        (shape("rectangle", (10, 20), (30, 50)), (10, 20, 30, 50)),
        (shape("rectangle", (30, 50), (10, 20)), (10, 20, 30, 50)),
        (shape("rectangle", (10, 20), (30, 20), (30, 50), (10, 50)), (10, 20, 30, 50)),
        (shape("polygon", (10, 30), (20, 20), (30, 50)), (10, 20, 30, 50)),
        (shape(None, (10, 30), (20, 20), (30, 50)), (10, 20, 30, 50)),
        (shape("circle", (50, 60), (53, 64)), (45, 55, 55, 65)),
        (shape("Rectangle", (10, 20), (30, 50)), (10, 20, 30, 50)),
        (shape("mask", (10, 20), (30, 50), mask="iVBORw0"), (10, 20, 30, 50)),
        (shape("point", (10, 20)), (10, 20, 10, 20)),
        (shape("linestrip", (10, 20), (30, 50)), (10, 20, 10, 20)),
    ],
)
def test_box_around_each_shape(read_json, drawn, corners):
    (image,) = read_json("labelme", document(drawn))
    assert image.boxes == (Box(*corners, "face"),)


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (shape("rotation", (1, 2), (3, 2), (3, 4), (1, 4)), "turned rectangle"),
        (shape("oriented_rectangle", (1, 2), (3, 2), (3, 4)), "turned rectangle"),
        (shape("rectangle", (1, 2)), "expected three points"),
        (shape("cuboid", (1, 2), (3, 4)), "'cuboid'"),
        (shape("circle", (1, 2), (1e300, 4)), "expected a coordinate"),
        ({"points": [[1, 2], [3, 4]], "shape_type": "rectangle"}, "no label"),
    ],
)
def test_picture_with_another_shape_is_left_out_and_the_reason_named(read_json, problems, drawn, words):
    assert read_json("labelme", document(shape("rectangle", (1, 2), (3, 4)), drawn)) == []
    (problem,) = problems.omissions
    assert words in problem.value
    assert problem.object == 2


def test_flags_and_attributes_stay_beside_the_label(read_json):
    drawn = shape("rectangle", (1, 2), (3, 4), flags={"incorrect": True, "dark": False}, attributes={"mask": "chin"})
    (image,) = read_json("labelme", document(drawn))
    assert image.boxes[0].attributes == (("incorrect", "true"), ("dark", "false"), ("mask", "chin"))


@pytest.mark.parametrize("stated", ["..\\images\\1.jpg", "C:\\set\\1.jpg", "/home/me/1.png", "1.JPG", "", None, 7])
def test_picture_by_a_path_of_another_machine_or_the_name_of_the_file(read_json, stated):
    (image,) = read_json("labelme", {**document(), "imagePath": stated}, "1.json")
    assert image.path.name == "1.jpg"


def test_picture_in_the_document_is_not_needed_where_the_file_is_there(read_json, problems):
    (image,) = read_json("labelme", document(imageData="/9j/4AAQSk" * 1000, imageWidth=320, imageHeight=240))
    assert (image.size, problems.items) == ((320, 240), [])


@pytest.mark.parametrize("stated", ["C:\\set\\gone.png", "../gone.jpg", "gone"])
def test_picture_that_is_in_the_document_alone_is_used(read_json, problems, stated):
    data = cv2.imencode(".jpg", np.zeros((24, 32, 3), np.uint8))[1].tobytes()
    (image,) = read_json("labelme", document(imagePath=stated, imageData=base64.b64encode(data).decode()))
    assert (image.path.name, image.path.read_bytes(), problems.items) == ("gone.jpg", data, [])


@pytest.mark.parametrize("data", ["no base64!", "QUJD", 5, ["x"], ""])
def test_text_that_is_no_picture_is_not_one(read_json, problems, data):
    assert read_json("labelme", document(imagePath="gone.jpg", imageData=data)) == []
    assert problems.counts("left out") == {"missing picture": 1}


def test_only_documents_with_shapes_and_a_picture_are_labelme():
    assert labelme.is_annotation(json.loads(json.dumps(document())))
    assert not labelme.is_annotation({"shapes": []})
    assert not labelme.is_annotation({"shapes": {}, "imagePath": "1.jpg"})
