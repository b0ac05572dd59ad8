from pathlib import Path

import numpy as np
import pytest

from detector import Detector
from detector.media.images import read_image
from detector.model.multiscale import View, merge_views, plan_views
from detector.model.tiling import Boxes
from support.sample_pictures import picture


def boxes(*rows: tuple[float, float, float, float, float, int]) -> Boxes:
    table = np.array(rows, float).reshape(-1, 6)
    return table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64)


@pytest.fixture
def views() -> tuple[View, ...]:
    return plan_views((400, 600), 640)


def test_an_image_is_seen_at_full_size_and_small(views: tuple[View, ...]) -> None:
    assert [view.letterbox.shape for view in views] == [(448, 640), (128, 160)]
    assert [max(view.letterbox.resized) for view in views] == [640, 107]


def test_small_images_are_not_enlarged_without_end() -> None:
    assert max(plan_views((100, 100), 640)[0].letterbox.resized) == 320
    assert max(plan_views((1, 1), 640)[0].letterbox.resized) == 160
    assert max(plan_views((100, 100), 96)[0].letterbox.resized) == 96


def test_there_is_one_view_where_a_small_one_would_be_as_large() -> None:
    assert len(plan_views((400, 600), 160)) == 1
    assert len(plan_views((400, 600), 640, square=True)) == 1


def test_a_face_in_both_views_is_one_face_and_looks_as_where_it_is_nearest_to_its_best_size(
    views: tuple[View, ...],
) -> None:
    large, small = (100, 0, 480, 390, 0.6, 1), (105, 5, 485, 395, 0.5, 0)  # 405 and 69 pixels in the two inputs
    xyxy, confidence, class_id = merge_views(views, [boxes(large), boxes(small)], 300)
    assert xyxy.tolist() == [[105, 5, 485, 395]]
    assert (confidence.tolist(), class_id.tolist()) == ([0.5], [0])


def test_what_a_large_view_finds_inside_a_face_is_no_face(views: tuple[View, ...]) -> None:
    mouth, face = (200, 250, 350, 340, 0.4, 0), (100, 0, 480, 390, 0.9, 1)
    assert len(merge_views(views, [boxes(mouth), boxes(face)], 300)[0]) == 1


def test_faces_that_are_too_small_for_the_small_view_are_left_to_the_large_one(views: tuple[View, ...]) -> None:
    assert len(merge_views(views, [boxes(), boxes((0, 0, 100, 100, 0.9, 0))], 300)[0]) == 0


def test_neighbours_and_second_labels_of_one_view_stay(views: tuple[View, ...]) -> None:
    same_place = boxes((0, 0, 100, 100, 0.9, 0), (0, 0, 100, 100, 0.4, 2), (60, 0, 160, 100, 0.8, 0))
    assert merge_views(views, [same_place, boxes()], 300)[2].tolist() == [0, 0, 2]


def test_at_most_so_many_boxes_are_kept_the_best(views: tuple[View, ...]) -> None:
    many = boxes((0, 0, 50, 50, 0.3, 0), (100, 0, 150, 50, 0.8, 0), (200, 0, 250, 50, 0.5, 1))
    assert merge_views(views, [many, boxes()], 2)[1].tolist() == pytest.approx([0.8, 0.5])


def test_a_face_that_fills_the_image_is_found(detector: Detector, assets: Path) -> None:
    (face, *_) = detector.predict(read_image(assets / "zidane.jpg"))
    x1, y1, x2, y2 = map(int, face.xyxy)
    cut_out = read_image(assets / "zidane.jpg")[y1 - 10 : y2 + 10, x1 - 10 : x2 + 10]
    assert len(Detector(device="cpu", multiscale="off").predict(cut_out)) == 0
    (found, *_) = detector.predict(cut_out)
    assert found.label == "without_mask"


def test_images_of_one_list_do_not_affect_each_other(detector: Detector) -> None:
    images = [picture(50, 70), picture(300, 400), picture(90, 60)]
    for alone, together in zip(map(detector.predict, images), detector.predict(images), strict=True):
        np.testing.assert_allclose(alone.xyxy, together.xyxy, atol=0.5)
