import pytest

from converters.annotation import Box
from converters.formats import retinanet_csv

FACE = Box(10, 20, 50, 60, "mask")


@pytest.fixture
def read(read_text):
    return lambda text, name="_annotations.csv": read_text("retinanet", text, name)


@pytest.mark.parametrize(
    "text",
    [
        "a.jpg,10,20,50,60,mask\n",
        "/content/data/a.jpg;10.0;20;5e1;60;mask\r\n",
        '\ufeff"C:\\data\\a.jpg", 10, 20, 50, 60, "mask"',
    ],
)
def test_one_box_a_row(read, problems, picture, text):
    path = picture("a.jpg")
    (found,) = read(text.replace(", ", ","))
    assert (found.path, found.boxes, found.size) == (path, (FACE,), None)
    assert problems.items == []


def test_row_without_a_box_is_background(read, problems, picture):
    for name in ("a.jpg", "b.jpg"):
        picture(name)
    assert [len(found.boxes) for found in read("a.jpg,,,,,\nb.jpg,10,20,50,60,mask\n")] == [0, 1]
    assert problems.items == []


def test_each_split_has_a_file_of_its_own(source, problems, picture, annotation):
    picture("train/a.jpg")
    picture("valid/b.jpg")
    annotation("train/_annotations.csv", "a.jpg,10,20,50,60,mask\n")
    annotation("valid/_annotations.csv", "b.jpg,10,20,50,60,mask\n")
    assert [found.split for found in retinanet_csv.read(source, problems)] == ["train", "val"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,10,20,x,60,mask", "'x', expected a number"),
        ("a.jpg,10,20,50,60,", "no label"),
        ("a.jpg,10,20,inf,60,mask", "finite"),
        ("a.jpg,10,,50,60,mask", "expected a number"),
    ],
)
def test_picture_with_a_wrong_row_is_left_out(read, problems, picture, row, message):
    picture("a.jpg")
    picture("b.jpg")
    assert [found.path.name for found in read(f"{row}\nb.jpg,10,20,50,60,mask\n")] == ["b.jpg"]
    assert message in problems.omissions[0].value


def test_row_with_other_fields_far_down_is_left_out(read, problems, picture):
    picture("a.jpg")
    picture("b.jpg")
    rows = "a.jpg,10,20,50,60,mask\n" * 30
    assert [found.path.name for found in read(rows + "b.jpg,10,20\n")] == ["a.jpg"]
    assert "b.jpg: 3 fields, expected 6" in problems.omissions[0].value


def test_widths_and_heights_are_refused_with_the_way_on(read, problems, picture):
    picture("a.jpg")
    assert read("a.jpg,300,200,40,30,mask\na.jpg,10,20,50,60,mask\n") == []
    assert "probably x,y,width,height" in problems.omissions[0].value


def test_another_file_is_passed_over_and_a_mixed_one_is_left_out(read, problems, annotation):
    annotation("classes.csv", "mask,0\n")
    assert read("a.jpg,10,20,50,60,mask\nfilename,x\n") == []
    assert [item.kind for item in problems.items] == ["unreadable annotation file", "another kind of CSV file"]


@pytest.mark.parametrize(
    ("lines", "fits"),
    [
        (["a.jpg,10,20,50,60,mask", "b.png,,,,,"], True),
        (["a.jpg,,,,,"], False),
        (["a,10,20,50,60,mask"], False),
        (["a.jpg,10,20,50,60,mask", "b.png,mask"], False),
        (["filename,xmin,ymin,xmax,ymax,class", "a.jpg,10,20,50,60,mask"], False),
        (["a.jpg,10,20,50,60"], False),
        ([], False),
        (['"'], False),
    ],
)
def test_recognition(lines, fits):
    assert retinanet_csv.is_annotation(lines) == fits
