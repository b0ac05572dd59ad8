import pytest

from converters.annotation import Box
from converters.formats.via_regions import label_attribute, region_box

RECT = {"name": "rect", "x": 10, "y": 20, "width": 40, "height": 30}


@pytest.mark.parametrize(
    ("regions", "name"),
    [
        ([{"mask": "worn"}, {}], "mask"),  # the only one
        ([{"mask": "worn", "Class": "face"}], "Class"),  # a usual name
        ([{"mask": "worn", "age": "old"}], None),
        ([{}], None),
        ([], None),
    ],
)
def test_attribute_with_the_label(regions, name):
    assert label_attribute(regions) == name


def test_other_attributes_stay_beside_the_label():
    attributes = {
        "name": "face",
        "mask": " incorrect",
        "age": "",
        "looks": {"sharp": True, "dark": True, "old": False},
    }
    expected = (("mask", "incorrect"), ("looks", "sharp,dark"))
    assert region_box(RECT, attributes, "name") == Box(10, 20, 50, 50, "face", expected)


def test_without_an_attribute_for_the_label_it_is_a_region():
    assert region_box(RECT, {"a": "b", "c": 1}, None) == Box(10, 20, 50, 50, "region", (("a", "b"), ("c", "1")))


@pytest.mark.parametrize(
    "shape",
    [
        {"name": "circle", "cx": 30, "cy": 30, "r": 20},
        {"name": "ellipse", "cx": 30, "cy": 30, "rx": 20, "ry": 20, "theta": 1.2},
        {"name": "polygon", "all_points_x": [10, 50, 30], "all_points_y": [10, 20, 50]},
    ],
)
def test_shapes_become_the_boxes_around_them(shape):
    box = region_box(shape, {"class": "a"}, "class")
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((10, 10, 50, 50))


@pytest.mark.parametrize(
    ("shape", "attributes", "message"),
    [
        ({"name": "point", "cx": 1}, {"class": "a"}, "no number"),
        ({"name": "line", "cx": 1}, {"class": "a"}, "'line'"),
        (None, {"class": "a"}, "no shape"),
        ({"name": "polygon", "all_points_x": 3}, {"class": "a"}, "polygon"),
        (RECT | {"x": "nan"}, {"class": "a"}, "finite"),
        (RECT, {}, "no label"),
        (RECT, {"class": {"a": True, "b": True}}, "several labels"),
        (RECT, {"class": {"a": False}}, "no label"),
        (RECT, {"class": [1]}, "no label"),
    ],
)
def test_wrong_regions(shape, attributes, message):
    with pytest.raises(ValueError, match=message):
        region_box(shape, attributes, "class")
