"""What became of every annotated face, and of every box that is on none: where a pipeline loses what it loses."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from converters.boxes import iou
from detector.evaluation.coco_ap import SIZES, run_coco
from detector.evaluation.ground_truth import GroundTruth
from detector.evaluation.predictions import Result
from detector.evaluation.run import CROWD
from detector.evaluation.working_point import ImageOutcome, image_outcomes

FATES = ("right label", "wrong label", "box too far off", "score too low", "not found")
"""Of a face. The last three are losses of the search, though an unsure label lowers a score too."""

FALSE = ("second box on a face", "box too far off", "no face there")
"""Of a box above the threshold that is on no face of its own."""

_FOUND = 0.5  # IoU, as in the evaluation
_MEANT = 0.2  # IoU from which a box that misses a face was meant for it
_LOW = 0.5  # of the threshold: a score down to which a face was nearly found


@dataclass(frozen=True, slots=True)
class FaceFate:
    """What became of an annotated face.

    Attributes:
        fate: One of `FATES`.
        class_id: Its class.
        area: Square pixels.
        crowd: Whether its picture is a crowd.
    """

    fate: str
    class_id: int
    area: float
    crowd: bool

    @property
    def size(self) -> str:
        """The size group, as the evaluation names it."""
        return next(name for name, (_, high) in SIZES.items() if self.area <= high)


def account(
    truth: GroundTruth, results: Sequence[Result], threshold: float
) -> tuple[list[FaceFate], Counter[tuple[str, bool]]]:
    """Follow faces and boxes through the stages.

    Args:
        truth: The annotated pictures.
        results: Detections on them, from a low score.
        threshold: Detections above it count.

    Returns:
        The fate of every face; and the boxes that are on no face of their own, counted by one of `FALSE` and whether
        the picture is a crowd.
    """
    outcomes = image_outcomes(run_coco(truth, results, sizes=False), truth, threshold)
    unsure: dict[int, list[list[float]]] = {}
    for result in results:
        if _LOW * threshold < result["score"] <= threshold:
            unsure.setdefault(result["image_id"], []).append(result["bbox"])
    fates: list[FaceFate] = []
    false: Counter[tuple[str, bool]] = Counter()
    for image in outcomes:
        crowd = len(image.image.xyxy) >= CROWD
        weak = np.array(unsure.get(image.image.id, []), np.float64).reshape(-1, 4)
        weak[:, 2:] += weak[:, :2]
        fates += _face_fates(image, weak, crowd)
        false.update((_false_kind(image, outcome.found), crowd) for outcome in image.outcomes if outcome.face is None)
    return fates, false


def _face_fates(image: ImageOutcome, weak: np.ndarray, crowd: bool) -> Iterable[FaceFate]:
    strong = _boxes(outcome.found for outcome in image.outcomes if outcome.face is None)
    for outcome in image.outcomes:
        if outcome.face is None or outcome.true_class is None:
            continue
        face = _boxes([outcome.face])
        if outcome.found is not None:
            fate = FATES[0] if outcome.right else FATES[1]
        elif iou(face, strong).max(initial=0) >= _MEANT:
            fate = FATES[2]
        elif iou(face, weak).max(initial=0) >= _MEANT:
            fate = FATES[3]
        else:
            fate = FATES[4]
        area = float(np.prod(face[0, 2:] - face[0, :2]))
        yield FaceFate(fate, outcome.true_class, round(area, 3), crowd)


def _false_kind(image: ImageOutcome, box: tuple[float, float, float, float] | None) -> str:
    overlap = iou(_boxes([box]), image.image.xyxy).max(initial=0)
    return FALSE[0] if overlap >= _FOUND else FALSE[1] if overlap >= _MEANT else FALSE[2]


def _boxes(boxes: Iterable[tuple[float, float, float, float] | None]) -> np.ndarray:
    return np.array([box for box in boxes if box is not None], np.float64).reshape(-1, 4)
