"""Counts what a conversion wrote and found."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from converters.labels import CLASS_NAMES
from converters.problems import Problems
from converters.sizes import SIZES, size_of
from converters.split import SPLITS


@dataclass(frozen=True, slots=True)
class SplitCounts:
    """The contents of one split, in numbers.

    Attributes:
        images: Pictures.
        background: Pictures without a box.
        boxes: Boxes by class.
        sizes: Boxes by size class (`SIZES`): the side, in pixels, of a square of the same area.
    """

    images: int
    background: int
    boxes: dict[str, int]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class ConversionSummary:
    """What was written, and what was found on the way.

    Attributes:
        out: The dataset's folder; None where nothing was to be written.
        format: The format that was read.
        splits: Counts for each split that has pictures.
        scenes: Groups of two or more pictures of one scene, largest first, by path.
        separated: Pairs of pictures of one scene that lie in different splits.
        ignored: Boxes with an ignored label, by label.
        problems: Everything that was repaired, left out or passed over, and notes.
    """

    out: Path | None
    format: str
    splits: dict[str, SplitCounts]
    scenes: list[list[str]]
    separated: list[tuple[str, str]]
    ignored: dict[str, int]
    problems: Problems

    def as_dict(self) -> dict[str, Any]:
        """The summary as it stands in conversion.json."""
        return {
            "format": self.format,
            "classes": list(CLASS_NAMES),
            "splits": {split: asdict(counts) for split, counts in self.splits.items()},
            "ignored_boxes": self.ignored,
            "scenes": {
                "groups": len(self.scenes),
                "largest": max(map(len, self.scenes), default=1),
                "separated_pairs": [list(pair) for pair in self.separated],
                "members": self.scenes,
            },
            "notes": self.problems.notes,
            "warnings": self.problems.warnings,
            "problem_counts": self.problems.counts(),
            "problems": [asdict(problem) for problem in self.problems.items],
        }


def summarise(
    out: Path | None,
    name: str,
    images: Sequence[AnnotatedImage],
    splits: Sequence[str | None],
    groups: Sequence[Sequence[int]],
    pairs: Sequence[tuple[int, int]],
    ignored: dict[str, int],
    problems: Problems,
) -> ConversionSummary:
    """Count the pictures, boxes and scenes of each split.

    Args:
        out: The dataset's folder; None where nothing was to be written.
        name: The format.
        images: The usable images, with class names as labels.
        splits: The split of each image, None for those that no split takes.
        groups: Positions of images of one scene.
        pairs: Positions of pairs of one scene.
        ignored: Boxes with an ignored label, by label.
        problems: What was found on the way.

    Returns:
        The summary.
    """
    by_split = {split: [image for image, of in zip(images, splits, strict=True) if of == split] for split in SPLITS}
    scenes = sorted((group for group in groups if len(group) > 1), key=lambda group: (-len(group), group[0]))
    return ConversionSummary(
        out,
        name,
        {split: _count(members) for split, members in by_split.items() if members},
        [[str(images[index].path) for index in group] for group in scenes],
        [
            (str(images[a].path), str(images[b].path))
            for a, b in pairs
            if splits[a] and splits[b] and splits[a] != splits[b]
        ],
        ignored,
        problems,
    )


def _count(images: Sequence[AnnotatedImage]) -> SplitCounts:
    labels = Counter(box.label for image in images for box in image.boxes)
    sizes = Counter(size_of(box) for image in images for box in image.boxes)
    return SplitCounts(
        len(images),
        sum(not image.boxes for image in images),
        {name: labels[name] for name in CLASS_NAMES},
        {size: sizes[size] for size in SIZES},
    )
