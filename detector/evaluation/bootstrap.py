"""Confidence intervals of AP50: a bootstrap over images (Efron, 1979)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.coco_ap import IOU_50, CocoRun, Match
from detector.evaluation.metrics import Comparison, Difference, Interval, Score, Scores

RECALLS = np.linspace(0, 1, 101)  # where COCO samples precision
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The detections of one class on a split, best score first, and whether each found a face at IoU 0.5.

    Attributes:
        image: intp (D,): the place of the detection's image in the split.
        hits: intp (H,): the places, among the D detections, of those that found a face.
        faces: int64 (I,): the number of faces in each image.
    """

    image: NDArray[np.intp]
    hits: NDArray[np.intp]
    faces: NDArray[np.int64]


def read_matches(per_image: Sequence[Match | None]) -> Matches:
    """Convert pycocotools' matches of one class, made over faces of any size."""
    found = [(i, match) for i, match in enumerate(per_image) if match]
    faces = np.zeros(len(per_image), np.int64)
    for i, match in found:
        faces[i] = len(match["gtIds"])
    image = np.array([i for i, match in found for _ in match["dtIds"]], np.intp)
    score = np.array([score for _, match in found for score in match["dtScores"]], float)
    hit = np.array([gt > 0 for _, match in found for gt in match["dtMatches"][IOU_50]], bool)
    order = np.argsort(-score, kind="stable")  # as pycocotools orders them
    return Matches(image[order], np.flatnonzero(hit[order]), faces)


def ap50(matches: Matches, weights: NDArray[np.int64]) -> float:
    """AP at IoU 0.5 over images that count several times or not at all; NaN without a face.

    Computed as pycocotools does: precision is made non-increasing in recall, and averaged over 101 recalls. Recall and
    the maxima of precision change at hits only, so only hits are computed.

    Args:
        matches: D detections in I images.
        weights: int64 (I,): how often each image counts.
    """
    faces = int(weights @ matches.faces)
    if not faces:
        return float("nan")
    count = weights[matches.image]
    detections = np.cumsum(count)[matches.hits]
    true_positives = np.cumsum(count[matches.hits])
    precision = true_positives / (detections + np.spacing(1))
    envelope = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)  # 0 beyond the highest recall
    return float(envelope[np.searchsorted(true_positives / faces, RECALLS)].mean())


def ap50_samples(coco: CocoRun, resamples: int, seed: int) -> NDArray[np.float64]:
    """AP50 on resampled images; the same seed draws the same images.

    Args:
        coco: Matches in I images.
        resamples: B, the number of times to draw I images with replacement.
        seed: The seed of the random numbers.

    Returns:
        float64 (B, 1 + classes + 1): the mean over classes, each class, all classes taken as one. NaN where a resample
        has no face of a class; the mean is NaN then too, because it would be over other classes.
    """
    *classes, any_face = (read_matches(per_image) for per_image in coco.matches())
    rows = [
        [ap50(matches, weights) for matches in (*classes, any_face)]
        for weights in _draws(len(any_face.faces), resamples, seed)
    ]
    samples = np.array(rows)
    present = [k for k, matches in enumerate(classes) if matches.faces.any()]
    mean = samples[:, present].mean(axis=1) if present else np.full(resamples, np.nan)
    return np.column_stack([mean, samples])


def scores_with_intervals(coco: CocoRun, resamples: int, seed: int) -> Scores:
    """The figures over faces of any size, with the intervals of their AP50."""
    scores = coco.scores()
    mean, *classes, any_face = (_interval(column) for column in ap50_samples(coco, resamples, seed).T)
    return replace(
        scores,
        mean=replace(scores.mean, ap50_interval=mean),
        classes={
            name: replace(score, ap50_interval=interval)
            for (name, score), interval in zip(scores.classes.items(), classes, strict=True)
        },
        any_face=replace(scores.any_face, ap50_interval=any_face),
    )


def compare_runs(other: str, ours: CocoRun, theirs: CocoRun, resamples: int, seed: int) -> Comparison:
    """Compare two sets of predictions by a paired bootstrap: both on the same images in each resample.

    Args:
        other: A name for `theirs`.
        ours: The matches compared.
        theirs: The matches compared with, on the same images.
        resamples: Bootstrap resamples.
        seed: The seed of the bootstrap.
    """
    differences = ap50_samples(ours, resamples, seed) - ap50_samples(theirs, resamples, seed)
    scores = ours.scores()
    pairs = zip(_in_order(scores), _in_order(theirs.scores()), differences.T, strict=True)
    mean, *classes, any_face = (_difference(a.ap50, b.ap50, column) for a, b, column in pairs)
    return Comparison(other, mean, dict(zip(scores.classes, classes, strict=True)), any_face)


def _in_order(scores: Scores) -> list[Score]:
    """The figures in the order of the columns of `ap50_samples`."""
    return [scores.mean, *scores.classes.values(), scores.any_face]


def _interval(samples: NDArray[np.float64]) -> Interval | None:
    """The middle 95 % of the samples that are not NaN; None where all are."""
    valid = samples[~np.isnan(samples)]
    if not len(valid):
        return None
    low, high = np.percentile(valid, _PERCENTILES)
    return Interval(float(low), float(high), len(valid))


def _difference(ours: float | None, theirs: float | None, samples: NDArray[np.float64]) -> Difference:
    valid = samples[~np.isnan(samples)]
    if ours is None or theirs is None or not len(valid):
        return Difference(None, None, None, None)
    return Difference(ours - theirs, _interval(samples), float(np.mean(valid > 0)), float(np.mean(valid < 0)))


def _draws(images: int, resamples: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each image is drawn, for one resample after the other."""
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(random.integers(images, size=images), minlength=images)
