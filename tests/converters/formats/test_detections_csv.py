import pytest

from converters.annotation import Box
from converters.formats import detections_csv

HEADER = "source,frame,seconds,label,confidence,x1,y1,x2,y2,tracker_id\n"


@pytest.fixture
def read(read_text):
    return lambda text: read_text("detections", text, "detections.csv")


def test_faces_of_pictures(read, problems, picture):
    path = picture("b/a.jpg")
    picture("c/a.jpg")
    (found,) = read(HEADER + "photos/b/a.jpg,0,,with_mask,0.9876,10.00,20.00,50.00,60.00,\n")
    assert (found.path, found.boxes) == (path, (Box(10, 20, 50, 60, "with_mask"),))
    assert problems.items == []


def test_videos_are_named_once_with_their_rows(read, problems, picture):
    picture("clip.jpg")
    assert (
        read(HEADER + "clip.mp4,0,0.000,with_mask,0.9,1,2,30,40,1\nclip.mp4,1,0.040,with_mask,0.9,1,2,30,40,1\n") == []
    )
    (item,) = problems.omissions
    assert (item.kind, item.value) == ("frames of a video", "clip.mp4: 2 rows")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.jpg,0,,,0.9,10,20,50,60,", "no label"),
        ("a.jpg,0,,with_mask,0.9,10,20,50,x,", "expected a number"),
        ("a.jpg,0,,with_mask", "4 fields, expected 10"),
        (",0,,with_mask,0.9,10,20,50,60,", "no picture"),
    ],
)
def test_picture_with_a_wrong_row_is_left_out(read, problems, picture, row, message):
    picture("a.jpg")
    assert read(HEADER + row + "\n") == []
    assert message in problems.omissions[0].value


def test_columns_are_those_that_infer_writes():
    tables = pytest.importorskip("detector.inference.outputs.tables")
    assert detections_csv.is_annotation([",".join(tables.COLUMNS)])
    assert not detections_csv.is_annotation(["source,frame,label"])
    assert not detections_csv.is_annotation([])
