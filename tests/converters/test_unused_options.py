from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage, Box
from converters.unused_options import unused_options

IMAGES = [
    AnnotatedImage(Path("a.jpg"), (Box(1, 2, 3, 4, "with_mask"), Box(1, 2, 3, 4, "Scarf")), None, Path("a.xml")),
    AnnotatedImage(Path("b.jpg"), (Box(1, 2, 3, 4, "face[mask=no]"),), None, Path("b.xml")),
]


def test_options_that_had_an_effect_are_not_named():
    assert unused_options({"face[mask=no]": "without_mask"}, {"Scarf"}, IMAGES) == []


@pytest.mark.parametrize(
    ("classes", "ignored", "sentence"),
    [
        (
            {"with_maskk": "with_mask"},
            [],
            "--map with_maskk=with_mask had no effect: no box has that label; the nearest is 'with_mask'.",
        ),
        ({}, ["scarf"], "--ignore scarf had no effect: no box has that label; the nearest is 'Scarf'."),
        (
            {},
            ["hat 2"],
            "--ignore hat 2 had no effect: no box has that label; there are 'Scarf', 'face[mask=no]', 'with_mask'.",
        ),
    ],
)
def test_label_that_no_box_has_is_named_with_the_nearest(classes, ignored, sentence):
    assert unused_options(classes, ignored, IMAGES) == [sentence]


def test_many_labels_are_not_all_listed():
    boxes = tuple(Box(1, 2, 3, 4, f"label {number}") for number in range(500))
    (sentence,) = unused_options({}, ["x"], [AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))])
    assert len(sentence) < 400


def test_set_without_boxes():
    assert unused_options({}, ["x"], []) == ["--ignore x had no effect: there are no boxes."]


def test_nearest_label_with_an_attribute_is_named():
    box = Box(0, 0, 1, 1, "face", (("mask", "incorrect"), ("age", "old")))
    image = AnnotatedImage(Path("a.jpg"), (box,), None, Path("a.json"))
    (warning,) = unused_options({"face[mask=incorect]": "with_mask"}, (), [image])
    assert warning.endswith("the nearest is 'face[mask=incorrect]'.")
