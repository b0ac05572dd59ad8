import numpy as np
import pytest

from converters.boxes import intersection_over_smaller, iou

BOXES = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [10, 0, 20, 10], [2, 2, 4, 4], [20, 20, 20, 20]], np.float32)


def test_each_box_with_each():
    found = iou(BOXES[:2], BOXES)
    assert found.dtype == np.float64
    assert found == pytest.approx(np.array([[1, 1 / 3, 0, 0.04, 0], [1 / 3, 1, 1 / 3, 0, 0]]))


def test_boxes_without_area_overlap_nothing():
    assert iou([[3, 3, 3, 3]], [[3, 3, 3, 3], [0, 0, 9, 9]]).tolist() == [[0, 0]]


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0)])
def test_no_boxes(n, m):
    assert iou(np.empty((n, 4)), np.empty((m, 4))).shape == (n, m)


def test_whole_numbers_do_not_overflow():
    large = np.array([[0, 0, 60_000, 60_000]], np.int32)
    assert iou(large, large // 2).tolist() == [[0.25]]


def test_how_much_of_the_smaller_box_lies_in_the_larger_one():
    found = intersection_over_smaller(BOXES[:2], BOXES)
    assert found == pytest.approx(np.array([[1, 0.5, 0, 1, 0], [0.5, 1, 0.5, 0, 0]]))
