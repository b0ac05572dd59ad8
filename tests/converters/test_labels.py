from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage, Box
from converters.errors import UsageError
from converters.labels import LabelMap, UnlistedLabelsError


def image(*labels):
    return AnnotatedImage(Path("a.jpg"), tuple(Box(0, 0, 1, 1, label) for label in labels), None, Path("a.xml"))


def test_labels_are_mapped_ignored_and_counted():
    labels = LabelMap({"good": "with_mask"}, frozenset({"hat"}))
    (mapped,), ignored = labels.apply([image("good", "hat", "without_mask", "hat")])
    assert [box.label for box in mapped.boxes] == ["with_mask", "without_mask"]
    assert ignored == {"hat": 2}


def test_every_unlisted_label_is_named_with_its_count_and_the_options():
    with pytest.raises(UnlistedLabelsError) as error:
        LabelMap({}).apply([image("odd", "odd", "rare", "with_mask")])
    assert all(text in str(error.value) for text in ("'odd' (2)", "'rare' (1)", "--map", "--ignore"))
    assert "'with_mask' (" not in str(error.value)


def test_options_take_precedence_over_the_known_dataset():
    labels = LabelMap({"a": "with_mask", "b": "with_mask"}, frozenset({"c"}))
    labels = labels.overridden({"c": "without_mask"}, ["a"])
    (mapped,), ignored = labels.apply([image("a", "b", "c")])
    assert [box.label for box in mapped.boxes] == ["with_mask", "without_mask"]
    assert ignored == {"a": 1}


def test_a_class_name_can_be_mapped_to_another_class():
    (mapped,), _ = LabelMap({"with_mask": "without_mask"}).apply([image("with_mask")])
    assert mapped.boxes[0].label == "without_mask"


def test_unknown_class_is_refused_with_the_known_ones():
    with pytest.raises(UsageError, match="mask_worn_incorrectly"):
        LabelMap({"a": "masked"})
