"""Dividing a dataset: scenes stay together, rare classes are spread, a seed gives the same split everywhere."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from converters.annotation import AnnotatedImage
from converters.errors import OptionError
from converters.labels import CLASS_NAMES
from converters.sizes import SIZES, size_of

SPLITS = ("train", "val", "test")
_WORDS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_CONTENTS = "(?:images?|imgs?|pictures?|photos?|labels?|annotations?|sets?|data|obj|jpeg|xmls?)*"
_FOLDER = re.compile(f"{_CONTENTS}({'|'.join(_WORDS)}){_CONTENTS}")
_NO_LETTERS = re.compile("[^a-z]+")
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
_ONE = 10**15  # gains are whole numbers in this unit, since floating point may differ between machines


def split_named(name: str) -> str | None:
    """The split that a word stands for ("valid" and "validation" are "val"), or None."""
    return _WORDS.get(name.strip().lower())


def split_of_folder(name: str) -> str | None:
    """The split that a folder is named after, or None: "Train", "train_images", "Test Images", "val2017"."""
    match = _FOLDER.fullmatch(_NO_LETTERS.sub("", name.lower()))
    return _WORDS[match[1]] if match else None


def split_of_file(stem: str) -> str | None:
    """The one split that is named in a file name, or None: "train_labels", "instances_val2017", "testAnnotations"."""
    words = _NO_LETTERS.split(_HUMP.sub(" ", stem).lower())
    named = {_WORDS[word] for word in words if word in _WORDS}
    return named.pop() if len(named) == 1 else None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Shares of train, val and test, as whole numbers in any unit."""

    shares: tuple[int, int, int]

    def __str__(self) -> str:
        return "/".join(str(share) for share in (self.shares if self.shares[2] else self.shares[:2]))


def parse_ratio(text: str) -> Ratio:
    """Read `70/15/15` or `80/20` (train and val).

    Raises:
        OptionError: It is something else.
    """
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(part.strip().isdecimal() for part in parts):
        raise OptionError("split", repr(text), "70/15/15, 80/20, or a CSV file")
    shares = [int(part) for part in parts] + [0] * (3 - len(parts))
    if sum(shares) == 0 or max(shares) > 10**6:
        raise OptionError("split", repr(text), "whole numbers such as 70/15/15")
    return Ratio((shares[0], shares[1], shares[2]))


def assign(images: Sequence[AnnotatedImage], groups: Sequence[Sequence[int]], ratio: Ratio, seed: int) -> list[str]:
    """Divide images so that each split gets its share of the pictures, and of the boxes of each class and size.

    Groups are assigned one by one, those with the rarest class or size first, each to the split that lacks most of
    what the group has (after Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", 2011).

    Args:
        images: The images, with class names as labels.
        groups: Positions of the images; each group stays together.
        ratio: The shares.
        seed: Another seed gives another split.

    Returns:
        The split of each image.
    """
    contents = [_counts([images[index] for index in group]) for group in groups]
    totals = [sum(column) for column in zip(*contents, strict=True)]
    order = sorted(
        range(len(groups)), key=lambda number: _order(contents[number], totals, images, groups[number], seed)
    )
    given = [[0] * len(totals) for _ in SPLITS]
    members: list[list[int]] = [[] for _ in SPLITS]
    for number in order:
        split = max(
            (split for split in range(len(SPLITS)) if ratio.shares[split]),
            key=lambda split: _gain(contents[number], totals, given[split], ratio, split),
        )
        given[split] = [have + more for have, more in zip(given[split], contents[number], strict=True)]
        members[split].append(number)
    _fill_empty(members, ratio)
    chosen = [""] * len(images)
    for name, numbers in zip(SPLITS, members, strict=True):
        for number in numbers:
            for index in groups[number]:
                chosen[index] = name
    return chosen


def _counts(images: list[AnnotatedImage]) -> list[int]:
    """Boxes of each class, boxes of each size, and the number of pictures."""
    counts = dict.fromkeys((*CLASS_NAMES, *SIZES), 0)
    for image in images:
        for box in image.boxes:
            counts[box.label] += 1
            counts[size_of(box)] += 1
    return [*counts.values(), len(images)]


def _order(
    content: list[int], totals: list[int], images: Sequence[AnnotatedImage], group: Sequence[int], seed: int
) -> tuple[int, int, str]:
    """Sort key: groups with the rarest class or size first, then those with most of it, then by a hash of the seed."""
    rarity, amount = min((total, -have) for total, have in zip(totals, content, strict=True) if have)
    name = min(images[index].path.name for index in group)
    return rarity, amount, hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogateescape")).hexdigest()


def _gain(content: list[int], totals: list[int], given: list[int], ratio: Ratio, split: int) -> int:
    """How much a group reduces the squared relative error of a split. Every class and size has the same weight."""
    whole, share = sum(ratio.shares), ratio.shares[split]
    gain = 0
    for have, total, got in zip(content, totals, given, strict=True):
        if have:
            lack = share * total - whole * got
            gain += have * (2 * lack - whole * have) * _ONE // (share * total**2)
    return gain


def _fill_empty(members: list[list[int]], ratio: Ratio) -> None:
    """Give a split that got nothing one group from the fullest: a tiny dataset still has all its splits."""
    for split in range(len(SPLITS)):
        fullest = max(range(len(SPLITS)), key=lambda other: len(members[other]))
        if ratio.shares[split] and not members[split] and len(members[fullest]) > 1:
            members[split].append(members[fullest].pop())
