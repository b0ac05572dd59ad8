import cv2
import numpy as np
import pytest

from detector import Detections
from detector.errors import UsageError
from detector.media.drawing import DrawStyle, draw_detections


def detections(boxes: list[list[float]], classes: list[int] | None = None, ids: list[int] | None = None) -> Detections:
    return Detections(np.array(boxes, float).reshape(-1, 4), np.full(len(boxes), 0.9), classes or [0] * len(boxes), ids)


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (before != after).any(axis=2)


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def test_the_picture_itself_is_left_as_it_is() -> None:
    image = grey(100, 100)
    drawn = draw_detections(image, detections([[30, 30, 70, 70]]))
    assert (image == 128).all()
    assert drawn.shape == image.shape and changed(image, drawn).any()


def test_classes_are_green_red_and_amber() -> None:
    hues = []
    for class_id in range(3):
        drawn = draw_detections(grey(200, 200), detections([[50, 80, 150, 180]], [class_id]))
        hues.append(int(cv2.cvtColor(drawn, cv2.COLOR_BGR2HSV)[130, 50, 0]) * 2)
    green, red, amber = hues
    assert 90 < green < 150 and (red < 15 or red > 345) and 30 < amber < 50


def test_every_label_is_legible_on_its_background() -> None:
    for class_id in range(3):
        image = grey(200, 400)
        drawn = draw_detections(image, detections([[50, 80, 150, 180]], [class_id]))
        label = drawn[:79][changed(image, drawn)[:79]]
        assert np.ptp(label.astype(int).sum(axis=1)) > 255


@pytest.mark.parametrize(
    "box",
    [[0, 0, 40, 40], [160, 0, 200, 40], [0, 160, 40, 200], [160, 160, 200, 200], [0, 0, 200, 200], [80, 0, 90, 200]],
)
def test_labels_stay_inside_the_picture(box: list[float]) -> None:
    image = grey(200, 200)
    label = changed(image, draw_detections(image, detections([box])))
    x1, y1, x2, y2 = map(int, box)
    label[y1:y2, x1:x2] = label[y1 + 3 : y2 - 3, x1 + 3 : x2 - 3].any()
    assert label.sum() > 300  # a label as a whole, not what is left of one


def test_text_and_lines_grow_with_the_picture() -> None:
    heights = []
    for side in (200, 1000, 4000):
        image = grey(side, side)
        box = [0.4 * side, 0.4 * side, 0.6 * side, 0.6 * side]
        above = changed(image, draw_detections(image, detections([box])))[: int(box[1])]
        heights.append(int(above.any(axis=1).sum()))
    assert 9 <= heights[0] < heights[1] < heights[2]


def test_in_a_crowd_labels_leave_the_other_faces_bare() -> None:
    rng = np.random.default_rng(0)
    boxes = [[x, y, x + 14, y + 16] for x in range(5, 380, 34) for y in range(20, 280, 38)]
    boxes = [[x + dx, y, x2 + dx, y2] for (x, y, x2, y2), dx in zip(boxes, rng.integers(0, 6, len(boxes)), strict=True)]
    image = grey(300, 400)
    drawn = draw_detections(image, detections(boxes))
    insides = [changed(image, drawn)[int(y) + 1 : int(y2) - 1, int(x) + 1 : int(x2) - 1] for x, y, x2, y2 in boxes]
    assert not any(inside.any() for inside in insides)
    assert changed(image, drawn).sum() > sum(2 * (14 + 16) for _ in boxes)  # more than the boxes: letters too


def test_numbers_of_tracked_faces_are_shown() -> None:
    image = grey(200, 400)
    plain = draw_detections(image, detections([[50, 80, 150, 180]]))
    numbered = draw_detections(image, detections([[50, 80, 150, 180]], ids=[12]))
    assert changed(image, numbered).sum() > changed(image, plain).sum()
    unnumbered = draw_detections(image, detections([[50, 80, 150, 180]], ids=[-1]))
    assert (unnumbered == plain).all()


def test_degenerate_boxes_and_foreign_classes_are_no_problem() -> None:
    faces = Detections([[5, 5, 5, 5], [0, 0, 0.2, 0.2]], [0.5, 0.5], [0, 7], None, tuple("abcdefgh"))
    for size in ((1, 1), (10, 3), (50, 50)):
        assert draw_detections(grey(*size), faces).shape == (*size, 3)
    assert (draw_detections(grey(9, 9), Detections.empty()) == 128).all()


def test_labels_and_scores_can_be_hidden_and_lines_widened() -> None:
    image, faces = grey(200, 300), detections([[50, 80, 150, 180]])
    plain = changed(image, draw_detections(image, faces))
    boxes = changed(image, draw_detections(image, faces, DrawStyle(hide_labels=True)))
    names = changed(image, draw_detections(image, faces, DrawStyle(hide_scores=True)))
    wide = changed(image, draw_detections(image, faces, DrawStyle(hide_labels=True, line_width=12)))
    assert boxes.sum() < names.sum() < plain.sum()
    assert not boxes[:70].any() and names[:80].any()
    assert wide[130, 50:56].all() and not boxes[130, 54]


@pytest.mark.parametrize("width", [0, -1, 1000])
def test_lines_of_no_width_are_wrong_usage(width: int) -> None:
    with pytest.raises(UsageError, match="line_width"):
        DrawStyle(line_width=width)
