import csv
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from converters.annotation import Box
from converters.formats import box_json
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex


def document(name: str, boxes: list, **extra: object) -> str:
    items = [
        {
            "isProtected": False,
            "ID": 193452793312540288 + number,
            "BoundingBox": corners,
            "classname": label,
            "Confidence": 1,
            "Attributes": {},
        }
        for number, (label, corners) in enumerate(boxes)
    ]
    return json.dumps({"FileName": name, "NumOfAnno": len(items), "Annotations": items, **extra})


def test_bounding_box_is_two_corners(source, problems, picture, annotation):
    path = picture("2349.png")
    annotation("2349.png.json", document("2349.png", [("face_other_covering", [29, 69, 285, 343])]))
    (image,) = box_json.read(source, problems)
    assert image.boxes == (Box(29, 69, 285, 343, "face_other_covering"),)
    assert (image.path, image.size) == (path, None)


def test_same_number_with_two_extensions_is_two_pictures(source, problems, picture, annotation):
    jpg, png = picture("6100.jpg"), picture("6100.png")
    for path in (jpg, png):
        annotation(f"{path.name}.json", document(path.name, [("face_no_mask", [1, 2, 30, 40])]))
    assert [image.path for image in box_json.read(source, problems)] == [jpg, png]
    assert problems.items == []


def test_attributes_stay_beside_the_label(source, problems, picture, annotation):
    picture("a.jpg")
    item = {"BoundingBox": [1, 2, 3, 4], "classname": "face", "Attributes": {"worn": "chin", "age": None}}
    annotation("a.jpg.json", json.dumps({"FileName": "a.jpg", "Annotations": [item]}))
    (image,) = box_json.read(source, problems)
    assert image.boxes == (Box(1, 2, 3, 4, "face", (("worn", "chin"),)),)


def test_other_json_files_are_passed_over(source, problems, picture, annotation):
    picture("a.jpg")
    annotation("a.jpg.json", document("a.jpg", []))
    annotation("meta.json", '{"classes": [], "tags": []}')
    annotation("numbers.json", "[1, 2]")
    assert len(list(box_json.read(source, problems))) == 1
    assert problems.counts("passed over") == {"another kind of JSON file": 2}
    assert problems.omissions == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[" * 100_000,
        '{"FileName": "a.jpg", "Annotations": 3}',
        '{"FileName": "a.jpg", "Annotations": [3]}',
        '{"FileName": "a.jpg", "Annotations": [{"BoundingBox": [1, 2, 3, 4]}]}',
        document("a.jpg", [("face_no_mask", [1, 2, 3])]),
        document("a.jpg", [("face_no_mask", [1, 2, 3, "wide"])]),
        document("a.jpg", [("face_no_mask", [1, 2, 3, float("nan")])]),
        document("a.jpg", [("face_no_mask", [1, 2, 3, float("inf")])]),
        document("a.jpg", [("face_no_mask", [1, 2, True, 4])]),
        document("a.jpg", [("face_no_mask", [1, 2, None, 4])]),
        document("a.jpg", [(7, [1, 2, 3, 4])]),
        document("a.jpg", [("face_no_mask", [1, 2, 3, 10**400])]),
    ],
)
def test_broken_files_are_left_out_and_the_others_are_read(source, problems, picture, annotation, text):
    picture("a.jpg")
    picture("b.jpg")
    annotation("a.jpg.json", text)
    annotation("b.jpg.json", document("b.jpg", [("face_no_mask", [1, 2, 3, 4])]))
    assert [image.path.name for image in box_json.read(source, problems)] == ["b.jpg"]
    assert problems.counts("left out") == {"unreadable annotation file": 1}


def test_file_name_that_is_no_text_falls_back_on_the_name_of_the_json_file(source, problems, picture, annotation):
    path = picture("a.jpg")
    annotation("a.jpg.json", '{"FileName": 5, "Annotations": []}')
    (image,) = box_json.read(source, problems)
    assert image.path == path


def test_json_files_made_from_the_real_table(tmp_path, shared):
    with (shared / "data/medical-mask/train.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    names = [*list(dict.fromkeys(row[0] for row in rows))[:150], "6100.jpg", "6100.png", "1861.jpg", "1940.jpg"]
    expected: Counter[str] = Counter()
    blank = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    for name in names:
        boxes = [(row[5], [int(value) for value in row[1:5]]) for row in rows if row[0] == name]
        expected.update(label for label, _ in boxes)
        (tmp_path / f"{name}.json").write_text(document(name, boxes))
        (tmp_path / name).write_bytes(blank)
    problems = Problems()
    images = list(box_json.read(AnnotationSource(tmp_path, tmp_path, PictureIndex([tmp_path])), problems))
    assert sorted(image.path.name for image in images) == sorted(set(names))
    assert Counter(box.label for image in images for box in image.boxes) == expected
    assert problems.items == []
