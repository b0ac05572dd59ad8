import pytest

from converters.annotation import Box
from converters.formats import createml

SIDES = {"x": 25, "y": 40, "width": 30, "height": 40}


def face(**changes):
    return {"label": "face", "coordinates": {**SIDES, **changes}}


@pytest.mark.parametrize(
    "entry",
    [
        {"image": "1.jpg", "annotations": [face()]},
        {"imagefilename": "1.jpg", "annotation": [face()]},
        {"imageURL": "file:///Users/me/set/1.jpg", "annotations": [face()]},
    ],
)
def test_coordinates_are_the_centre_and_the_sides(read_json, entry):
    (image,) = read_json("createml", [entry])
    assert image.boxes == (Box(10, 20, 40, 60, "face"),)


def test_picture_without_objects_is_background(read_json):
    (image,) = read_json("createml", [{"image": "1.jpg", "annotations": []}])
    assert image.boxes == ()


@pytest.mark.parametrize(
    "document",
    [
        [{"image": "1.jpg", "annotations": [{"label": "face", "bbox": [1, 2, 3, 4]}]}],
        [{"image": "1.jpg"}],
        [{"annotations": [face()]}],
        {"image": "1.jpg", "annotations": [face()]},
    ],
)
def test_documents_of_another_kind(document):
    assert not createml.is_annotation(document)


def test_broken_entries_are_left_out(read_json, problems):
    good = {"image": "1.jpg", "annotations": [face()]}
    assert len(read_json("createml", [good, {"annotations": [face()]}, 5, {"image": "1.jpg", "annotations": 3}])) == 1
    assert problems.counts("left out") == {"entry without a picture": 2, "malformed entry": 1}
