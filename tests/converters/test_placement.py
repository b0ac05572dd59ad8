from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage, Box
from converters.errors import ConversionError, InputError, PictureError
from converters.labels import LabelMap
from converters.pictures import Header
from converters.placement import decide_placement
from converters.problems import Problems

LABELS = LabelMap({}, frozenset({"hat"}))


def annotated(*boxes, size=None, units="pixels", label="with_mask", name="a"):
    found = tuple(Box(*corners, label) for corners in boxes)
    return AnnotatedImage(Path(f"{name}.jpg"), found, size, Path(f"{name}.xml"), units=units)


def place(problems, images, size=(100, 80), orientation=1):
    """The corners of the boxes of each picture, None where it is left out; all pictures are stored with one size."""
    headers = [Header(*size, orientation)] * len(images)
    placement = decide_placement([[image] for image in images], headers, LABELS, problems)
    placed = [placement.place(image, header, problems) for image, header in zip(images, headers, strict=True)]
    return [boxes and [(box.x1, box.y1, box.x2, box.y2) for box in boxes] for boxes in placed]


def test_boxes_in_pixels_stay(problems):
    assert place(problems, [annotated((1, 2, 30, 40)), annotated()]) == [[(1, 2, 30, 40)], ()]
    assert (problems.items, problems.notes) == ([], [])


def test_a_set_with_all_boxes_between_0_and_1_is_in_fractions_and_the_note_says_so(problems):
    images = [annotated((0.25, 0.5, 0.5, 0.75)), annotated((0, 0, 1, 1), (-0.01, 0.5, 1.01, 0.75))]
    assert place(problems, images) == [[(25, 40, 50, 60)], [(0, 0, 100, 80), (-1, 40, 101, 60)]]
    assert problems.notes == [
        "All boxes lie between 0 and 1: they were read as fractions of the picture, not as pixels."
    ]


def test_a_set_of_a_fraction_format_in_pixels_is_read_as_pixels_and_the_note_says_so(problems):
    assert place(problems, [annotated((40, 50, 60, 70), units="fractions")] * 2) == [[(40, 50, 60, 70)]] * 2
    assert problems.notes == [
        "All boxes are larger than their pictures: they were read as pixels of the picture, not as fractions."
    ]


def test_strict_stops_where_the_boxes_are_in_another_unit_than_that_of_the_format():
    for image in (annotated((40, 50, 60, 70), units="fractions"), annotated((0.25, 0.5, 0.5, 0.75))):
        with pytest.raises(InputError, match=r"a\.xml: all boxes"):
            place(Problems(strict=True), [image])


def test_fractions_stay_fractions(problems):
    boxes = [(0.25, 0.5, 0.5, 0.75), (0, 0, 1, 1), (0.5, 0.5, 1.5, 1.2)]
    (placed,) = place(problems, [annotated(*boxes, units="fractions")])
    assert placed == [(25, 40, 50, 60), (0, 0, 100, 80), (50, 40, 150, 96)]
    assert problems.notes == []


@pytest.mark.parametrize("units", ["pixels", "fractions"])
def test_a_set_of_both_units_is_refused_and_the_message_shows_the_rare_one(problems, units):
    images = [annotated((10, 10, 50, 50), units=units)] * 3 + [annotated((0.1, 0.1, 0.5, 0.5), units=units, name="b")]
    with pytest.raises(ConversionError, match=r"b\.xml: mixed units .* 3 boxes look like pixels, 1 like fractions"):
        place(problems, images)


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (0, 0, 1, 1), (0.5, 0.5, 0.5, 0.5), (20.2, 20.2, 20.9, 20.9)])
def test_marks_without_an_area_do_not_make_a_set_in_pixels_mixed(problems, box):
    assert place(problems, [annotated((10, 10, 50, 50)), annotated(box)]) == [[(10, 10, 50, 50)], [box]]
    assert problems.notes == []


def test_marks_without_an_area_do_not_make_a_set_in_fractions_mixed(problems):
    images = [annotated((0.25, 0.5, 0.5, 0.75)), annotated((0, 0, 0, 0))]
    assert place(problems, images) == [[(25, 40, 50, 60)], [(0, 0, 0, 0)]]


def test_boxes_with_an_ignored_label_decide_nothing(problems):
    images = [annotated((10, 10, 50, 50)), annotated((0.1, 0.1, 0.5, 0.5), label="hat")]
    assert place(problems, images)[0] == [(10, 10, 50, 50)]
    far = annotated((100, 80, 190, 150), label="hat", size=(200, 160))
    assert place(problems, [far]) == [[(100, 80, 190, 150)]]
    assert (problems.items, problems.notes) == ([], [])


