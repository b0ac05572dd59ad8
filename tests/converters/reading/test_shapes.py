import math

import pytest

from converters.reading.shapes import (
    around_ellipse,
    around_line,
    around_points,
    check_rotation,
    check_upright,
    from_width_and_height,
)


def test_rectangle_and_polygon():
    assert from_width_and_height(["1", 2, 3.5, 4]) == (1, 2, 4.5, 6)
    assert around_points([3, "1", 2], [5, 9, 7]) == (1, 5, 3, 9)


def test_ellipse_as_it_lies_and_turned():
    assert around_ellipse(10, 20, 4, 2) == (6, 18, 14, 22)
    assert around_ellipse(10, 20, 4, 2, math.pi / 2) == pytest.approx((8, 16, 12, 24))
    x1, y1, x2, y2 = around_ellipse(0, 0, 4, 2, math.pi / 4)
    assert (x2 - x1, y2 - y1) == pytest.approx((2 * math.sqrt(10), 2 * math.sqrt(10)))


@pytest.mark.parametrize(("xs", "ys"), [([1, 2], [1, 2]), ([1, 2, 3], [1, 2]), ([1, 2, None], [1, 2, 3]), ([], [])])
def test_wrong_polygon(xs, ys):
    with pytest.raises(ValueError, match=r"points|number"):
        around_points(xs, ys)


@pytest.mark.parametrize("radius", [-1, math.nan, None, "x"])
def test_wrong_radius(radius):
    with pytest.raises(ValueError, match=r"radius|number"):
        around_ellipse(1, 2, radius, 3)


@pytest.mark.parametrize("angle", [None, 0, "0.0", 359.5, 360, -0.5])
def test_upright(angle):
    check_upright(angle)


@pytest.mark.parametrize("angle", [30, -90, "180", 1e300, math.nan, [], "x"])
def test_turned(angle):
    with pytest.raises(ValueError, match=r"turned|number|coordinate"):
        check_upright(angle)


def test_attribute_of_cvat_says_that_a_box_is_turned():
    check_rotation([("mask", "yes"), ("rotation", "0.0")])
    check_rotation([("rotation", "left")])  # not CVAT's
    with pytest.raises(ValueError, match="turned by 12 degrees"):
        check_rotation([("rotation", "12.0")])


def test_line_of_two_points_has_no_area():
    assert around_line([1, 5], [2, 9]) == (1, 2, 1, 2)
    assert around_line([1, 5, 3], [2, 9, 1]) == (1, 1, 5, 9)
    for values in ([], [None]):
        with pytest.raises(ValueError, match="no number"):
            around_line(values, values)
