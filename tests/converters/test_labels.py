from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage, Box
from converters.errors import UnlistedLabelsError, UsageError
from converters.labels import LabelMap


def image(*labels):
    return AnnotatedImage(Path("a.jpg"), tuple(Box(0, 0, 1, 1, label) for label in labels), None, Path("a.xml"))


def test_labels_are_mapped_ignored_and_counted():
    labels = LabelMap({"good": "with_mask"}, frozenset({"hat", "scarf"}))
    assert labels.check([image("good", "hat"), image("without_mask", "hat")]) == {"hat": 2}
    assert [labels.class_of(label) for label in ("good", "hat", "without_mask")] == ["with_mask", None, "without_mask"]


def test_every_unlisted_label_is_named_with_its_count_and_the_options():
    with pytest.raises(UnlistedLabelsError) as error:
        LabelMap({}).check([image("odd", "odd", "rare", "with_mask")])
    assert all(text in str(error.value) for text in ("'odd' (2)", "'rare' (1)", "--map", "--ignore"))
    assert "'with_mask' (" not in str(error.value)


def test_options_take_precedence_over_the_known_dataset():
    labels = LabelMap({"a": "with_mask", "b": "with_mask"}, frozenset({"c"}))
    labels = labels.overridden({"c": "without_mask"}, ["a"])
    assert [labels.class_of(label) for label in "abc"] == [None, "with_mask", "without_mask"]


def test_a_class_name_can_be_mapped_or_ignored_too():
    labels = LabelMap({"with_mask": "without_mask"}, frozenset({"mask_worn_incorrectly"}))
    assert [labels.class_of(label) for label in ("with_mask", "mask_worn_incorrectly")] == ["without_mask", None]


def test_unknown_class_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="mask_worn_incorrectly"):
        LabelMap({"a": "masked"})
