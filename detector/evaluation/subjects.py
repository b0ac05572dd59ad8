"""What is evaluated, weights or a file of predictions, and what it finds on a split."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from converters.formats.yolo import DatasetYaml
from converters.problems import Problems
from detector.errors import EvaluationError, OptionError, UsageError
from detector.evaluation.ground_truth import GroundTruth
from detector.evaluation.predictions import MAX_DETECTIONS, Result, ap_settings, load_results, predict_results_with
from detector.evaluation.thresholds import ThresholdCounts, settings_at
from detector.model.weights import find_weights, weights_sha256
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector

Subject: TypeAlias = "Path | Detector"
"""A file of predictions, or a detector."""

_FEW_CLASSES = 6


@dataclass(frozen=True, slots=True)
class Found:
    """The detections on a split.

    Attributes:
        truth: The split without pictures that cannot be read.
        results: What AP is computed from.
        answers: What users get at the working confidence.
        other: The detections to compare `results` with; None for no comparison.
        confidence: The working confidence.
        counts: Answers at every confidence, where a wanted precision or recall was given.
    """

    truth: GroundTruth
    results: list[Result]
    answers: list[Result]
    other: list[Result] | None
    confidence: float
    counts: ThresholdCounts | None


def load_subject(
    dataset: DatasetYaml,
    weights: "str | Path | Detector | None",
    predictions: str | Path | None,
    settings: DetectorSettings,
) -> Subject:
    """Load what is evaluated; see `evaluate` for the arguments.

    Raises:
        UsageError: Both were given, or the classes of the weights are not those of the dataset.
        WeightsError: The weights could not be found, trusted or loaded.
    """
    from detector.inference.detector import Detector

    weights = settings.weights if weights is None else weights
    if predictions is None:
        if isinstance(weights, Detector):
            check_same_classes(dataset, weights.names, "Detector")
            return weights
        return _load(dataset, settings, find_weights(weights, exports=True))
    if weights is not None:
        raise OptionError("predictions", f"{predictions}, and weights beside them", "one of the two")
    return Path(predictions)


def load_other(dataset: DatasetYaml, compare: str | Path | None, settings: DetectorSettings) -> "Subject | None":
    """Load what to compare with: the path of a predictions file is kept, weights become a detector.

    Raises:
        UsageError: The classes of the weights are not those of the dataset.
        WeightsError: The weights could not be found, trusted or loaded.
    """
    if compare is None:
        return None
    return Path(compare) if Path(compare).suffix.lower() == ".json" else _load(dataset, settings, compare)


def find_faces(
    dataset: DatasetYaml,
    split: str,
    truth: GroundTruth,
    subject: Subject,
    other: "Subject | None",
    settings: DetectorSettings,
    problems: Problems,
    on_image: Callable[[int, int], None] | None,
    *,
    thresholds: bool = False,
) -> Found:
    """Find what the subject and the other one find on a split.

    Args:
        dataset: The dataset.
        split: Which of its splits.
        truth: Its pictures and labels.
        subject: A detector is run; of a file, the detections are read.
        other: Likewise.
        settings: Its `conf` is the working confidence of a file; a detector has its own.
        problems: Receives what was repaired and what had to be left out.
        on_image: Called with (pictures done, pictures in all).
        thresholds: Count the answers at every confidence.

    Raises:
        EvaluationError: None of its pictures can be used.
        PredictionsError: A file of predictions cannot be used.
    """
    # Files that may be wrong are read before the long run.
    results = answers = load_results(subject, truth) if isinstance(subject, Path) else []
    other_results = load_results(other, truth) if isinstance(other, Path) else None
    counts = ThresholdCounts() if thresholds else None
    if not isinstance(subject, Path):
        settings = subject.settings
        wanted = [ap_settings(settings), settings]
        more = (settings_at(settings), counts.add) if counts else ()
        results, answers = predict_results_with(subject, truth, wanted, problems, on_image, *more)
    elif counts:
        counts.add_results(truth, answers)
    truth = _readable(truth, dataset, split, problems)
    if other is not None and not isinstance(other, Path):
        (other_results,) = predict_results_with(other, truth, [ap_settings(other.settings)], Problems(), on_image)
    return Found(truth, results, answers, other_results, settings.conf, counts)


def describe(subject: Subject, made_elsewhere: bool) -> Mapping[str, Any]:
    """The fields of `Metrics` that say what was evaluated, and with which settings.

    Args:
        subject: What was evaluated.
        made_elsewhere: It is a detector that the caller made, so that its weights may be anything.
    """
    if isinstance(subject, Path):
        names = ("weights", "weights_sha256", "imgsz", "tile", "multiscale", "gamma", "nms_iou", "agnostic_nms")
        return {**dict.fromkeys(names), "predictions": str(subject), "max_det": MAX_DETECTIONS}
    used, source = subject.settings, None if made_elsewhere else subject.weights
    return {
        "weights": None if source is None else str(source),
        "weights_sha256": None if source is None else weights_sha256(source),
        "predictions": None,
        "imgsz": subject.imgsz,
        "tile": used.tile,
        "multiscale": used.multiscale,
        "gamma": used.gamma,
        "nms_iou": used.iou,
        "agnostic_nms": used.agnostic_nms,
        "max_det": min(used.max_det, MAX_DETECTIONS),
    }


def check_same_classes(dataset: DatasetYaml, names: tuple[str, ...], weights: str | Path) -> None:
    """Make sure that class ids mean the same in a dataset and in weights.

    Raises:
        UsageError: The class lists differ; another order is a difference too.
    """
    if dataset.names == names:
        return
    pairs = zip_longest(dataset.names, names)
    first = next(class_id for class_id, (wanted, given) in enumerate(pairs) if wanted != given)
    what = "the same classes in another order" if sorted(names) == sorted(dataset.names) else "other classes"
    raise UsageError(
        weights,
        f"{what} than {dataset.path}: {_excerpt(names, first)}",
        f"{_excerpt(dataset.names, first)}, as in the dataset",
    )


def _excerpt(names: tuple[str, ...], first: int) -> str:
    """The part of a class list that begins where two lists differ; all of a short one."""
    start, end = (0, len(names)) if len(names) <= _FEW_CLASSES else (first, first + _FEW_CLASSES)
    listed = ", ".join(f"{class_id} {name}" for class_id, name in enumerate(names[start:end], start))
    return listed + (f", ... ({len(names)} classes)" if end - start < len(names) else "")


def _load(dataset: DatasetYaml, settings: DetectorSettings, weights: str | Path) -> "Detector":
    from detector.inference.detector import Detector

    detector = Detector.from_settings(replace(settings, weights=weights))
    check_same_classes(dataset, detector.names, str(weights))
    return detector


def _readable(truth: GroundTruth, dataset: DatasetYaml, split: str, problems: Problems) -> GroundTruth:
    """Drop pictures whose pixels could not be read: a detector cannot find anything in them."""
    truth = truth.without({problem.file for problem in problems.omissions})
    if not truth.images:
        first = problems.omissions[0]
        raise EvaluationError(
            dataset.path, f"no usable picture in its {split!r} split (first problem: {first})", "at least one"
        )
    return truth
