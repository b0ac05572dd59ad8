import pytest

from converters.annotation import Box
from converters.formats import kitti

NUMBERS = "0.00 0 -1.57 10.0 20 50 60 1.5 1.6 3.9 1 2 3 0.1"
DONT_CARE = "DontCare -1 -1 -10 1 2 30 40 -1 -1 -1 -1000 -1000 -1000 -10"


@pytest.fixture
def read(read_text):
    return lambda text, name="training/label_2/a.txt": read_text("kitti", text, name)


def test_objects_and_regions_that_nobody_annotated(read, problems, picture):
    picture("a.png")
    (found,) = read(f"face mask {NUMBERS}\n\n{DONT_CARE}\r\n")
    assert found.boxes == (Box(10, 20, 50, 60, "face mask"), Box(1, 2, 30, 40, "DontCare"))
    assert found.split == "train"
    assert problems.items == []


def test_score_of_results(read, picture):
    picture("a.png")
    assert len(read(f"face {NUMBERS} 0.9\n")[0].boxes) == 1


def test_empty_file_is_background(read, picture):
    picture("a.png")
    assert [found.boxes for found in read("")] == [()]


@pytest.mark.parametrize(
    "line", ["face 1 2 3", f"{NUMBERS}", "face " + NUMBERS.replace("60", "nan"), f"face {NUMBERS} x", "\x00"]
)
def test_picture_with_a_wrong_line_is_left_out(read, problems, picture, line):
    picture("a.png")
    assert read(f"face {NUMBERS}\n{line}\n") == []
    assert "object 2" in problems.omissions[0].value


def test_other_text_files_are_passed_over(read, problems, picture):
    picture("a.png")
    assert read("P0: 1 2 3\n", "calib/000000.txt") == []
    assert [(item.kind, item.outcome) for item in problems.items] == [("another kind of TXT file", "passed over")]


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        (f"face {NUMBERS}", True),
        (DONT_CARE, True),
        (f"0 1 Car {NUMBERS}", False),  # of the tracking set, with frame and track
        ("0 0.5 0.5 0.1 0.1", False),
        (f"face {NUMBERS} 1 2", False),
        ("", False),
    ],
)
def test_recognition(line, fits):
    assert kitti.is_annotation(line.splitlines()) == fits
