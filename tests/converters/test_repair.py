from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.annotation import AnnotatedImage, Box
from converters.errors import InputError
from converters.labels import LabelMap
from converters.pictures import Header, displayed_size
from converters.placement import Placement
from converters.problems import Problems
from converters.repair import repair

UPRIGHT = Header(100, 80, 1)
LABELS = LabelMap({"mask": "with_mask"}, frozenset({"hat"}))


def annotated(*boxes, size=(100, 80), name="a.xml"):
    return AnnotatedImage(Path("a.jpg"), tuple(Box(*corners, "with_mask") for corners in boxes), size, Path(name))


def repaired(annotations, header, problems, resized="picture"):
    placement = Placement(LABELS, {"pixels": "pixels", "fractions": "fractions"}, resized, "stated size")
    return repair(annotations, header, placement, LABELS, problems)


def corners(image):
    return [(box.x1, box.y1, box.x2, box.y2) for box in image.boxes]


def test_valid_boxes_are_left_alone(problems):
    image = annotated((0, 0, 100, 80), (1, 2, 3, 4))
    assert repaired([image], UPRIGHT, problems) == image
    assert problems.items == []


@pytest.mark.parametrize(
    ("box", "kind", "expected"),
    [
        ((90, 10, 101, 20), "past the edge", [(90, 10, 100, 20)]),
        ((-5, -6, 10, 10), "past the edge", [(0, 0, 10, 10)]),
        ((30, 10, 20, 40), "inverted corners", [(20, 10, 30, 40)]),
        ((30, 40, 20, 10), "inverted corners", [(20, 10, 30, 40)]),
    ],
)
def test_each_repair_is_recorded_with_file_object_value_and_action(problems, box, kind, expected):
    assert corners(repaired([annotated((1, 1, 2, 2), box)], UPRIGHT, problems)) == [(1, 1, 2, 2), *expected]
    (problem,) = problems.items
    assert (problem.file, problem.object, problem.kind, problem.outcome) == ("a.xml", 2, kind, "repaired")
    assert f"{box[0]:g}" in problem.value
    assert problem.action


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        ((101, 10, 120, 20), "outside the picture"),
        ((100, 10, 120, 20), "outside the picture"),
        ((99.5, 10, 120, 20), "outside the picture"),  # half a pixel of it lies in the picture
        ((10, 10, 10, 20), "zero area"),
        ((0, 0, 0, 0), "zero area"),
        ((10, 10, 10.3, 20), "smaller than a pixel"),
    ],
)
def test_a_picture_with_a_face_that_cannot_be_placed_is_left_out(problems, box, reason):
    assert repaired([annotated((1, 1, 9, 9), box)], UPRIGHT, problems) is None
    (problem,) = problems.items
    assert (problem.file, problem.object, problem.kind, problem.left_out) == ("a.xml", 2, reason, True)
    assert "a.jpg" in problem.action


def test_strict_stops_at_a_face_that_cannot_be_placed():
    with pytest.raises(InputError, match=r"outside the picture: \(200, 10, 220, 20\) in 100 x 80"):
        repaired([annotated((200, 10, 220, 20))], UPRIGHT, Problems(strict=True))


def test_one_line_says_how_many_faces_of_a_picture_cannot_be_placed(problems):
    repaired([annotated((200, 1, 209, 9), (300, 1, 309, 9), (5, 5, 5, 5))], UPRIGHT, problems)
    assert [problem.value for problem in problems.items] == ["(200, 1, 209, 9) and 2 more faces in 100 x 80"]


def test_boxes_with_an_ignored_label_may_lie_anywhere(problems):
    boxes = Box(1, 1, 9, 9, "mask"), Box(500, 500, 600, 600, "hat"), Box(3, 3, 3, 3, "hat")
    image = repaired([AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))], UPRIGHT, problems)
    assert (corners(image), problems.items) == ([(1, 1, 9, 9)], [])


def test_faces_of_one_pixel_survive_the_decimals_of_label_files(problems):
    image = AnnotatedImage(
        Path("a.jpg"), (Box(0.5, 0.5, 0.500333, 0.500333, "mask"),), None, Path("a.txt"), None, "fractions"
    )
    assert len(repaired([image], Header(3000, 3000, 1), problems).boxes) == 1


def test_exact_duplicates_are_dropped_but_neighbours_kept(problems):
    image = annotated((1, 1, 9, 9), (1, 1, 9, 9), (1, 1, 9, 10))
    assert corners(repaired([image], UPRIGHT, problems)) == [(1, 1, 9, 9), (1, 1, 9, 10)]
    assert problems.counts() == {"exact duplicate": 1}


@pytest.mark.parametrize("other", [(10, 10, 50, 50), (11, 10, 51, 50)])
def test_a_picture_with_two_labels_on_one_face_is_left_out(problems, other):
    boxes = Box(10, 10, 50, 50, "with_mask"), Box(60, 10, 90, 50, "with_mask"), Box(*other, "without_mask")
    image = AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))
    assert repaired([image], UPRIGHT, problems) is None
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("one face with two labels", 3)
    assert "with_mask (10, 10, 50, 50) and without_mask" in problem.value


