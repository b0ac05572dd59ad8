"""Detections on a split in COCO's results form, made by a detector or read from a file."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from converters.problems import Problems
from detector.detections import Detections
from detector.errors import PredictionsError, SourceError
from detector.evaluation.ground_truth import GroundTruth, TruthImage
from detector.media.images import read_image
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector

MIN_CONFIDENCE = 0.001
MAX_DETECTIONS = 300


class Result(TypedDict):
    """One detection as COCO's results files have it: `bbox` is left, top, width, height in pixels."""

    image_id: int
    file_name: str
    category_id: int
    bbox: list[float]
    score: float


def ap_settings(settings: DetectorSettings) -> DetectorSettings:
    """The settings for AP: from `MIN_CONFIDENCE`, and a second label on a face counts, as COCO's AP profits from it."""
    return replace(settings, conf=MIN_CONFIDENCE, agnostic_nms=False)


def predict_results(
    detector: "Detector", truth: GroundTruth, problems: Problems, on_image: Callable[[int, int], None] | None = None
) -> list[Result]:
    """Run a detector over every picture of a split.

    Args:
        detector: What is run; anything with `predict` and `batch_size`.
        truth: The split.
        problems: Receives the pictures that could not be read; they have no results.
        on_image: Called with (pictures done, pictures in all).

    Returns:
        The detections, best first within each picture. They are rounded as in `predictions.json`, so that an evaluation
        of that file gives the same figures.
    """
    results: list[Result] = []
    _predict(
        lambda images: [detector.predict(images)],
        detector.batch_size,
        truth,
        problems,
        on_image,
        lambda image, found: results.extend(to_results(image, found[0])),
    )
    return results


def predict_results_with(
    detector: "Detector",
    truth: GroundTruth,
    settings: Sequence[DetectorSettings],
    problems: Problems,
    on_image: Callable[[int, int], None] | None = None,
    more: Sequence[DetectorSettings] = (),
    on_more: Callable[[TruthImage, Sequence[Detections]], None] = lambda image, found: None,
) -> list[list[Result]]:
    """As `predict_results`, under several settings at once; see `Detector.predict_with`.

    Args:
        detector: What is run.
        truth: The split.
        settings: What it is run with.
        problems: Receives the pictures that could not be read; they have no results.
        on_image: Called with (pictures done, pictures in all).
        more: More settings, whose results are not kept.
        on_more: Called with each picture, and with what is found in it under each of `more`.
    """
    results: list[list[Result]] = [[] for _ in settings]
    every = [*settings, *more]

    def add(image: TruthImage, found: Sequence[Detections]) -> None:
        for own, detections in zip(results, found, strict=False):
            own += to_results(image, detections)
        if more:
            on_more(image, found[len(settings) :])

    _predict(lambda images: detector.predict_with(images, every), detector.batch_size, truth, problems, on_image, add)
    return results


def _predict(
    predict: Callable[[list[NDArray[np.uint8]]], list[list[Detections]]],
    batch_size: int,
    truth: GroundTruth,
    problems: Problems,
    on_image: Callable[[int, int], None] | None,
    on_found: Callable[[TruthImage, Sequence[Detections]], None],
) -> None:
    """Call `on_found` with each picture that can be read, and what is found in it under each of the settings."""
    for start in range(0, len(truth.images), batch_size):
        readable, pixels = [], []
        for image in truth.images[start : start + batch_size]:
            try:
                pixels.append(read_image(image.path))
                readable.append(image)
            except SourceError as error:
                problems.left_out("unreadable picture", image.path, error.found)
        for image, *found in zip(readable, *predict(pixels), strict=True):
            on_found(image, found)
        if on_image:
            on_image(min(start + batch_size, len(truth.images)), len(truth.images))


def load_results(path: Path, truth: GroundTruth) -> list[Result]:
    """Read COCO results, such as the `predictions.json` of an earlier evaluation of the same split.

    Args:
        path: A JSON list of results. The picture is found by `file_name`, or by `image_id` where there is none.
        truth: The split.

    Raises:
        PredictionsError: The file cannot be read, is not of that form, or is about other pictures or classes.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PredictionsError(path, "no such file", "predictions.json of another evaluation") from None
    except (OSError, ValueError, RecursionError) as error:
        raise PredictionsError(path, f"cannot be read as JSON ({error})", "a list of COCO results") from error
    if not isinstance(rows, list):
        raise PredictionsError(path, f"a JSON {type(rows).__name__}", "a list of COCO results")
    by_name = {image.file_name: image for image in truth.images}
    by_id = {image.id: image for image in truth.images}
    results: list[Result] = []
    for number, row in enumerate(rows, start=1):
        try:
            image = by_name.get(row["file_name"]) if "file_name" in row else by_id.get(row["image_id"])
            result = None if image is None else _parse_result(row, image, len(truth.names))
        except (KeyError, TypeError, ValueError) as error:
            raise PredictionsError(
                path, f"result {number}: {error!r}", "image_id, category_id of a class, bbox x,y,w,h, and score"
            ) from None
        if result is None:
            which = row.get("file_name", row.get("image_id"))
            raise PredictionsError(path, f"result {number} is of {which!r}", "pictures of the split evaluated")
        results.append(result)
    return results


def to_results(image: TruthImage, detections: Detections) -> list[Result]:
    """Detections in a picture of the split as COCO results, rounded as in `predictions.json`."""
    xywh = detections.xyxy.astype(float)
    xywh[:, 2:] -= xywh[:, :2]
    return [
        {
            "image_id": image.id,
            "file_name": image.file_name,
            "category_id": int(class_id),
            "bbox": [round(value, 3) for value in box],
            "score": round(float(score), 6),
        }
        for box, score, class_id in zip(xywh.tolist(), detections.confidence, detections.class_id, strict=True)
    ]


def _parse_result(row: dict[str, Any], image: TruthImage, classes: int) -> Result:
    class_id, bbox, score = row["category_id"], [float(value) for value in row["bbox"]], float(row["score"])
    if not isinstance(class_id, int) or not 0 <= class_id < classes:
        raise ValueError(f"category_id {class_id!r}")
    if len(bbox) != 4 or not all(math.isfinite(value) for value in (*bbox, score)) or min(bbox[2:]) < 0:
        raise ValueError(f"bbox {bbox}, score {score}")
    return {
        "image_id": image.id,
        "file_name": image.file_name,
        "category_id": class_id,
        "bbox": bbox,
        "score": score,
    }
