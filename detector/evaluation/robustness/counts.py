"""Matches detections with annotated faces, and counts the faces that were found or missed."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converters.labels import CLASS_NAMES
from detector.detections import Detections
from detector.evaluation.matching import match_boxes

_WITH, _WITHOUT, _INCORRECT = range(len(CLASS_NAMES))


@dataclass(frozen=True, slots=True)
class FoundFace:
    """An annotated face and what was found there.

    Attributes:
        true_class: Its class id.
        found_class: The class id of the detection that matched it; None where it was missed.
        share: The longer side of its box by the shorter side of the image.
    """

    true_class: int
    found_class: int | None
    share: float


@dataclass(frozen=True, slots=True)
class FaceCounts:
    """Counts over some faces.

    Attributes:
        faces: All annotated faces.
        found: Faces that were found.
        right: Faces that were found with the right label.
        with_mask: Annotated faces of the class `with_mask`.
        without_mask: Annotated faces of the class `without_mask`, called bare below.
        incorrect: Annotated faces of the class `mask_worn_incorrectly`.
        masked_called_bare: Faces with a mask that were found and called without_mask.
        bare_called_masked: Bare faces that were found and called with_mask.
        incorrect_right: Faces with a mask worn incorrectly that were found and called so.
    """

    faces: int
    found: int
    right: int
    with_mask: int
    without_mask: int
    incorrect: int
    masked_called_bare: int
    bare_called_masked: int
    incorrect_right: int

    @property
    def recall(self) -> float | None:
        """The share of the faces that was found."""
        return self.found / self.faces if self.faces else None

    @property
    def label_accuracy(self) -> float | None:
        """The share of the faces found that has the right label."""
        return self.right / self.found if self.found else None


def count_faces(faces: Iterable[FoundFace]) -> FaceCounts:
    """Count faces."""
    pairs = [(face.true_class, face.found_class) for face in faces]
    classes = [true for true, _ in pairs]
    return FaceCounts(
        faces=len(pairs),
        found=sum(found is not None for _, found in pairs),
        right=sum(true == found for true, found in pairs),
        with_mask=classes.count(_WITH),
        without_mask=classes.count(_WITHOUT),
        incorrect=classes.count(_INCORRECT),
        masked_called_bare=pairs.count((_WITH, _WITHOUT)),
        bare_called_masked=pairs.count((_WITHOUT, _WITH)),
        incorrect_right=pairs.count((_INCORRECT, _INCORRECT)),
    )


def match_faces(xyxy: NDArray[np.float64], detections: Detections, iou: float) -> list[int | None]:
    """Find the class that was detected on each annotated face; the annotated class is ignored.

    Args:
        xyxy: The annotated boxes, float64 (N, 4), pixels.
        detections: In pixels of the same image; in the order of their scores, each is matched with a face.
        iou: A detection matches a face from this overlap on.

    Returns:
        A class id for each face, None where it was missed.
    """
    found: list[int | None] = [None] * len(xyxy)
    order = np.argsort(-detections.confidence, kind="stable")
    for face, class_id in zip(match_boxes(detections.xyxy[order], xyxy, iou), detections.class_id[order], strict=True):
        if face >= 0:
            found[face] = int(class_id)
    return found
