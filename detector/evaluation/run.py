"""`evaluate` computes every figure of `docs/eval.md` from a dataset and weights or predictions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.formats.yolo import DatasetYaml, load_dataset_yaml
from converters.formats.yolo_labels import label_path
from converters.problems import Problems
from converters.split import SPLITS
from detector.errors import EvaluationError, OptionError, UsageError, check_range
from detector.evaluation.bootstrap import compare_runs, scores_with_intervals
from detector.evaluation.coco_ap import SIZES, no_scores, precision_curves, run_coco
from detector.evaluation.conditions import check_groupings, group_scores
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.metrics import Metrics, Scores
from detector.evaluation.predictions import MAX_DETECTIONS, Result, ap_settings, load_results, predict_results_with
from detector.evaluation.result_files import write_result_files
from detector.evaluation.working_point import image_outcomes, working_point
from detector.files import make_folder
from detector.model.weights import find_weights, weights_sha256
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector

CROWD = 10
"""A crowd is an image with at least so many faces."""

_FEW_CLASSES = 6


def evaluate(
    data: str | Path,
    *,
    weights: "str | Path | Detector | None" = None,
    predictions: str | Path | None = None,
    split: str | None = None,
    settings: DetectorSettings | None = None,
    out: str | Path | None = None,
    compare: str | Path | None = None,
    by: Sequence[str] = (),
    resamples: int = 1000,
    seed: int = 0,
    on_image: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Metrics:
    """Measure weights, or another program's predictions, on an annotated split; `docs/eval.md` defines each figure.

    AP and recall rest on detections from confidence 0.001, at most 300 in an image, and a face may have a second label
    there. The figures at the working confidence rest on what the detector answers with its settings.

    Args:
        data: The yaml of any ultralytics detection dataset with the classes of the weights, in their order.
        weights: As for `Detector`; or a `Detector`, whose settings then replace `settings`.
        predictions: Measured instead of weights: COCO results of any program, or the `predictions.json` of another
            evaluation of the same split.
        split: "train", "val" or "test". None: test, or val where the dataset has no test split.
        settings: What the weights are run with. Its `conf` is the working confidence, for precision, recall, F1, the
            confusion matrix and label accuracy; AP depends neither on it nor on `agnostic_nms`.
        out: A folder for `metrics.json`, `predictions.json`, `ground_truth.json` and the pictures; None to write none.
        compare: Other weights, run with the same settings, or predictions as above: adds a paired bootstrap of the
            differences in AP50.
        by: "size", "light", "colour": recall and label accuracy at the working confidence by groups of faces.
        resamples: Bootstrap resamples.
        seed: The seed of the bootstrap.
        on_image: Called with (pictures done, pictures in all).
        options: The fields of `DetectorSettings`, such as `imgsz=640`, in place of `settings`.

    Returns:
        Every figure. Pictures and label files that could not be used are in its `left_out`.

    Raises:
        TypeError: Both `settings` and options were given, or there is no such option.
        UsageError: An argument is out of range, both weights and predictions were given, or the dataset's class list
            differs from that of the weights.
        WeightsError: The weights could not be found, trusted or loaded.
        MaskDetectorError: The dataset or the predictions cannot be read, the split is empty, or the results cannot be
            written.
    """
    from detector.inference.detector import Detector

    settings = _settings(settings, options)
    weights = settings.weights if weights is None else weights
    check_range("resamples", resamples, 1, 1_000_000)
    by = check_groupings(by)
    if split not in (None, *SPLITS):
        raise OptionError("split", f"{split!r}", f"one of {', '.join(SPLITS)}")
    dataset = load_dataset_yaml(Path(data))
    split = split or default_split(dataset)
    load = partial(_load, dataset, settings)
    subject: Path | Detector
    if predictions is None:
        subject = load(weights if isinstance(weights, Detector) else find_weights(weights, exports=True))
        source = None if subject is weights else subject.weights
    elif weights is None:
        source, subject = None, Path(predictions)
    else:
        raise OptionError("predictions", f"{predictions}, and weights beside them", "one of the two")
    other = _load_other(compare, load)

    problems = Problems()
    truth = load_ground_truth(dataset, split, problems)
    # Files that may be wrong are read before the long run.
    results = answers = load_results(subject, truth) if isinstance(subject, Path) else []
    other_results = load_results(other, truth) if isinstance(other, Path) else None
    if out is not None:
        make_folder(Path(out))
    if isinstance(subject, Detector):
        settings = subject.settings
        results, answers = predict_results_with(subject, truth, [ap_settings(settings), settings], problems, on_image)
    truth = _readable(truth, dataset, split, problems)
    if isinstance(other, Detector):
        (other_results,) = predict_results_with(other, truth, [ap_settings(other.settings)], Problems(), on_image)

    coco = run_coco(truth, results)
    answered = run_coco(truth, answers, sizes=False)
    outcomes = image_outcomes(answered, truth, settings.conf)
    comparison = None
    if other_results is not None:
        comparison = compare_runs(str(compare), coco, run_coco(truth, other_results, sizes=False), resamples, seed)
    used = subject.settings if isinstance(subject, Detector) else None
    metrics = Metrics(
        data=str(dataset.path),
        split=split,
        weights=None if source is None else str(source),
        weights_sha256=None if source is None else weights_sha256(source),
        predictions=None if predictions is None else str(predictions),
        imgsz=subject.imgsz if isinstance(subject, Detector) else None,
        tile=used.tile if used else None,
        multiscale=used.multiscale if used else None,
        gamma=used.gamma if used else None,
        nms_iou=used.iou if used else None,
        agnostic_nms=used.agnostic_nms if used else None,
        max_det=min(used.max_det, MAX_DETECTIONS) if used else MAX_DETECTIONS,
        images=len(truth.images),
        background_images=sum(not len(image.xyxy) for image in truth.images),
        unlabelled_images=sum(not label_path(image.path).is_file() for image in truth.images),
        overall=scores_with_intervals(coco, resamples, seed),
        sizes={name: coco.scores(area) for area, name in enumerate(SIZES, start=1)},
        crowds=_crowd_scores(truth, results),
        working_point=working_point(answered, outcomes, settings.conf),
        by=group_scores(outcomes, by),
        comparison=comparison,
        problems=tuple(problems.items),
    )
    if out is not None:
        write_result_files(Path(out), metrics, truth, results, answers, precision_curves(coco), outcomes)
    return metrics


def default_split(dataset: DatasetYaml) -> str:
    """The split that is evaluated unless another is asked for: test, or val where there is none.

    Raises:
        UsageError: The dataset has neither.
    """
    for split in ("test", "val"):
        if split in dataset.splits:
            return split
    raise UsageError(dataset.path, "neither a test nor a val split", "one of them, or another split by name")


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


def _settings(settings: DetectorSettings | None, options: Mapping[str, Any]) -> DetectorSettings:
    if settings is None:
        return DetectorSettings(**options)
    if options:
        raise TypeError(f"settings, and {', '.join(options)} beside it; expected one of the two")
    return settings


def _load(dataset: DatasetYaml, settings: DetectorSettings, weights: "str | Path | Detector") -> "Detector":
    from detector.inference.detector import Detector

    if isinstance(weights, Detector):
        detector, name = weights, "Detector"
    else:
        detector, name = Detector.from_settings(replace(settings, weights=weights)), str(weights)
    check_same_classes(dataset, detector.names, name)
    return detector


def _load_other(compare: str | Path | None, load: "Callable[[str | Path], Detector]") -> "Path | Detector | None":
    """Load what to compare with: the path of a predictions file is kept, weights become a detector."""
    if compare is None:
        return None
    return Path(compare) if Path(compare).suffix.lower() == ".json" else load(compare)


def _crowd_scores(truth: GroundTruth, results: Sequence[Result]) -> Scores:
    crowds = truth.crowds(CROWD)
    return run_coco(crowds, results, sizes=False).scores() if crowds.images else no_scores(truth.names)


def _readable(truth: GroundTruth, dataset: DatasetYaml, split: str, problems: Problems) -> GroundTruth:
    """Drop pictures whose pixels could not be read: a detector cannot find anything in them."""
    truth = truth.without({problem.file for problem in problems.omissions})
    if not truth.images:
        first = problems.omissions[0]
        raise EvaluationError(
            dataset.path, f"no usable picture in its {split!r} split (first problem: {first})", "at least one"
        )
    return truth