def test_unreadable_pictures_decide_nothing(problems):
    headers = [PictureError("a.jpg", "damaged"), Header(100, 80, 1)]
    images = [[annotated((0.1, 0.1, 0.5, 0.5))], [annotated((10, 10, 50, 50))]]
    assert decide_placement(images, headers, LABELS, problems).units["pixels"] == "pixels"


def test_a_picture_whose_boxes_fit_the_stated_size_only_scales_the_whole_set(problems):
    images = [annotated((20, 20, 60, 60), size=(200, 160)), annotated((100, 80, 190, 150), size=(200, 160))]
    assert place(problems, images) == [[(10, 10, 30, 30)], [(50, 40, 95, 75)]]
    assert problems.counts("repaired") == {"size disagrees with the picture": 2}
    (note,) = problems.notes
    assert note == (
        "2 pictures have another size than stated: their boxes are on the stated size, and are scaled where the "
        "proportions are the same. 1 fit the stated size only, 0 the picture only, 1 both."
    )


def test_a_picture_whose_boxes_fit_the_picture_only_keeps_the_whole_set_as_it_stands(problems):
    images = [annotated((5, 5, 20, 20), size=(50, 40)), annotated((60, 50, 95, 75), size=(50, 40))]
    assert place(problems, images) == [[(5, 5, 20, 20)], [(60, 50, 95, 75)]]
    assert problems.counts("repaired") == {"size disagrees with the picture": 2}
    assert "used as they stand" in problems.notes[0]


def test_pictures_that_contradict_each_other_are_left_out(problems):
    images = [
        annotated((60, 50, 95, 75), size=(50, 40)),
        annotated((100, 80, 190, 150), size=(200, 160)),
        annotated((10, 10, 50, 50), size=(100, 80)),
        annotated(size=(200, 160)),
    ]
    assert place(problems, images) == [None, None, [(10, 10, 50, 50)], ()]
    assert [problem.kind for problem in problems.omissions] == ["size disagrees with the picture"] * 2
    assert "cannot be known" in problems.notes[0]


def test_boxes_that_fit_both_sizes_are_left_out(problems):
    assert place(problems, [annotated((10, 10, 50, 50), size=(200, 160))]) == [None]
    assert "200 x 160 stated, picture 100 x 80" in problems.omissions[0].value


def test_many_boxes_that_fit_a_far_smaller_picture_were_made_on_it(problems):
    images = [annotated((10, 10, 50, 50), size=(640, 480))] * 10
    assert place(problems, images) == [[(10, 10, 50, 50)]] * 10
    assert place(problems, [annotated((10, 10, 50, 50), size=(120, 96))] * 50) == [None] * 50


def test_many_boxes_that_fit_a_far_smaller_stated_size_were_made_on_it(problems):
    assert place(problems, [annotated((10, 10, 40, 30), size=(50, 40))] * 10) == [[(20, 20, 80, 60)]] * 10


def test_one_wrong_box_does_not_scale_a_set_of_many(problems):
    images = [annotated((10, 10, 50, 50), size=(640, 480))] * 120 + [annotated((130, 10, 150, 50), size=(640, 480))]
    assert place(problems, images)[0] == [(10, 10, 50, 50)]


def test_pictures_resized_in_other_proportions_are_left_out(problems):
    assert place(problems, [annotated((400, 300, 500, 400), size=(640, 640))]) == [None]
    assert "other proportions" in problems.omissions[0].action


@pytest.mark.parametrize("size", [(0, 0), (0, 80), (101, 79), None])
def test_a_stated_size_of_zero_or_with_rounding_changes_no_box(problems, size):
    assert place(problems, [annotated((10, 10, 50, 50), size=size)]) == [[(10, 10, 50, 50)]]
    assert (problems.omissions, problems.notes) == ([], [])


def test_boxes_on_the_stored_picture_are_turned_unless_one_fits_the_displayed_picture_only(problems):
    stored, shown = annotated((30, 10, 50, 20), size=(100, 60)), annotated((10, 70, 50, 95), size=(100, 60))
    assert place(problems, [stored], (100, 60), orientation=6) == [[(40, 30, 50, 50)]]
    assert "turned" in problems.notes[0]
    assert place(problems, [stored, shown], (100, 60), orientation=6) == [[(30, 10, 50, 20)], [(10, 70, 50, 95)]]
    assert "used as they stand" in problems.notes[1]
    sideways = annotated((80, 10, 99, 20), size=(100, 60))
    assert place(problems, [sideways, shown], (100, 60), orientation=6) == [None, None]


def test_placing_keeps_labels_and_attributes(problems):
    box = Box(0.1, 0.1, 0.5, 0.5, "with_mask", (("mask", "incorrect"),))
    image = AnnotatedImage(Path("a.jpg"), (box,), None, Path("a.json"))
    header = Header(100, 80, 1)
    (placed,) = decide_placement([[image]], [header], LABELS, problems).place(image, header, problems)
    assert (placed.label, placed.attributes) == (box.label, box.attributes)
