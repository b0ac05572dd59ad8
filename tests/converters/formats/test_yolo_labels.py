"""Rows of label files: what they mean, and why a row cannot be read."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from converters.annotation import Box
from converters.errors import DatasetError
from converters.formats.yolo_labels import Landmarks, fault, is_annotation, read_label_file
from converters.problems import Problems

NAMES = ("with_mask", "", "without_mask")
EYES_NOSE_MOUTH = "0.2 0.35 0.3 0.35 0.25 0.42 0.21 0.5 0.29 0.5"
FACE = f"0 0.25 0.416667 0.25 0.416667 {EYES_NOSE_MOUTH}"
UNSEEN = "0 0.25 0.416667 0.25 0.416667 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1"
HEPTAGON = "0 0.1 0.1 0.9 0.1 0.95 0.2 0.9 0.9 0.8 0.9 0.2 0.9 0.1 0.8"


def read(
    folder: Path,
    text: str,
    problems: Problems | None = None,
    shape: tuple[int, int] | None = None,
    others: Sequence[str] = (),
) -> tuple[Box, ...] | None:
    paths = [folder / f"{number}.txt" for number in range(1 + len(others))]
    for path, content in zip(paths, (text, *others), strict=True):
        path.write_text(content)
    return read_label_file(paths[0], NAMES, Landmarks(shape, lambda: paths), problems or Problems())


def corners(boxes: tuple[Box, ...] | None) -> list[tuple[float, float, float, float]]:
    return [(box.x1, box.y1, box.x2, box.y2) for box in boxes or ()]


def test_boxes_are_fractions_of_the_picture_as_the_file_has_them(tmp_path: Path) -> None:
    boxes = read(tmp_path, "2 0.5 0.5 0.5 0.25\n\n0 80 100 80 100\n")
    assert boxes == (Box(0.25, 0.375, 0.75, 0.625, "without_mask"), Box(40, 50, 120, 150, "with_mask"))


@pytest.mark.parametrize("row", [FACE, UNSEEN])
def test_landmarks_are_told_by_kpt_shape(tmp_path: Path, row: str) -> None:
    assert corners(read(tmp_path, row, shape=(5, 2))) == [pytest.approx((0.125, 0.2083335, 0.375, 0.6250005))]


def test_other_rows_of_a_set_with_kpt_shape_are_boxes_and_polygons(tmp_path: Path) -> None:
    boxes = read(tmp_path, "0 0.5 0.5 0.5 0.5\n0 0.1 0.2 0.5 0.3 0.3 0.9\n", shape=(5, 3))
    assert corners(boxes) == [pytest.approx((0.25, 0.25, 0.75, 0.75)), pytest.approx((0.1, 0.2, 0.5, 0.9))]


@pytest.mark.parametrize("row", [FACE, UNSEEN])
def test_landmarks_without_kpt_shape_are_told_by_lying_in_their_boxes(tmp_path: Path, row: str) -> None:
    boxes = read(tmp_path, row, others=[FACE, UNSEEN, "0 0.5 0.5 0.5 0.5"])
    assert corners(boxes) == [pytest.approx((0.125, 0.2083335, 0.375, 0.6250005))]


def test_polygons_of_seven_points_stay_polygons(tmp_path: Path) -> None:
    assert corners(read(tmp_path, HEPTAGON, others=[HEPTAGON] * 3)) == [pytest.approx((0.1, 0.1, 0.95, 0.9))]


def test_small_polygons_of_seven_points_stay_polygons_although_some_lie_like_landmarks(tmp_path: Path) -> None:
    import math
    import random

    chance = random.Random(0)
    rows = []
    for _ in range(200):
        x, y, radius, turn = *(chance.uniform(0.2, 0.8) for _ in range(2)), chance.uniform(0.02, 0.2), chance.random()
        points = ((x + radius * math.cos(turn + n), y + radius * math.sin(turn + n)) for n in (0, 1, 2, 3, 4, 5, 6))
        rows.append("0 " + " ".join(f"{a} {b}" for a, b in points))
    (first, *_) = corners(read(tmp_path, "\n".join(rows)))
    xs = [float(value) for value in rows[0].split()[1::2]]
    assert (first[0], first[2]) == (min(xs), max(xs))


def test_a_set_whose_rows_contradict_each_other_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"60% look like a box with five landmarks; expected .*kpt_shape"):
        read(tmp_path, "\n".join([FACE] * 3 + [HEPTAGON] * 2))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0,0.25,0.41,0.25,0.41", "commas or semicolons, expected spaces"),
        ("0 0,25 0,41 0,25 0,41", "commas or semicolons, expected spaces"),
        ("with_mask 0.25 0.41 0.25 0.41", "'with_mask' in place of the number of a class"),
        ("0 0.25 x 0.25 0.41", "'x', expected a number"),
        ("0 0.25 0.41 0.25", "4 columns"),
        ("0 0.25 0.41 0.25 0.41 0.93", "the last may be a detector's confidence"),
        (" ".join(["0"] * 20), "20 columns, expected 5"),
        ("0 0.1 0.1 0.2 0.2 -1 -1", "-1, as landmarks have it; expected kpt_shape"),
        ("7 0.25 0.41 0.25 0.41", "class 7, expected 0 to 2, for 3 class names"),
        ("1 0.25 0.41 0.25 0.41", "class 1, whose line among the class names is blank"),
        ("1e400 0.25 0.41 0.25 0.41", "'1e400' in place of"),
        (f"{'9' * 5000} 0.25 0.41 0.25 0.41", "in place of the number of a class"),
        ("0 0.25 0.41 -0.25 0.41", "negative width or height"),
    ],
)
def test_the_reason_for_which_a_row_cannot_be_read_is_in_words(tmp_path: Path, row: str, reason: str) -> None:
    problems = Problems()
    assert read(tmp_path, f"0 0.5 0.5 0.1 0.1\n{row}\n", problems) is None
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("malformed row", 2)
    assert reason in problem.value
    assert len(problem.value) < 300


def test_a_file_that_is_no_text_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff\x00\x9c" * 9)
    problems = Problems()
    assert read_label_file(path, NAMES, Landmarks(), problems) is None
    assert problems.counts("left out") == {"unreadable annotation file": 1}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("0,0.25,0.41,0.25,0.41", "commas or semicolons"),
        ("0; 0.25; 0.41; 0.25; 0.41", "commas or semicolons"),
        ("with_mask 0.25 0.41 0.25 0.41", "class names ('with_mask')"),
        ("with_mask, 0.25, 0.41, 0.25, 0.41", "class names ('with_mask')"),
        ("0 0.25 0.41 0.25 0.41 0.93", "a sixth column"),
        ("a.jpg,100,50,200,150", None),
        ("0,100,50,200,150", None),
        ("", None),
    ],
)
def test_rows_that_are_nearly_labels_are_named(line: str, found: str | None) -> None:
    wrong = fault([line])
    assert (wrong is None) if found is None else (wrong is not None and found in wrong[0])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["0 0.5 0.5 0.1 0.1"], True),
        (["0 164 487 105 35", "12 1 2 3 4"], True),
        (["0 0.1 0.2 0.5 0.3 0.3 0.9"], True),
        ([FACE], True),
        (["0.000000 0.5 0.5 0.1 0.1"], True),
        ([], False),
        (["with_mask", "without_mask"], False),
        (["img/1.jpg"], False),
        (["0 0.5 0.5 0.1 0.1", "a line of prose that goes on"], False),
        (["Car 0.00 0 -1.57 599 156 629 189 2.85 2.63 12.34 0.47 1.49 69.44 -1.56"], False),
        (["449 330 122 149 0 0 0 0 0 0"], False),
        (["0.5 0.5 0.5 0.1 0.1"], False),
    ],
)
def test_label_files_are_recognised_by_their_rows(lines: list[str], expected: bool) -> None:
    assert is_annotation(lines) is expected
