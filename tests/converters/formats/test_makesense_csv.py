import pytest

from converters.annotation import Box
from converters.formats import makesense_csv

HEADER = "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
ROW = "mask,10,20,40,40,a.jpg,320,240\n"


@pytest.fixture
def read(read_text):
    return lambda text: read_text("makesense", text, "labels_my-project.csv")


@pytest.mark.parametrize("text", [ROW, HEADER + ROW])
def test_with_and_without_a_header(read, problems, picture, text):
    picture("a.jpg")
    (found,) = read(text)
    assert (found.boxes, found.size) == ((Box(10, 20, 50, 60, "mask"),), (320, 240))
    assert problems.items == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("mask,10,20,nan,40,a.jpg,320,240", "a.jpg: nan"),
        (",10,20,40,40,a.jpg,320,240", "a.jpg: no label"),
        ("mask, worn,10,20,40,40,a.jpg,320,240", "a.jpg: 9 fields, expected 8"),
        ("mask,10,20", "(no picture): 3 fields"),
    ],
)
def test_picture_with_a_wrong_row_is_left_out(read, problems, picture, row, message):
    picture("a.jpg")
    picture("b.jpg")
    found = read(HEADER + row + "\n" + ROW.replace("a.jpg", "b.jpg"))
    assert [image.path.name for image in found] == ["b.jpg"]
    assert message in problems.omissions[0].value


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (ROW, True),
        (HEADER, True),
        ("mask,10,20,40,40,a.jpg,320,x", False),
        ("mask,10,20,40,40,a,320,240", False),
        ("1,10,20,40,40,50,320,240", False),
        ("", False),
    ],
)
def test_recognition(text, fits):
    assert makesense_csv.is_annotation(text.splitlines()) == fits
