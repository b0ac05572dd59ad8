"""Runs a detector on annotated images, changed images and crops, and counts the faces that it finds."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import numpy as np

from detector.augmentation.sample import Border, Sample, cropped, resized
from detector.evaluation.ground_truth import GroundTruth
from detector.evaluation.robustness.conditions import Condition
from detector.evaluation.robustness.counts import FaceCounts, FoundFace, count_faces, match_faces
from detector.media.images import read_image

if TYPE_CHECKING:
    from detector.inference.detector import Detector

SIZES = (0.0, 0.02, 0.05, 0.15, 0.40, 0.80, float("inf"))
"""Edges of the groups by the face's longer side as a share of the image's shorter side."""

CROPS = (1.0, 1.3, 2.0, 4.0)
"""Sides of square crops, in longer sides of the face's box."""

LOW_SIDE = 100
"""The side, in pixels, to which crops are shrunk."""

_SMALLEST = 24  # pixels of a face's longer side: crops of smaller faces show too little


def samples(truth: GroundTruth) -> Iterator[Sample]:
    """Read the images of a split, one at a time.

    Raises:
        SourceError: One cannot be read.
    """
    for image in truth.images:
        yield Sample(read_image(image.path), image.xyxy, image.class_id)


def find_faces(detector: "Detector", images: Iterable[Sample], iou: float) -> list[FoundFace]:
    """Run a detector on images, and match its detections with their annotated faces.

    Args:
        detector: Its `conf` decides which faces count as found.
        images: The annotated images.
        iou: A detection matches a face from this overlap on.
    """
    found: list[FoundFace] = []
    images = iter(images)
    while group := list(islice(images, detector.batch_size)):
        answers = detector.predict([sample.image for sample in group])
        for sample, answer in zip(group, answers, strict=True):
            found += _matched(sample, match_faces(sample.xyxy, answer, iou))
    return found


def _matched(sample: Sample, found: Sequence[int | None]) -> list[FoundFace]:
    sides = (sample.xyxy[:, 2:] - sample.xyxy[:, :2]).max(axis=1, initial=0)
    shares = sides / min(sample.size)
    return [
        FoundFace(int(true), label, float(share))
        for true, label, share in zip(sample.classes, found, shares, strict=True)
    ]


def measure_by_size(faces: Sequence[FoundFace]) -> dict[str, FaceCounts]:
    """Counts by the face's share of the image's shorter side, for the groups between `SIZES`."""
    return {
        _size_name(low, high): count_faces(face for face in faces if low <= face.share < high)
        for low, high in pairwise(SIZES)
    }


def _size_name(low: float, high: float) -> str:
    if not low:
        return f"under {high:.0%}"
    return f"over {low:.0%}" if high == float("inf") else f"{low:.0%} to {high:.0%}"


def measure_conditions(
    detector: "Detector",
    truth: GroundTruth,
    conditions: Mapping[str, Condition],
    iou: float,
    on_condition: Callable[[str], None] = lambda name: None,
) -> dict[str, list[FoundFace]]:
    """Find the faces on the images of a split after each change.

    Args:
        detector: What is measured.
        truth: The split.
        conditions: The changes by name.
        iou: A detection matches a face from this overlap on.
        on_condition: Called with the name of each change before it is measured.

    Raises:
        SourceError: An image cannot be read.
    """
    found = {}
    for name, change in conditions.items():
        on_condition(name)
        found[name] = find_faces(detector, map(change, samples(truth)), iou)
    return found


def measure_crops(detector: "Detector", truth: GroundTruth, iou: float, most: int = 200) -> dict[str, FaceCounts]:
    """Find faces in square crops around them.

    In each crop only the face in its centre counts. Outside the image a crop is grey.

    Args:
        detector: What is measured.
        truth: The split.
        iou: A detection matches a face from this overlap on.
        most: At most so many faces are used, the same for every detector.

    Returns:
        Counts by the crop's side in sides of the face, as it is and shrunk to `LOW_SIDE` pixels.

    Raises:
        SourceError: An image cannot be read.
    """
    chosen = _choose_faces(truth, most)
    crops = {side: list(_crops(truth, chosen, side)) for side in CROPS}
    counts_of = {}
    for side, around in crops.items():
        counts_of[f"{side:g} x the face"] = count_faces(find_faces(detector, around, iou))
        small = [resized(crop, min(LOW_SIDE, max(crop.size))) for crop in around]
        counts_of[f"{side:g} x the face, {LOW_SIDE} px"] = count_faces(find_faces(detector, small, iou))
    return counts_of


def _choose_faces(truth: GroundTruth, most: int) -> dict[int, list[int]]:
    """Numbers of faces by the number of their image."""
    large = [
        (number, face)
        for number, image in enumerate(truth.images)
        for face in np.flatnonzero((image.xyxy[:, 2:] - image.xyxy[:, :2]).max(axis=1, initial=0) >= _SMALLEST)
    ]
    chosen = random.Random(0).sample(large, min(most, len(large)))  # noqa: S311  (not a secret)
    faces: dict[int, list[int]] = {}
    for number, face in sorted(chosen):
        faces.setdefault(number, []).append(int(face))
    return faces


def _crops(truth: GroundTruth, chosen: Mapping[int, Sequence[int]], side: float) -> Iterator[Sample]:
    for number, faces in chosen.items():
        image = truth.images[number]
        sample = Sample(read_image(image.path), image.xyxy, image.class_id)
        for face in faces:
            yield crop_around(sample, face, side)


def crop_around(sample: Sample, face: int, side: float) -> Sample:
    """A square around a face, `side` times the longer side of its box; only that face keeps its box."""
    box = sample.xyxy[face]
    length = max(1, round(side * float((box[2:] - box[:2]).max())))
    low = np.round((box[:2] + box[2:] - length) / 2).astype(int)
    window = (int(low[0]), int(low[1]), int(low[0]) + length, int(low[1]) + length)
    return cropped(sample, window, Border(), np.arange(len(sample.classes)) == face)
