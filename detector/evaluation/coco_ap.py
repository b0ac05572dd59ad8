"""COCO's average precision, computed by pycocotools; the figures are read from its arrays."""

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.ground_truth import GroundTruth
from detector.evaluation.metrics import Score, Scores
from detector.evaluation.predictions import MAX_DETECTIONS, Result
from detector.libraries import silent_pycocotools

if TYPE_CHECKING:
    from pycocotools.cocoeval import COCOeval

Match: TypeAlias = dict[str, Any]
"""pycocotools' matches of one class in one picture: ids of faces, ids and scores of detections, and the pairs."""


def _up_to(area: float) -> float:
    """The end of a range of areas that excludes `area`: pycocotools includes both ends of a range."""
    return math.nextafter(area, 0)


ALL = (0.0, math.inf)
SIZES = {
    "under_16": (0.0, _up_to(16**2)),
    "16_to_32": (16.0**2, _up_to(32**2)),
    "32_to_96": (32.0**2, _up_to(96**2)),
    "over_96": (96.0**2, math.inf),
}
"""Face areas in square pixels, by the side of a square of that area."""


IOU_50, IOU_75 = 0, 5  # places in pycocotools' thresholds 0.50, 0.55 .. 0.95


@dataclass(frozen=True, slots=True)
class CocoRun:
    """Detections matched with the truth, and what pycocotools accumulated over them.

    Attributes:
        classes: Class by class.
        any_face: All classes taken as one.
        names: Class names by class id.
    """

    classes: "COCOeval"
    any_face: "COCOeval"
    names: tuple[str, ...]

    def scores(self, area: int = 0) -> Scores:
        """The figures for one range of face areas: 0 for all faces, then those of `SIZES`."""
        by_class = {name: _score(self.classes, k, area) for k, name in enumerate(self.names)}
        whole = _score(self.any_face, 0, area)
        mean = Score(
            whole.instances,
            whole.images,
            ap=_mean([score.ap for score in by_class.values()]),
            ap50=_mean([score.ap50 for score in by_class.values()]),
            ap75=_mean([score.ap75 for score in by_class.values()]),
            recall=_mean([score.recall for score in by_class.values()]),
        )
        return Scores(len(self.classes._paramsEval.imgIds), mean, by_class, whole)

    def matches(self) -> list[list[Match | None]]:
        """Matches over faces of any size: one list for each class, then one for all classes taken as one."""
        return [image_matches(self.classes, k) for k in range(len(self.names))] + [image_matches(self.any_face)]


def run_coco(truth: GroundTruth, results: Sequence[Result], *, sizes: bool = True) -> CocoRun:
    """Match detections with the truth, and accumulate precision and recall.

    Args:
        truth: The annotated pictures, at least one.
        results: Detections. In each picture, the best `MAX_DETECTIONS` of a class count (of all classes together, where
            classes are ignored). Detections on other pictures are ignored.
        sizes: Compute the figures by face size too.
    """
    known = {image.id for image in truth.images}
    detections = [
        {**result, "id": number, "area": result["bbox"][2] * result["bbox"][3], "iscrowd": 0}
        for number, result in enumerate((result for result in results if result["image_id"] in known), start=1)
    ]
    dataset = truth.to_coco()
    areas = (ALL, *SIZES.values()) if sizes else (ALL,)
    with silent_pycocotools():
        faces, found = _coco(dataset), _coco({**dataset, "annotations": detections})
        return CocoRun(
            _evaluate(faces, found, areas, any_class=False), _evaluate(faces, found, areas, any_class=True), truth.names
        )


def image_matches(evaluation: "COCOeval", k: int = 0, area: int = 0) -> list[Match | None]:
    """The matches of one class, one for each picture in the order of ids; None without any face or detection.

    Args:
        evaluation: One that was evaluated.
        k: The position of the class among its categories.
        area: The position of the range of sizes in `SIZES`, counted from 1; 0 for all sizes.
    """
    params = evaluation._paramsEval
    start = (k * len(params.areaRng) + area) * len(params.imgIds)
    return list(evaluation.evalImgs[start : start + len(params.imgIds)])


def no_scores(names: Sequence[str]) -> Scores:
    """The figures of no pictures at all."""
    nothing = Score(0, 0, None, None, None, None)
    return Scores(0, nothing, dict.fromkeys(names, nothing), nothing)


def precision_curves(coco: CocoRun) -> list[NDArray[np.float64] | None]:
    """Interpolated precision at IoU 0.5 and recall 0.00, 0.01 .. 1.00, float64 (101,).

    One for each class, then one for all classes taken as one; None without instances.
    """
    tables = [coco.classes.eval["precision"][IOU_50, :, k, 0, 0] for k in range(len(coco.names))]
    tables.append(coco.any_face.eval["precision"][IOU_50, :, 0, 0, 0])
    return [None if curve[0] < 0 else curve for curve in tables]


def _evaluate(faces: Any, found: Any, areas: Sequence[tuple[float, float]], *, any_class: bool) -> "COCOeval":
    from pycocotools.cocoeval import COCOeval

    evaluation = COCOeval(faces, found, "bbox")
    evaluation.params.maxDets = [MAX_DETECTIONS]
    evaluation.params.areaRng = [list(area) for area in areas]
    evaluation.params.areaRngLbl = [str(area) for area in areas]
    evaluation.params.useCats = int(not any_class)
    evaluation.evaluate()
    evaluation.accumulate(copy.deepcopy(evaluation.params))  # it changes the category ids in them
    return evaluation


def _coco(dataset: dict[str, Any]) -> Any:
    from pycocotools.coco import COCO

    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    return coco


def _score(evaluation: "COCOeval", k: int, area: int) -> Score:
    faces = [int(np.sum(match["gtIgnore"] == 0)) for match in image_matches(evaluation, k, area) if match]
    instances = sum(faces)
    if not instances:
        return Score(0, 0, None, None, None, None)
    precision = evaluation.eval["precision"][:, :, k, area, 0].mean(axis=1)
    return Score(
        instances,
        sum(count > 0 for count in faces),
        ap=float(precision.mean()),
        ap50=float(precision[IOU_50]),
        ap75=float(precision[IOU_75]),
        recall=float(evaluation.eval["recall"][IOU_50, k, area, 0]),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean over the classes that have a figure; None if none has."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
