import numpy as np
import pytest

from detector.augmentation.sample import Border, Sample, cropped, framed, resized, rolled, visible_share


def face_at(x1: int, y1: int, x2: int, y2: int, size: tuple[int, int] = (80, 60)) -> Sample:
    """Black, with a white face."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[y1:y2, x1:x2] = 255
    return Sample(image, np.array([[x1, y1, x2, y2]], float), np.array([2]))


def lit(image: np.ndarray) -> list[int]:
    """The box around what is brighter than half."""
    rows, columns = np.nonzero(image[..., 0] > 127)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def test_resized_scales_image_and_boxes_alike() -> None:
    larger = resized(face_at(20, 10, 40, 40), 160)
    assert larger.size == (160, 120)
    assert lit(larger.image) == pytest.approx([40, 20, 80, 80], abs=1)
    assert larger.xyxy[0].tolist() == [40, 20, 80, 80]
    assert resized(larger, 160) is larger


def test_crop_past_the_edge_shows_the_border_and_moves_the_box() -> None:
    crop = cropped(face_at(0, 10, 20, 40), (-10, 0, 30, 40), Border((0, 0, 200)), np.array([True]))
    assert crop.size == (40, 40)
    assert crop.image[5, 5].tolist() == [0, 0, 200]
    assert crop.xyxy[0].tolist() == [10, 10, 30, 40]
    smeared = cropped(face_at(0, 10, 20, 40), (-10, 0, 30, 40), Border(None), np.array([True]))
    assert smeared.image[20, 0].tolist() == [255, 255, 255]


def test_crop_clips_boxes_and_leaves_out_those_not_kept() -> None:
    sample = face_at(20, 10, 40, 40)
    assert cropped(sample, (30, 0, 80, 60), Border(), np.array([True])).xyxy[0].tolist() == [0, 10, 10, 40]
    assert len(cropped(sample, (30, 0, 80, 60), Border(), np.array([False])).classes) == 0


def test_visible_share_is_the_part_of_a_box_in_the_window() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [50, 50, 60, 60]], float)
    assert visible_share(boxes, (0, 0, 10, 10)).tolist() == [1, 0.5, 0]


def test_frame_surrounds_the_image() -> None:
    sample = framed(face_at(20, 10, 40, 40), 0.5, Border((1, 2, 3)))
    assert sample.size == (160, 140)
    assert sample.xyxy[0].tolist() == [60, 50, 80, 80]


@pytest.mark.parametrize("degrees", [0, 90, 180])
def test_roll_by_right_angles_moves_the_box_with_the_face(degrees: float) -> None:
    turned = rolled(face_at(20, 10, 40, 40), degrees, Border((0, 0, 0)))
    assert turned.size == ((60, 80) if degrees == 90 else (80, 60))
    assert turned.xyxy[0] == pytest.approx(lit(turned.image), abs=1.5)


def test_roll_fits_the_box_to_the_ellipse_in_it() -> None:
    turned = rolled(face_at(30, 20, 50, 40), 45, Border())
    assert turned.xyxy[0, 2:] - turned.xyxy[0, :2] == pytest.approx([20, 20])
