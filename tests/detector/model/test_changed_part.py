"""Which part of a picture is looked at again."""

import numpy as np
import pytest

from detector.model.changed_part import Part, plan_part
from detector.model.letterbox import Letterbox
from support.sample_pictures import picture

WHOLE = Letterbox.fit((720, 1280), 640)  # inside 384 x 640, twelve rows from the top


def plan(changed: tuple[float, ...], *faces: tuple[float, ...]) -> Part | None:
    return plan_part(WHOLE, 32, np.array(changed, np.float32), np.array(faces, np.float32).reshape(-1, 4))


def shown(part: Part) -> list[float]:
    """What a part shows, in pixels of the picture."""
    (height, width), letterbox = part.shape, part.letterbox
    return letterbox.to_source(np.array([[0, 0, width, height]], np.float32))[0].tolist()


@pytest.mark.parametrize("place", [(0, 0), (96, 64), (320, 192)])
def test_a_part_of_the_input_has_the_pixels_and_the_boxes_of_the_whole(place: tuple[int, int]) -> None:
    image, lut = picture(720, 1280), np.arange(256)[::-1].astype(np.uint8)
    (left, top), cut = place, WHOLE.cut(*place, (192, 320))
    assert np.array_equal(cut.apply(image, lut), WHOLE.apply(image, lut)[top : top + 192, left : left + 320])
    box = np.array([[700, 400, 760, 480]], np.float32)
    assert cut.to_input(box).tolist() == (WHOLE.to_input(box) - [left, top, left, top]).tolist()
    assert cut.to_source(cut.to_input(box)).tolist() == box.tolist()


def test_a_part_has_a_margin_and_one_of_few_sizes_at_multiples_of_the_stride() -> None:
    part = plan((600, 300, 700, 400))
    assert part is not None
    assert (part.shape, part.left % 32, part.top % 32) == ((192, 320), 0, 0)
    left, top, right, bottom = shown(part)
    assert left <= 600 - 96 and right >= 700 + 96
    assert top <= 300 - 96 and bottom >= 400 + 96


def test_there_are_few_sizes_of_parts() -> None:
    random = np.random.default_rng(0)
    parts = [plan((*corner, *(corner + random.uniform(8, 400, 2)))) for corner in random.uniform(0, 600, (500, 2))]
    shapes = {part.shape for part in parts if part is not None}
    assert shapes <= {(height, width) for height in (96, 192, 288, 384) for width in (160, 320, 480, 640)}


def test_the_margin_is_as_large_as_the_faces_there() -> None:
    part = plan((600, 300, 700, 400), (620, 320, 740, 460))
    assert part is not None
    left, top, right, bottom = shown(part)
    assert left <= 600 - 140 and right >= 740 + 140
    assert top <= 300 - 140 and bottom >= 460 + 140


def test_no_known_face_lies_across_the_border_or_close_to_it() -> None:
    random = np.random.default_rng(1)
    planned = 0
    for _ in range(300):
        corners, sides = random.uniform(0, [1200, 660], (6, 2)), random.uniform(10, 60, (6, 1))
        faces, first = np.hstack([corners, corners + sides]).astype(np.float32), random.uniform(0, [1000, 500])
        part = plan_part(WHOLE, 32, np.array([*first, *(first + 60)], np.float32), faces)
        if part is not None:
            planned += 1
            assert not part.cuts(faces, 0.25).any()
            low, high = np.array(shown(part)).reshape(2, 2)
            inside = ((faces[:, :2] >= low) & (faces[:, 2:] <= high)).all(axis=1)
            outside = ((faces[:, :2] >= high) | (faces[:, 2:] <= low)).any(axis=1)
            assert (inside | outside).all()
            assert part.holds(faces).tolist() == inside.tolist()
    assert planned > 100


@pytest.mark.parametrize(
    "changed", [(0, 0, 1280, 720), (0, 0, 30, 720), (10, 10, 1270, 30), (0, 0, 1000, 500), (-50, -50, 2000, 2000)]
)
def test_most_of_the_picture_is_no_part(changed: tuple[float, ...]) -> None:
    part = plan(changed)
    assert part is None or part.share <= 0.6


def test_a_face_that_only_a_small_view_finds_makes_the_part_the_whole() -> None:
    assert plan((500, 300, 540, 340), (400, 100, 880, 600)) is None  # 240 pixels of the input, where small views begin


def test_boxes_at_the_edge_of_the_picture_are_not_cut() -> None:
    part = plan((0, 0, 60, 60))
    assert part is not None
    right = shown(part)[2]
    boxes = np.array([[0, 0, 60, 60], [right - 40, 20, right - 1, 60], [right + 8, 20, right + 60, 60]], np.float32)
    assert part.cuts(boxes).tolist() == [False, True, False]