def test_two_annotations_that_contradict_each_other_leave_the_picture_out(problems):
    image = AnnotatedImage(Path("a.jpg"), (Box(12, 12, 55, 52, "without_mask"),), None, Path("b.xml"))
    assert repaired([annotated((10, 10, 50, 50)), image], UPRIGHT, problems) is None
    assert [(problem.kind, problem.file) for problem in problems.omissions] == [("one face with two labels", "b.xml")]


def test_faces_with_different_labels_side_by_side_stay(problems):
    boxes = Box(10, 10, 50, 50, "with_mask"), Box(22, 10, 62, 50, "without_mask")  # they overlap by more than half
    image = AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))
    assert len(repaired([image], UPRIGHT, problems).boxes) == 2
    assert problems.items == []


def test_a_face_that_two_files_have_is_kept_once(problems):
    first, second = (
        annotated((10, 10, 50, 50), (60, 10, 90, 50)),
        annotated((12, 10, 53, 52), (5, 60, 9, 70), name="b.xml"),
    )
    expected = [(10, 10, 50, 50), (60, 10, 90, 50), (5, 60, 9, 70)]
    assert corners(repaired([first, second], UPRIGHT, problems)) == expected
    assert problems.counts() == {"several annotations of one picture": 1, "face annotated twice": 1}


def test_annotations_that_are_alike_are_used_once(problems):
    first, second = annotated((10, 10, 50, 50)), annotated((10, 10, 50, 50), name="b.xml")
    assert corners(repaired([first, second], UPRIGHT, problems)) == [(10, 10, 50, 50)]
    (problem,) = problems.items
    assert (problem.value, problem.action) == ("a.xml, b.xml", "alike, used once")


@pytest.mark.parametrize(
    ("splits", "kept"), [(("val", "train"), "train"), (("test", "val"), "val"), (("test", None), "test")]
)
def test_a_picture_in_two_splits_is_kept_in_one_and_reported(problems, splits, kept):
    images = [replace(annotated((10, 10, 50, 50)), split=split) for split in splits]
    assert repaired(images, UPRIGHT, problems).split == kept
    assert problems.counts() == ({} if None in splits else {"picture in two splits": 1})


def test_two_annotation_files_of_one_picture_are_merged(problems):
    first, second = annotated((1, 1, 9, 9)), annotated((1, 1, 9, 9), (20, 20, 30, 30), name="b.xml")
    assert corners(repaired([first, second], UPRIGHT, problems)) == [(1, 1, 9, 9), (20, 20, 30, 30)]
    assert problems.counts() == {"several annotations of one picture": 1}


def test_no_objects_is_recorded_and_kept_as_background(problems):
    assert repaired([annotated()], UPRIGHT, problems).boxes == ()
    assert problems.counts() == {"no objects": 1}


def test_size_that_disagrees_is_recorded_and_replaced(problems):
    image = repaired([annotated((1, 1, 9, 9), size=(640, 480))], UPRIGHT, problems)
    assert (image.size, corners(image)) == ((100, 80), [(1, 1, 9, 9)])
    assert problems.counts() == {"size disagrees with the picture": 1}


def test_boxes_that_only_fit_the_stated_size_are_scaled(problems):
    image = repaired([annotated((100, 80, 190, 150), size=(200, 160))], UPRIGHT, problems, "stated size")
    assert corners(image) == [(50, 40, 95, 75)]
    assert problems.counts() == {"size disagrees with the picture": 1}


def test_labels_are_mapped_and_ignored_ones_left_out_but_objects_keep_their_numbers(problems):
    boxes = Box(1, 1, 9, 9, "hat"), Box(1, 1, 9, 9, "mask"), Box(1, 1, 9, 9, "with_mask")
    image = repaired([AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))], UPRIGHT, problems)
    assert image.boxes == (Box(1, 1, 9, 9, "with_mask"),)
    assert [(problem.kind, problem.object) for problem in problems.items] == [("exact duplicate", 3)]


def test_unstated_size_is_no_problem(problems):
    assert repaired([annotated((1, 1, 9, 9), size=None)], UPRIGHT, problems).size == (100, 80)
    assert problems.items == []


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_turn_with_the_picture_as_opencv_turns_it(tmp_path, problems, orientation):
    from PIL import Image

    stored = np.zeros((80, 100, 3), np.uint8)
    stored[10:20, 30:70] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    Image.fromarray(stored).save(path, exif=exif)
    shown = cv2.imread(str(path))
    assert shown.shape[1::-1] == (80, 100) == displayed_size(path)
    image = repaired([annotated((30, 10, 70, 20))], Header(100, 80, orientation), problems)
    rows, columns = np.nonzero(shown[:, :, 0])
    assert corners(image) == [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)]
    assert problems.counts() == {"size disagrees with the picture": 1}


def test_boxes_made_on_the_picture_as_shown_stay(problems):
    image = repaired([annotated((1, 1, 9, 9), size=(80, 100))], Header(100, 80, 6), problems)
    assert corners(image) == [(1, 1, 9, 9)]
    assert problems.items == []
