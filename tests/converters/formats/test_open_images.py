import pytest

from converters.annotation import Box
from converters.formats import open_images

HEADER = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
)
FLAGS = (("IsOccluded", "1"),)


def row(name="0001", label="/m/0dzct", corners="0.1,0.5,0.2,0.6", group="0"):
    return f"{name},xclick,{label},1,{corners},1,0,{group},0,-1\n"


@pytest.fixture
def read(read_text):
    return lambda text, name="validation-annotations-bbox.csv": read_text("open-images", text, name)


def test_fractions_attributes_and_split(read, problems, picture):
    path = picture("0001.jpg")
    (found,) = read(HEADER + row())
    assert (found.path, found.units, found.split) == (path, "fractions", "val")
    assert found.boxes == (Box(0.1, 0.2, 0.5, 0.6, "/m/0dzct", FLAGS),)
    assert problems.items == []


@pytest.mark.parametrize("header", ["", "LabelName,DisplayName\n"])
def test_names_of_classes(read, picture, annotation, header):
    picture("0001.jpg")
    annotation("class-descriptions.csv", header + "/m/0dzct,Human face\n/g/1,Thing\n")
    assert [box.label for box in read(HEADER + row() + row(label="/m/2"))[0].boxes] == ["Human face", "/m/2"]


def test_pictures_that_people_do_not_have_are_counted(read, problems, picture):
    picture("0001.JPG")
    assert len(read(HEADER + row() + row("0002") + row("0003") + row("0003"))) == 1
    (item,) = problems.items
    assert (item.outcome, item.value) == ("passed over", "2 of 3, such as 0002")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (row(group="1"), "0001: a box over a group"),
        (row(corners="0.1,0.5,x,0.6"), "'x', expected a number"),
        (row(label=""), "no label"),
        ("0001,xclick\n", "no label"),
        (row(name=""), "no picture"),
    ],
)
def test_picture_with_a_wrong_row_is_left_out(read, problems, picture, line, message):
    picture("0001.jpg")
    picture("0002.jpg")
    assert "0002.jpg" in [image.path.name for image in read(HEADER + row("0002") + line)]
    assert message in problems.omissions[0].value


def test_columns_in_another_order_and_fewer(read, picture):
    picture("0001.jpg")
    (found,) = read("LabelName,ImageID,XMax,XMin,YMax,YMin\nface,0001,0.5,0.1,0.6,0.2\n")
    assert found.boxes == (Box(0.1, 0.2, 0.5, 0.6, "face"),)


def test_recognition():
    assert open_images.is_annotation([HEADER.strip()])
    assert not open_images.is_annotation(["ImageID,Source,LabelName,Confidence"])
    assert not open_images.is_annotation([])
