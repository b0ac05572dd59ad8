"""Corrections of labels in a reviewed file, applied to training pictures in memory: label files stay as they are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from converters.annotation import AnnotatedImage, Box
from converters.boxes import iou
from converters.errors import AnnotationError
from converters.formats.box_csv import load_table
from converters.plurals import quantity
from detector.augmentation.synthetic import synthetic_sources
from detector.errors import UsageError

Action = Literal["add", "relabel", "ignore"]

COLUMNS = ("image", "width", "height", "action", "label", "x1", "y1", "x2", "y2")
_SAME_FACE = 0.5  # IoU of a correction with the box that it is about
_SAME_SHAPE = 0.02  # by how much the aspect ratio of a larger copy of a picture may differ
_GREY = 114  # what ultralytics pads pictures with, so the network knows it as "nothing here"


@dataclass(frozen=True, slots=True)
class Correction:
    """One face whose annotation is corrected.

    Attributes:
        action: "add" a face that lacks a box, "relabel" one whose label is wrong, or "ignore" one that cannot be told.
        label: The class; empty for "ignore".
        xyxy: Its corners, as fractions of the picture's width and height.
        aspect: Width of the picture divided by its height.
    """

    action: Action
    label: str
    xyxy: tuple[float, float, float, float]
    aspect: float

    def box_in(self, size: tuple[int, int]) -> Box:
        """The face in pixels of a picture of that (width, height)."""
        x1, y1, x2, y2 = self.xyxy
        return Box(x1 * size[0], y1 * size[1], x2 * size[0], y2 * size[1], self.label)


@dataclass(frozen=True)
class LabelCorrections:
    """The corrections of a file; see `read_label_corrections`."""

    by_stem: dict[str, list[Correction]] = field(default_factory=dict)

    def apply(self, image: AnnotatedImage) -> AnnotatedImage:
        """Correct the boxes of a training picture. Corrections that were made in the label file too change nothing.

        Returns:
            The picture with the faces that are added and the right labels, and without those that are ignored.
        """
        boxes = list(image.boxes)
        for correction in self._of(image.path, image.size):
            box = correction.box_in(_size(image))
            found = _same_face(box, boxes)
            if found is None and correction.action == "add":
                boxes.append(box)
            elif found is not None and correction.action == "relabel":
                boxes[found] = replace(boxes[found], label=box.label)
            elif found is not None and correction.action == "ignore":
                del boxes[found]
        return image if tuple(boxes) == image.boxes else replace(image, boxes=tuple(boxes))

    def ignored(self, image: AnnotatedImage) -> list[Box]:
        """The regions of a picture that are not to be trained on, in its pixels."""
        corrections = self._of(image.path, image.size)
        return [each.box_in(_size(image)) for each in corrections if each.action == "ignore"]

    def summary(self, images: Iterable[AnnotatedImage]) -> str:
        """What the corrections do to the pictures of a training, as their label files have them, in one sentence."""
        counts: Counter[str] = Counter()
        used: set[str] = set()
        for image in images:
            labels = {_corners(box): box.label for box in image.boxes}
            changes = [(labels.get(_corners(box)), box.label) for box in self.apply(image).boxes]
            counts["added"] += sum(label is None for label, _ in changes)
            counts["relabelled"] += sum(label not in (None, now) for label, now in changes)
            counts["ignored"] += len(self.ignored(image))
            used.update([image.path.stem] if self._of(image.path, image.size) else [])
        unused = sum(len(corrections) for stem, corrections in self.by_stem.items() if stem not in used)
        text = (
            f"Label corrections: {quantity(counts['added'], 'face')} added, "
            f"{quantity(counts['relabelled'], 'label')} changed, {quantity(counts['ignored'], 'region')} ignored"
        )
        return text + (f"; {unused} of pictures that are not trained on." if unused else ".")

    def _of(self, path: Path, size: tuple[int, int] | None) -> Sequence[Correction]:
        """The corrections of a picture, of a copy in another size, or of the picture that a synthetic one was made of.

        A synthetic picture keeps its labels: they say how its faces were changed.
        """
        width, height = size or (1, 1)
        found = self.by_stem.get(path.stem)
        if found is None:
            source = _source_stems(path.parent.parent).get(path.name, "")
            found = [each for each in self.by_stem.get(source, ()) if each.action != "relabel"]
        # A picture of another shape only happens to have the same name.
        return [each for each in found if abs(width / height / each.aspect - 1) < _SAME_SHAPE]


def read_label_corrections(path: Path, names: Sequence[str]) -> LabelCorrections:
    """Read a CSV with the columns image, width, height, action, label, x1, y1, x2, y2; others, such as note, are free.

    `image` is the name of the picture without its suffix, and `width` and `height` are the size of the picture in whose
    pixels the corners are given. In a copy of another size, the corners are scaled.

    Args:
        path: The file.
        names: The classes of the training.

    Raises:
        UsageError: The file cannot be read, lacks a column, or a row makes no sense.
    """
    try:
        table = load_table(path)
    except AnnotationError as error:
        raise UsageError(path, error.found, f"a CSV with the header {','.join(COLUMNS)}") from error
    if missing := [column for column in COLUMNS if column not in table.columns]:
        raise UsageError(path, f"no column {', '.join(missing)}", ",".join(COLUMNS))
    corrections = LabelCorrections()
    for number, row in enumerate(table[list(COLUMNS)].itertuples(index=False), start=1):
        stem, *values = row
        try:
            corrections.by_stem.setdefault(stem, []).append(_parse(values, names))
        except ValueError as error:
            raise UsageError(path, f"row {number} ({stem}): {error}", "a correction as docs/train.md says") from error
    return corrections


def fill(image: NDArray[np.uint8], regions: ArrayLike, faces: ArrayLike) -> None:
    """Make regions of an image grey, but not where they reach into a face that has a box.

    Args:
        image: (H, W, C) or (H, W), changed in place.
        regions: (N, 4) corners x1, y1, x2, y2 as fractions of the image.
        faces: (M, 4), the same.
    """
    grey = np.zeros(image.shape[:2], bool)
    for boxes, value in ((regions, True), (faces, False)):
        scaled = np.asarray(boxes, np.float64).reshape(-1, 4) * np.array([image.shape[1], image.shape[0]] * 2)
        for x1, y1, x2, y2 in scaled.clip(0):
            grey[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))] = value
    image[grey] = _GREY


def _parse(values: Sequence[str], names: Sequence[str]) -> Correction:
    width, height, action, label, *corners = values
    if action not in get_args(Action):
        raise ValueError(f"action {action!r}, expected {', '.join(get_args(Action))}")
    if label not in names and action != "ignore":
        raise ValueError(f"label {label!r}, expected one of {', '.join(names)}")
    try:
        w, h, x1, y1, x2, y2 = (float(value) for value in (width, height, *corners))
    except ValueError:
        raise ValueError(f"{','.join((width, height, *corners))!r}, expected numbers") from None
    if not all(map(isfinite, (w, h, x1, y1, x2, y2))) or not (0 <= x1 < x2 <= w and 0 <= y1 < y2 <= h):
        raise ValueError(f"({x1:g}, {y1:g}, {x2:g}, {y2:g}) is no box in a picture of {w:g} x {h:g}")
    return Correction(cast("Action", action), label, (x1 / w, y1 / h, x2 / w, y2 / h), w / h)


def _same_face(box: Box, boxes: Sequence[Box]) -> int | None:
    """The number of the box that is about the same face."""
    if not boxes:
        return None
    overlaps = iou([_corners(box)], [_corners(other) for other in boxes])[0]
    best = int(overlaps.argmax())
    return best if overlaps[best] >= _SAME_FACE else None


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _size(image: AnnotatedImage) -> tuple[int, int]:
    if image.size is None:
        raise ValueError(f"{image.path}: size unknown")
    return image.size


@lru_cache(maxsize=64)
def _source_stems(folder: Path) -> dict[str, str]:
    return {name: source.stem for name, source in synthetic_sources(folder).items()}
