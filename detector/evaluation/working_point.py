"""Figures at one confidence: which faces are found, and which labels they get."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation.coco_ap import IOU_50, CocoRun, Match
from detector.evaluation.ground_truth import GroundTruth, TruthImage
from detector.evaluation.metrics import WorkingPoint, WorkingScore

Xyxy = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FaceOutcome:
    """A face and the detection that was matched with it, or one of them alone.

    Attributes:
        face: The annotated box, None for a detection on background.
        true_class: Its class id.
        found: The detected box, None for a missed face.
        found_class: Its class id.
        confidence: Its score.
    """

    face: Xyxy | None = None
    true_class: int | None = None
    found: Xyxy | None = None
    found_class: int | None = None
    confidence: float | None = None

    @property
    def right(self) -> bool:
        """Whether a face was found and given its label."""
        return self.true_class == self.found_class


@dataclass(frozen=True, slots=True)
class ImageOutcome:
    """All faces and detections of a picture."""

    image: TruthImage
    outcomes: tuple[FaceOutcome, ...]

    @property
    def mistakes(self) -> int:
        """Faces missed or given a wrong label, and detections on background."""
        return sum(not outcome.right for outcome in self.outcomes)


def image_outcomes(coco: CocoRun, truth: GroundTruth, confidence: float) -> list[ImageOutcome]:
    """Pair detections and faces, whatever their classes.

    In the order of their scores, each detection is matched with the face that it overlaps most among those not matched
    yet, if the IoU is 0.5 or more. Weaker detections do not change the matches of stronger ones, so that the matches
    made for AP hold above any confidence.

    Args:
        coco: The matches.
        truth: The pictures they were made on.
        confidence: Detections above it count.
    """
    faces, found = coco.any_face.cocoGt.anns, coco.any_face.cocoDt.anns
    result = []
    for image, match in zip(truth.images, coco.matches()[-1], strict=True):
        outcomes = []
        missed = dict.fromkeys(match["gtIds"] if match else ())
        for dt_id, gt_id in zip(match["dtIds"], match["dtMatches"][IOU_50], strict=True) if match else ():
            detection = found[dt_id]
            if detection["score"] <= confidence:
                break  # best score first
            face = faces[int(gt_id)] if gt_id else None
            if face:
                del missed[face["id"]]
            outcomes.append(
                FaceOutcome(
                    _xyxy(face["bbox"]) if face else None,
                    face["category_id"] if face else None,
                    _xyxy(detection["bbox"]),
                    detection["category_id"],
                    detection["score"],
                )
            )
        outcomes += [FaceOutcome(_xyxy(faces[i]["bbox"]), faces[i]["category_id"]) for i in missed]
        result.append(ImageOutcome(image, tuple(outcomes)))
    return result


def working_point(coco: CocoRun, outcomes: Sequence[ImageOutcome], confidence: float) -> WorkingPoint:
    """Count faces found, missed and given a wrong label above a confidence.

    Args:
        coco: The matches.
        outcomes: From `image_outcomes` at the same confidence.
        confidence: Detections above it count.
    """
    background = len(coco.names)
    matrix = np.zeros((background + 1, background + 1), int)
    for outcome in (outcome for image in outcomes for outcome in image.outcomes):
        row, column = outcome.true_class, outcome.found_class
        matrix[background if row is None else row, background if column is None else column] += 1
    matched = int(matrix[:-1, :-1].sum())
    *classes, any_face = (_working_score(per_image, confidence) for per_image in coco.matches())
    return WorkingPoint(
        confidence,
        dict(zip(coco.names, classes, strict=True)),
        any_face,
        tuple(tuple(row) for row in matrix.tolist()),
        matched,
        int(np.trace(matrix[:-1, :-1])) / matched if matched else None,
    )


def _working_score(per_image: Sequence[Match | None], confidence: float) -> WorkingScore:
    faces = true = false = 0
    for match in filter(None, per_image):
        counts = np.asarray(match["dtScores"]) > confidence
        hits = match["dtMatches"][IOU_50] > 0
        faces += len(match["gtIds"])
        true += int(np.sum(counts & hits))
        false += int(np.sum(counts & ~hits))
    missed = faces - true
    return WorkingScore(
        true,
        false,
        missed,
        precision=_ratio(true, true + false),
        recall=_ratio(true, faces),
        f1=_ratio(2 * true, 2 * true + false + missed),
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _xyxy(bbox: Sequence[float]) -> Xyxy:
    x, y, width, height = bbox
    return x, y, x + width, y + height
