"""Recall and labels by the size of the faces and by the light and the colour of the images they are in.

The groups are measured on a user's own images. `detector.evaluation.robustness` changes images instead.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import OptionError
from detector.evaluation.metrics import GroupScore
from detector.evaluation.robustness.measure import SIZES
from detector.evaluation.wilson import wilson_interval
from detector.evaluation.working_point import FaceOutcome, ImageOutcome
from detector.media.images import read_image

_SIDE = 64  # light and colour are measured on a copy of this side
# Levels between the largest and the smallest channel of a pixel, on average, up to which there is no colour.
_GREY = 4.0


@dataclass(frozen=True, slots=True)
class Face:
    """An annotated face at the working confidence.

    Attributes:
        share: The longer side of its box by the shorter side of the image.
        light: Mean grey level of the image, 0 to 255.
        warmth: Mean red by mean blue of the image; None where it has no colour.
        found: Whether it was found.
        right: Whether it was found with its label.
    """

    share: float
    light: float
    warmth: float | None
    found: bool
    right: bool


@dataclass(frozen=True, slots=True)
class Grouping:
    """Divides faces into groups by one measure.

    Attributes:
        measure: The measure of a face; None puts it into the group `missing`.
        edges: The lower edges of all groups but the first.
        names: The names of the groups, one more than edges.
        missing: The name of the group of faces without a measure.
    """

    measure: Callable[[Face], float | None]
    edges: tuple[float, ...]
    names: tuple[str, ...]
    missing: str | None = field(default=None)

    def group_of(self, face: Face) -> str | None:
        """The name of the group that a face is in."""
        value = self.measure(face)
        return self.missing if value is None else self.names[sum(value >= edge for edge in self.edges)]


GROUPINGS: Mapping[str, Grouping] = {
    "size": Grouping(
        lambda face: face.share,
        SIZES[1:-1],
        ("under 2 %", "2 to 5 %", "5 to 15 %", "15 to 40 %", "40 to 80 %", "over 80 %"),
    ),
    "light": Grouping(
        lambda face: face.light, (50, 80, 150, 190), ("very dark", "dark", "medium", "bright", "very bright")
    ),
    "colour": Grouping(lambda face: face.warmth, (0.9, 1.4), ("cool", "neutral", "warm"), missing="grey"),
}
"""What faces can be grouped by; `docs/eval.md` gives the limits."""


def check_groupings(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once.

    Raises:
        UsageError: There is no such grouping.
    """
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        if name not in GROUPINGS:
            raise OptionError("by", repr(name), f"one or more of {', '.join(GROUPINGS)}")
    return wanted


def group_scores(outcomes: Sequence[ImageOutcome], names: Sequence[str]) -> dict[str, dict[str, GroupScore]]:
    """Count the faces found, and found with their label, in each group.

    Args:
        outcomes: The faces at the working confidence.
        names: Names of `GROUPINGS`.

    Returns:
        For each name, the scores by group; groups without a face have no entry.

    Raises:
        SourceError: An image cannot be read.
    """
    if not names:
        return {}
    faces = [face for image in outcomes for face in _faces(image)]
    return {name: _scores(GROUPINGS[name], faces) for name in names}


def light_and_warmth(image: NDArray[np.uint8]) -> tuple[float, float | None]:
    """Measure an image.

    Args:
        image: BGR uint8 (H, W, 3).

    Returns:
        Its mean grey level, and its mean red by its mean blue, None where it has no colour.
    """
    small = cv2.resize(image, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    blue, _, red = small.reshape(-1, 3).mean(axis=0)
    light = float(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).mean())
    spread = small.max(axis=2).astype(float) - small.min(axis=2)
    return light, None if spread.mean() <= _GREY else float(red / max(blue, 1.0))


def _faces(image: ImageOutcome) -> list[Face]:
    faces = [outcome for outcome in image.outcomes if outcome.face is not None]
    if not faces:
        return []
    light, warmth = light_and_warmth(read_image(image.image.path))
    side = min(image.image.width, image.image.height)
    return [
        Face(_longer_side(outcome) / side, light, warmth, outcome.found is not None, outcome.right) for outcome in faces
    ]


def _longer_side(outcome: FaceOutcome) -> float:
    x1, y1, x2, y2 = outcome.face or (0, 0, 0, 0)
    return max(x2 - x1, y2 - y1)


def _scores(grouping: Grouping, faces: Sequence[Face]) -> dict[str, GroupScore]:
    scores = {}
    for name in (*grouping.names, grouping.missing):
        members = [face for face in faces if grouping.group_of(face) == name]
        if name is not None and members:
            found, right = sum(face.found for face in members), sum(face.right for face in members)
            scores[name] = GroupScore(
                len(members),
                found,
                right,
                recall=found / len(members),
                recall_interval=wilson_interval(found, len(members)),
                label_accuracy=right / found if found else None,
                label_accuracy_interval=wilson_interval(right, found) if found else None,
            )
    return scores
