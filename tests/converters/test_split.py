from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.annotation import AnnotatedImage, Box
from converters.errors import UsageError
from converters.split import assign, parse_ratio, split_of_file, split_of_folder

LABELS = ("with_mask", "without_mask", "mask_worn_incorrectly")


def image(number: int, counts: tuple[int, int, int]) -> AnnotatedImage:
    boxes = tuple(Box(0, 0, 20, 20, label) for label, count in zip(LABELS, counts, strict=True) for _ in range(count))
    return AnnotatedImage(Path(f"{number}.jpg"), boxes, (100, 100), Path(f"{number}.xml"))


def boxes_by_split(images, splits, label):
    counts: Counter[str] = Counter()
    for one, split in zip(images, splits, strict=True):
        counts[split] += sum(box.label == label for box in one.boxes)
    return counts


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.tuples(*[st.integers(0, 8)] * 3), min_size=1, max_size=40),
    seed=st.integers(0, 10**6),
    ratio=st.sampled_from(["70/15/15", "80/20", "1/1/1", "0/0/1"]),
    size=st.integers(1, 5),
)
def test_every_picture_gets_a_split_and_groups_stay_together(counts, seed, ratio, size):
    images = [image(number, count) for number, count in enumerate(counts)]
    groups = [list(range(start, min(start + size, len(images)))) for start in range(0, len(images), size)]
    splits = assign(images, groups, parse_ratio(ratio), seed)
    allowed = [name for name, share in zip(("train", "val", "test"), parse_ratio(ratio).shares, strict=True) if share]
    assert set(splits) <= set(allowed)
    assert all(len({splits[index] for index in group}) == 1 for group in groups)
    if len(groups) >= len(allowed):
        assert set(splits) == set(allowed)


def test_shares_hold_for_pictures_and_for_each_class():
    images = [image(n, (1 + n % 7, n % 3, int(n % 25 == 0))) for n in range(400)]
    splits = assign(images, [[n] for n in range(400)], parse_ratio("70/15/15"), 0)
    assert Counter(splits)["train"] == pytest.approx(280, abs=6)
    for label in LABELS:
        found = boxes_by_split(images, splits, label)
        total = sum(found.values())
        assert found["train"] == pytest.approx(0.7 * total, abs=0.02 * total + 1)
        assert found["val"] == pytest.approx(found["test"], abs=0.02 * total + 1)


def test_three_pictures_of_the_rare_class_reach_all_splits():
    images = [image(n, (1, 1, int(n < 3))) for n in range(60)]
    splits = assign(images, [[n] for n in range(60)], parse_ratio("1/1/1"), 0)
    assert boxes_by_split(images, splits, "mask_worn_incorrectly") == {"train": 1, "val": 1, "test": 1}


def test_seed_decides_and_nothing_else():
    images = [image(n, (1, n % 2, 0)) for n in range(100)]
    groups = [[n] for n in range(100)]
    first = assign(images, groups, parse_ratio("80/20"), 0)
    assert first == assign(images, groups, parse_ratio("80/20"), 0)
    assert first != assign(images, groups, parse_ratio("80/20"), 1)
    # A value written down: the same on every machine and in every version of Python.
    assert [n for n in range(100) if first[n] == "val"][:8] == EXPECTED


EXPECTED = [6, 8, 10, 11, 17, 24, 25, 34]


@pytest.mark.parametrize(
    ("text", "shares"),
    [("70/15/15", (70, 15, 15)), ("80/20", (80, 20, 0)), ("0/0/1", (0, 0, 1)), (" 8 / 2", (8, 2, 0))],
)
def test_ratios(text, shares):
    assert parse_ratio(text).shares == shares


@pytest.mark.parametrize("text", ["", "80", "80/20/0/0", "80/-20", "0/0/0", "a/b", "0.8/0.2", "9999999/1", "²/1"])
def test_what_is_no_ratio(text):
    with pytest.raises(UsageError):
        parse_ratio(text)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *[
            (name, "train")
            for name in ("Train", "training", "train_images", "images_train", "train2017", "obj_train_data")
        ],
        *[(name, "val") for name in ("valid", "valid_images", "Validation Set", "val-labels")],
        *[(name, "test") for name in ("Test Images", "TestImages", "testing", "Annotations_test")],
        *[
            (name, None)
            for name in ("images", "with_mask", "test faces", "contest", "train_test", "retrain", "", "dataset" * 30)
        ],
    ],
)
def test_folders_named_after_a_split(name, split):
    assert split_of_folder(name) == split


@pytest.mark.parametrize(
    ("stem", "split"),
    [
        ("train_labels", "train"),
        ("instances_val2017", "val"),
        ("faceTestAnnotations", "test"),
        ("train_and_test", None),
        ("instances_all", None),
        ("latest", None),
    ],
)
def test_files_named_after_a_split(stem, split):
    assert split_of_file(stem) == split
