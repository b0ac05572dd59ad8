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


def face(**attributes):
    return Box(0, 0, 1, 1, "face", tuple(attributes.items()))


def faces(*boxes):
    return AnnotatedImage(Path("a.jpg"), boxes, None, Path("a.xml"))


def labels_of(classes, *boxes, ignored=()):
    return [box.label for box in LabelMap(classes, frozenset(ignored)).specific(faces(*boxes)).boxes]


def test_a_label_with_an_attribute_takes_precedence_over_the_label_alone():
    classes = {"face": "with_mask", "face[mask=incorrect]": "mask_worn_incorrectly"}
    labels = LabelMap(classes)
    image = labels.specific(faces(face(mask="incorrect", age="40"), face(mask="yes"), face()))
    assert [labels.class_of(box.label) for box in image.boxes] == ["mask_worn_incorrectly", "with_mask", "with_mask"]
    assert labels.check([image]) == {}


def test_of_several_entries_the_one_with_the_most_attributes_is_taken():
    classes = {"face[mask=yes]": "with_mask", "face[mask=yes, nose=free]": "mask_worn_incorrectly"}
    assert labels_of(classes, face(mask="yes", nose="free"), face(mask="yes")) == [*reversed(classes)]


def test_a_label_with_an_attribute_can_be_ignored_and_is_counted():
    labels = LabelMap({"face": "with_mask"}, frozenset({"face[mask=unknown]"}))
    image = labels.specific(faces(face(mask="unknown"), face()))
    assert [labels.class_of(box.label) for box in image.boxes] == [None, "with_mask"]
    assert labels.check([image]) == {"face[mask=unknown]": 1}


def test_two_entries_that_fit_one_box_with_different_classes_are_refused():
    classes = {"face[mask=yes]": "with_mask", "face[nose=free]": "mask_worn_incorrectly"}
    with pytest.raises(UsageError, match=r"face\[mask=yes\] and face\[nose=free\]"):
        labels_of(classes, face(mask="yes", nose="free"))
    assert labels_of(dict.fromkeys(classes, "with_mask"), face(mask="yes", nose="free")) == ["face[mask=yes]"]


def test_values_may_hold_commas_and_labels_brackets():
    assert labels_of({"face[on=chin,nose]": "with_mask"}, face(on="chin,nose")) == ["face[on=chin,nose]"]
    assert LabelMap({"face[1]": "with_mask"}).class_of("face[1]") == "with_mask"


def test_a_label_that_is_not_mapped_is_named_with_the_attributes_that_would_help():
    boxes = [face(mask="yes", number=str(number)) for number in range(20)] + [face(mask="incorrect")]
    with pytest.raises(UnlistedLabelsError) as error:
        LabelMap({}).check([faces(*boxes)])
    assert "'face' (21: face[mask=yes] 20, face[mask=incorrect] 1)" in str(error.value)
    assert "LABEL[ATTRIBUTE=VALUE]" in str(error.value)
