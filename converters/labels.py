"""Maps the labels of a source to the classes of this project.

An entry is a label, or a label with values of attributes, such as `face[mask=incorrect]` or `face[mask=yes,nose=free]`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from converters.annotation import AnnotatedImage, Box
from converters.errors import OptionError, UnlistedLabelsError, UsageError

WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY = "with_mask", "without_mask", "mask_worn_incorrectly"
CLASS_NAMES = (WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY)
"""The classes. Their order is their id, in every file that is written."""


_WITH_ATTRIBUTES = re.compile(r"(?P<label>.+)\[(?P<pairs>[^=]+=.*)\]", re.DOTALL)
_NEXT_PAIR = re.compile(r",(?=[^,=]+=)")
_MOST_VALUES = 10  # of an attribute that is named in a message; one with more is a number or an identifier
_MOST_SHOWN = 6  # labels with attributes that a message names for one label

_Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class LabelMap:
    """The class of each label. The class names themselves need no entry.

    Attributes:
        classes: Class name for each source label, and for labels with attributes.
        ignored: Labels whose boxes are not faces, or not to be used, and labels with attributes.
    """

    classes: Mapping[str, str]
    ignored: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for label, name in self.classes.items():
            if name not in CLASS_NAMES:
                raise OptionError("classes", f"{label}={name}, and {name!r} is no class", ", ".join(CLASS_NAMES))

    def overridden(self, classes: Mapping[str, str], ignored: Iterable[str]) -> "LabelMap":
        """This map with entries that take precedence over its own."""
        ignored = set(ignored)
        kept = {label: name for label, name in self.classes.items() if label not in ignored}
        return LabelMap({**kept, **classes}, frozenset((self.ignored | ignored) - classes.keys()))

    def specific(self, image: AnnotatedImage) -> AnnotatedImage:
        """The image with labels such as `face[mask=incorrect]` for the boxes whose attributes fit such an entry.

        Of several entries that fit, the one with the most attributes is taken.

        Raises:
            UsageError: Two entries fit a box equally well, and differ in their class.
        """
        if not self._with_attributes or not any(box.attributes for box in image.boxes):
            return image
        return replace(image, boxes=tuple(map(self._specific, image.boxes)))

    def _specific(self, box: Box) -> Box:
        have = frozenset(box.attributes)
        fitting = [(len(pairs), entry) for entry, pairs in self._with_attributes.get(box.label, ()) if pairs <= have]
        most = max((count for count, _ in fitting), default=0)
        best = [entry for count, entry in fitting if count == most]
        if len({self.class_of(entry) for entry in best}) > 1:
            raise UsageError("labels", f"{' and '.join(best)} fit one box, with different classes", "one that has both")
        return replace(box, label=best[0], attributes=()) if best else box

    @cached_property
    def _with_attributes(self) -> dict[str, list[tuple[str, _Pairs]]]:
        """The entries with attributes, by their label."""
        entries: dict[str, list[tuple[str, _Pairs]]] = {}
        for entry in (*self.classes, *sorted(self.ignored)):
            if found := _WITH_ATTRIBUTES.fullmatch(entry):
                entries.setdefault(found["label"].strip(), []).append((entry, _pairs(found["pairs"])))
        return entries

    def class_of(self, label: str) -> str | None:
        """The class of a label; None where it is ignored or not listed."""
        if label in self.ignored:
            return None
        return self.classes.get(label, label if label in CLASS_NAMES else None)

    def check(
        self,
        images: Iterable[AnnotatedImage],
        error: Callable[[Mapping[str, int]], UnlistedLabelsError] | None = None,
    ) -> dict[str, int]:
        """Check that every label is mapped or ignored.

        Args:
            images: Images with the source's labels.
            error: Makes the exception from the counts of the labels that are neither; None: one that advises `--map`.

        Returns:
            How many boxes are ignored, by label.

        Raises:
            UnlistedLabelsError: Some labels are neither; all of them are named.
        """
        boxes = Counter((box.label, box.attributes) for image in images for box in image.boxes)
        counts: Counter[str] = Counter()
        for (label, _), count in boxes.items():
            counts[label] += count
        unlisted = {label: count for label, count in counts.items() if self._is_unlisted(label)}
        if unlisted:
            raise error(unlisted) if error else _unlisted_error(unlisted, boxes)
        return {label: counts[label] for label in sorted(self.ignored & counts.keys())}

    def _is_unlisted(self, label: str) -> bool:
        return label not in self.ignored and self.class_of(label) is None


def _pairs(text: str) -> _Pairs:
    """Names and values in `mask=yes,nose=free`. A value may hold commas."""
    pairs = (pair.partition("=") for pair in _NEXT_PAIR.split(text))
    return frozenset((name.strip(), value.strip()) for name, _, value in pairs)


def _unlisted_error(
    unlisted: Mapping[str, int], boxes: Mapping[tuple[str, tuple[tuple[str, str], ...]], int]
) -> UnlistedLabelsError:
    entries = {label: _entries_with_attributes(label, boxes) for label in unlisted}
    listing = ", ".join(
        f"{label!r} ({count}{': ' if entries[label] else ''}{', '.join(entries[label])})"
        for label, count in sorted(unlisted.items(), key=lambda x: (-x[1], x[0]))
    )
    form = "LABEL or LABEL[ATTRIBUTE=VALUE]" if any(entries.values()) else "LABEL"
    options = f"--map '{form}=CLASS' with one of {', '.join(CLASS_NAMES)}, or --ignore '{form}', for each of them"
    if all(label.isdecimal() for label in unlisted):
        listing += " (numbers of classes, whose names the set does not give)"
    return UnlistedLabelsError("labels", f"not mapped to a class: {listing}", options)


def _entries_with_attributes(label: str, boxes: Mapping[tuple[str, tuple[tuple[str, str], ...]], int]) -> list[str]:
    """What can be mapped in place of a label: entries with one attribute and their counts, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    for (name, attributes), count in boxes.items():
        if name == label:
            counts.update(dict.fromkeys(attributes, count))
    values = Counter(name for name, _ in counts)
    shown = [
        f"{label}[{name}={value}] {count}"
        for (name, value), count in counts.most_common()
        if values[name] <= _MOST_VALUES
    ]
    return shown if len(shown) <= _MOST_SHOWN else [*shown[:_MOST_SHOWN], "..."]
