"""Matches detections with the annotated faces of one picture."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from converters.boxes import iou


def match_boxes(xyxy: ArrayLike, faces: ArrayLike, least_iou: float) -> NDArray[np.int64]:
    """Match each box, in the given order, with the face that it overlaps most among those not matched yet.

    Args:
        xyxy: (N, 4), best score first.
        faces: (M, 4), in pixels of the same picture.
        least_iou: A box matches a face from this overlap on.

    Returns:
        int64 (N,): the index of the face of each box; -1 where it matches none.
    """
    overlap = iou(xyxy, faces)
    matched = np.full(len(overlap), -1, np.int64)
    if overlap.size:
        for place, row in enumerate(overlap):
            best = int(row.argmax())
            if row[best] >= least_iou:
                matched[place] = best
                overlap[:, best] = -1
    return matched
