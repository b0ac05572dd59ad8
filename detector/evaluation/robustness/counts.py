"""Matches detections with annotated faces, and counts the faces that were found or missed."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from converters.boxes import iou as box_iou
from converters.labels import CLASS_NAMES
from detector.detections import Detections

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

    In the order of their scores, each detection is matched with the face that it overlaps most among those not matched
    yet.

    Args:
        xyxy: The annotated boxes, float64 (N, 4), pixels.
        detections: In pixels of the same image.
        iou: A detection matches a face from this overlap on.

    Returns:
        A class id for each face, None where it was missed.
    """
    overlap = box_iou(detections.xyxy, xyxy)
    found: list[int | None] = [None] * len(xyxy)
    for detection in np.argsort(-detections.confidence, kind="stable"):
        free = [face for face in range(len(xyxy)) if found[face] is None and overlap[detection, face] >= iou]
        if free:
            best = max(free, key=lambda face: float(overlap[detection, face]))
            found[best] = int(detections.class_id[detection])
    return found
