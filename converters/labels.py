"""From the labels of a source to the classes of this project."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from converters.annotation import AnnotatedImage
from converters.errors import UsageError

# Their order is their id, in every file that is written.
CLASS_NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


class UnlistedLabelsError(UsageError):
    """The source has labels of which nobody said what becomes of them."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """What becomes of each label. The class names themselves need no entry.

    Attributes:
        classes: Class name for each source label.
        ignored: Labels whose boxes are not faces, or not to be used.
    """

    classes: Mapping[str, str]
    ignored: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for label, name in self.classes.items():
            if name not in CLASS_NAMES:
                raise UsageError(f"{label}={name}", f"{name!r} is no class", ", ".join(CLASS_NAMES))

    def overridden(self, classes: Mapping[str, str], ignored: Iterable[str]) -> "LabelMap":
        """This map with entries that take precedence over its own."""
        ignored = set(ignored)
        kept = {label: name for label, name in self.classes.items() if label not in ignored}
        return LabelMap({**kept, **classes}, frozenset((self.ignored | ignored) - classes.keys()))

    def class_of(self, label: str) -> str | None:
        """The class of a label, or None where there is none."""
        return self.classes.get(label, label if label in CLASS_NAMES else None)

    def apply(self, images: Iterable[AnnotatedImage]) -> tuple[list[AnnotatedImage], dict[str, int]]:
        """Replace the labels of all boxes by classes.

        Args:
            images: Images with the source's labels.

        Returns:
            The images with class names as labels and without ignored boxes, and how many boxes were ignored by label.

        Raises:
            UnlistedLabelsError: Some label is neither mapped nor ignored; all of them are named.
        """
        mapped: list[AnnotatedImage] = []
        ignored: Counter[str] = Counter()
        unlisted: Counter[str] = Counter()
        for image in images:
            boxes = []
            for box in image.boxes:
                if box.label in self.ignored:
                    ignored[box.label] += 1
                elif (name := self.class_of(box.label)) is None:
                    unlisted[box.label] += 1
                else:
                    boxes.append(box if box.label == name else replace(box, label=name))
            mapped.append(replace(image, boxes=tuple(boxes)))
        if unlisted:
            raise _unlisted_error(unlisted)
        return mapped, dict(sorted(ignored.items()))


def _unlisted_error(unlisted: Counter[str]) -> UnlistedLabelsError:
    listing = ", ".join(
        f"{label!r} ({count})" for label, count in sorted(unlisted.items(), key=lambda x: (-x[1], x[0]))
    )
    options = f"--map 'LABEL=CLASS' with one of {', '.join(CLASS_NAMES)}, or --ignore 'LABEL', for each of them"
    return UnlistedLabelsError("labels", f"not mapped to a class: {listing}", options)
