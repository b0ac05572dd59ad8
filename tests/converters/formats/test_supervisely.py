import base64
import json
import struct
import zlib

import pytest

from converters.annotation import Box
from converters.formats import supervisely


def document(*objects, tags=()):
    return {"size": {"height": 240, "width": 320}, "tags": list(tags), "objects": list(objects)}


def item(kind, *points, **others):
    exterior = [list(point) for point in points]
    return {"classTitle": "face", "geometryType": kind, "points": {"exterior": exterior, "interior": []}, **others}


def bitmap(width, height, origin=(10, 20)):
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\1\0\0\0\0"
    return {"data": base64.b64encode(zlib.compress(png)).decode(), "origin": list(origin)}


@pytest.mark.parametrize(
    ("drawn", "corners"),
    [
        (item("rectangle", (10, 20), (40, 60)), (10, 20, 40, 60)),
        (item("rectangle", (10, 20), (40, 20), (40, 60), (10, 60)), (10, 20, 40, 60)),
        (item("polygon", (10, 30), (20, 20), (40, 60)), (10, 20, 40, 60)),
        (item("bitmap", bitmap=bitmap(30, 40)), (10, 20, 40, 60)),
        (item("oriented_bbox", (10, 20), (40, 60), angle=0), (10, 20, 40, 60)),
        (item("point", (10, 20)), (10, 20, 10, 20)),
        (item("graph", nodes={"a": {"loc": [10, 20]}, "b": {"loc": [30, 40]}}), (10, 20, 10, 20)),
    ],
)
def test_box_around_each_shape(read_json, drawn, corners):
    (image,) = read_json("supervisely", document(drawn), "ds0/ann/1.jpg.json")
    assert image.boxes == (Box(*corners, "face"),)
    assert image.size == (320, 240)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (item("oriented_bbox", (1, 2), (3, 4), angle=30), "turned by 30 degrees"),
        (item("bitmap", bitmap={"data": "eJw", "origin": [1, 2]}), "cannot be read"),
        (item("bitmap", bitmap={"data": None}), "cannot be read"),
        (item("bitmap", bitmap=bitmap(3, 4, origin=(1,))), "coordinates"),
        (item("cuboid"), "'cuboid'"),
        (item("rectangle", (1, 2)), "expected three points"),
        (item("rectangle", (1, 2), (3, 4), classTitle=""), "no label"),
    ],
)
def test_picture_with_another_object_is_left_out_and_the_reason_named(read_json, problems, wrong, words):
    assert read_json("supervisely", document(item("rectangle", (1, 2), (3, 4)), wrong), "ann/1.jpg.json") == []
    assert words in problems.omissions[0].value


def test_tags_of_an_object_are_attributes_and_those_of_a_picture_its_split(read_json):
    tags = [{"name": "mask", "value": "incorrect"}, {"name": "blurred", "value": None}, "old"]
    drawn = item("rectangle", (1, 2), (3, 4), tags=tags)
    (image,) = read_json("supervisely", document(drawn, tags=[{"name": "day"}, {"name": "val"}]), "ann/1.jpg.json")
    assert image.boxes[0].attributes == (("mask", "incorrect"), ("blurred", "true"), ("old", "true"))
    assert image.split == "val"


def test_pictures_of_one_name_are_told_apart_by_their_dataset(tmp_path, source, problems, picture):
    for name in ("ds0", "ds1"):
        picture(f"{name}/img/2.jpg")
        path = tmp_path / "images" / name / "ann" / "2.jpg.json"
        path.parent.mkdir()
        path.write_text(json.dumps(document(*[item("rectangle", (1, 2), (3, 4))] * int(name[-1]))))
    images = list(supervisely.read(source, problems))
    assert [(image.path.parts[-3], len(image.boxes)) for image in images] == [("ds0", 0), ("ds1", 1)]


def test_meta_json_is_no_annotation():
    assert not supervisely.is_annotation({"classes": [{"title": "face"}], "tags": []})
    assert not supervisely.is_annotation({"objects": [], "size": 3})
