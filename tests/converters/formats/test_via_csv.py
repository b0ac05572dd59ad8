import json

import pytest

from converters.annotation import Box
from converters.formats import via_csv

HEADER = "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes\n"
RECT = {"name": "rect", "x": 10, "y": 20, "width": 40, "height": 40}


def row(name, shape, attributes, count=1):
    fields = (json.dumps(value).replace('"', '""') for value in (shape, attributes))
    return f'{name},123,"{{}}",{count},0,' + ",".join(f'"{field}"' for field in fields) + "\n"


@pytest.fixture
def read(read_text):
    return lambda text: read_text("via-csv", text, "via_region_data.csv")


@pytest.mark.parametrize("header", [HEADER, "#" + HEADER])
def test_regions_and_pictures_without_one(read, problems, picture, header):
    picture("a.jpg")
    picture("b.jpg")
    text = header + row("a.jpg", RECT, {"class": "face", "mask": "off"}) + row("b.jpg", {}, {}, 0)
    faces, background = read(text)
    assert faces.boxes == (Box(10, 20, 50, 60, "face", (("mask", "off"),)),)
    assert background.boxes == ()
    assert problems.items == []


def test_label_is_found_among_the_attributes_of_the_whole_file(read, picture):
    picture("a.jpg")
    picture("b.jpg")
    found = read(HEADER + row("a.jpg", RECT, {"mask": "worn"}) + row("b.jpg", RECT, {"mask": "off", "age": "old"}))
    assert [image.boxes[0].label for image in found] == ["region", "region"]
    assert found[0].boxes[0].attributes == (("mask", "worn"),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row("a.jpg", {"name": "star", "cx": 1, "cy": 1}, {"class": "face"}), "'star'"),
        (row("a.jpg", RECT, {"class": ""}), "no label"),
        (row("a.jpg", {}, {}, 2), "2 regions, and no shape"),
        ("a.jpg,1,{},1,0,{,{}\n", "region_shape_attributes is no JSON object"),
        (row("a.jpg", RECT, []), "region_attributes is no JSON object"),
        ("a.jpg\n", "1 field, expected 7"),
        (row("", RECT, {"class": "face"}), "no picture"),
    ],
)
def test_picture_with_a_wrong_row_is_left_out(read, problems, picture, line, message):
    picture("a.jpg")
    picture("b.jpg")
    found = read(HEADER + row("b.jpg", RECT, {"class": "face"}) + line)
    assert [image.path.name for image in found] == ["b.jpg"]
    assert message in problems.omissions[0].value


def test_recognition():
    assert via_csv.is_annotation([HEADER.strip()])
    assert via_csv.is_annotation(["#" + HEADER.strip()])
    assert not via_csv.is_annotation(["filename,region_attributes"])
    assert not via_csv.is_annotation([])
