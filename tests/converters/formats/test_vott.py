import pytest

from converters.annotation import Box

SIDES = {"left": 10, "top": 20, "width": 30, "height": 40}
CORNERS = [{"x": 10, "y": 30}, {"x": 20, "y": 20}, {"x": 40, "y": 60}]
REGION = {"type": "RECTANGLE", "tags": ["face"], "boundingBox": SIDES}


def entry(*regions, **asset):
    return {"asset": {"name": "1.jpg", "size": {"width": 320, "height": 240}, **asset}, "regions": list(regions)}


def test_export_and_the_file_of_one_picture(read_json):
    (image,) = read_json("vott", {"name": "x", "assets": {"a": entry(REGION)}})
    assert (image.boxes, image.size) == ((Box(10, 20, 40, 60, "face"),), (320, 240))
    (image,) = read_json("vott", {**entry(REGION), "version": "2.2.0"})
    assert image.boxes == (Box(10, 20, 40, 60, "face"),)


def test_polygon_without_a_box_and_point(read_json):
    polygon = {"type": "POLYGON", "tags": ["face"], "points": CORNERS, "boundingBox": None}
    point = {"type": "POINT", "tags": ["nose"], "points": [{"x": 1, "y": 2}], "boundingBox": SIDES}
    (image,) = read_json("vott", entry(polygon, point))
    assert image.boxes == (Box(10, 20, 40, 60, "face"), Box(1, 2, 1, 2, "nose"))


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ({**REGION, "tags": ["face", "hat"]}, "several labels at once (face, hat)"),
        ({**REGION, "tags": []}, "no label"),
        ({**REGION, "boundingBox": {"left": 1}}, "no number"),
        ({"tags": ["face"]}, "polygon of 0"),
    ],
)
def test_picture_with_another_region_is_left_out_and_the_reason_named(read_json, problems, region, words):
    assert read_json("vott", entry(REGION, region)) == []
    assert words in problems.omissions[0].value


@pytest.mark.parametrize(
    "asset",
    [
        {"name": "my%20face.jpg"},
        {"name": "x", "path": "file:C:/Users/me/my%20face.jpg"},
        {"name": "x", "path": "https://account.blob.core.windows.net/set/my%20face.jpg?sv=2019"},
    ],
)
def test_picture_by_an_encoded_name_or_a_path_of_another_machine(read_json, picture, asset):
    path = picture("my face.jpg")
    (image,) = read_json("vott", entry(REGION, **asset))
    assert image.path == path


def test_picture_that_nobody_looked_at_is_unlabelled(read_json, problems):
    document = {"assets": {"a": entry(state=0), "b": entry(state=1)}}
    assert [image.boxes for image in read_json("vott", document)] == [()]
    assert problems.counts("passed over") == {"unlabelled picture": 1}
