import pytest

from converters.annotation import Box
from converters.errors import ConversionError
from converters.formats import oidv4_txt

ROW = "Human face 10.0 20 50 60\n"


@pytest.fixture
def read(read_text):
    return lambda text, name="Label/a.txt": read_text("oidv4", text, name)


def test_boxes_of_a_picture(read, problems, picture):
    path = picture("a.jpg")
    (found,) = read(ROW + "\nhat 1 2 30 40\n")
    assert (found.path, found.boxes) == (path, (Box(10, 20, 50, 60, "Human face"), Box(1, 2, 30, 40, "hat")))
    assert problems.items == []


@pytest.mark.parametrize("row", ["face 1 2 3", "face 1 2 3 nan", "1 2 3 4"])
def test_picture_with_a_wrong_line_is_left_out(read, problems, picture, row):
    picture("a.jpg")
    assert read(ROW * 25 + row) == []
    assert "object 26" in problems.omissions[0].value


def test_widths_and_heights_are_refused(read, picture):
    picture("a.jpg")
    with pytest.raises(ConversionError, match=r"1 of 3 rows are boxes; .* x, y, width and height"):
        read("face 100 90 30 40\nface 120 90 30 40\nface 1 2 30 40\n")


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (ROW, True),
        (ROW + "hat 1 2 3 4", True),
        ("face 0.1 0.2 0.3 0.4", False),  # rows of YOLO with names
        ("0 10 20 50 60", False),
        ("a.jpg 10 20 50 60", False),
        ("P0: 7 0 6 0 0 7 1 0", False),  # a calibration
        ("face 0.9 10 20 50 60", False),
        (ROW + "and so on", False),
        ("", False),
    ],
)
def test_recognition(text, fits):
    assert oidv4_txt.is_annotation(text.splitlines()) == fits
