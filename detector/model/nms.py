"""Turns a network's raw output into boxes by thresholds and non-maximum suppression, the same for every backend."""

import cv2
import numpy as np
from numpy.typing import NDArray

# More than the faces of the largest crowd at confidence 0.001. The limit bounds the time where an image is noise.
_MAX_CANDIDATES = 30_000


def non_max_suppression(
    prediction: NDArray[np.float32], conf: float, iou: float, max_det: int, agnostic: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Keep the best of overlapping boxes.

    Args:
        prediction: float32 (4 + classes, anchors): centre x, centre y, width, height, then a score for each class.
        conf: Boxes at or below this score are dropped.
        iou: Of two boxes of one class that overlap by more than this, the weaker is dropped.
        max_det: At most this many boxes are kept.
        agnostic: Boxes of different classes suppress each other too.

    Returns:
        xyxy float32 (N, 4), confidence float32 (N,) and class_id int64 (N,), best score first.
    """
    scores = prediction[4:]
    candidates = np.flatnonzero(scores.max(axis=0) > conf)
    confidence = scores[:, candidates].max(axis=0)
    if len(candidates) > _MAX_CANDIDATES:
        best = np.argsort(-confidence, kind="stable")[:_MAX_CANDIDATES]
        candidates, confidence = candidates[best], confidence[best]
    class_id = scores[:, candidates].argmax(axis=0)
    centre, size = prediction[:2, candidates].T, prediction[2:4, candidates].T
    xywh = np.hstack([centre - size / 2, size])
    kept = np.empty(0, np.intp)
    if len(candidates):
        groups = np.zeros_like(class_id) if agnostic else class_id
        best_first = cv2.dnn.NMSBoxesBatched(xywh, confidence, groups.astype(np.int32), 0.0, iou)  # type: ignore[arg-type]
        kept = np.asarray(best_first, dtype=np.intp)[:max_det]
    corners = np.hstack([centre[kept] - size[kept] / 2, centre[kept] + size[kept] / 2])
    return corners.astype(np.float32), confidence[kept].astype(np.float32), class_id[kept].astype(np.int64)
