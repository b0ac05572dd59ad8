"""Maps the labels of a source to the classes of this project."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from converters.annotation import AnnotatedImage
from converters.errors import OptionError, UnlistedLabelsError

WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY = "with_mask", "without_mask", "mask_worn_incorrectly"
CLASS_NAMES = (WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY)
"""The classes. Their order is their id, in every file that is written."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """The class of each label. The class names themselves need no entry.

    Attributes:
        classes: Class name for each source label.
        ignored: Labels whose boxes are not faces, or not to be used.
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

    def class_of(self, label: str) -> str | None:
        """The class of a label; None where it is ignored or not listed."""
        if label in self.ignored:
            return None
        return self.classes.get(label, label if label in CLASS_NAMES else None)

    def check(self, images: Iterable[AnnotatedImage]) -> dict[str, int]:
        """Check that every label is mapped or ignored.

        Args:
            images: Images with the source's labels.

        Returns:
            How many boxes are ignored, by label.

        Raises:
            UnlistedLabelsError: Some labels are neither; all of them are named.
        """
        counts = Counter(box.label for image in images for box in image.boxes)
        unlisted = {label: count for label, count in counts.items() if self._is_unlisted(label)}
        if unlisted:
            raise _unlisted_error(unlisted)
        return {label: counts[label] for label in sorted(self.ignored & counts.keys())}

    def _is_unlisted(self, label: str) -> bool:
        return label not in self.ignored and self.class_of(label) is None


def _unlisted_error(unlisted: Mapping[str, int]) -> UnlistedLabelsError:
    listing = ", ".join(
        f"{label!r} ({count})" for label, count in sorted(unlisted.items(), key=lambda x: (-x[1], x[0]))
    )
    options = f"--map 'LABEL=CLASS' with one of {', '.join(CLASS_NAMES)}, or --ignore 'LABEL', for each of them"
    return UnlistedLabelsError("labels", f"not mapped to a class: {listing}", options)
