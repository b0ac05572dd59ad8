"""`evaluate` computes every figure of `docs/eval.md` from a dataset and weights or predictions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.formats.yolo import DatasetYaml, load_dataset_yaml
from converters.formats.yolo_labels import label_path
from converters.problems import Problems
from converters.split import SPLITS
from detector.errors import OptionError, UsageError, check_range
from detector.evaluation.bootstrap import compare_runs, scores_with_intervals
from detector.evaluation.calibration import calibrate
from detector.evaluation.coco_ap import SIZES, CocoRun, no_scores, precision_curves, run_coco
from detector.evaluation.conditions import check_groupings, group_scores
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.evaluation.metrics import Comparison, Metrics, Scores
from detector.evaluation.mistakes import find_mistakes
from detector.evaluation.predictions import Result
from detector.evaluation.result_files import check_report_folder, write_result_files
from detector.evaluation.subjects import Found, describe, find_faces, load_other, load_subject
from detector.evaluation.thresholds import parse_wanted
from detector.evaluation.working_point import ImageOutcome, image_outcomes, working_point
from detector.files import make_folder
from detector.settings import DetectorSettings

if TYPE_CHECKING:
    from detector.inference.detector import Detector

CROWD = 10
"""A crowd is an image with at least so many faces."""


def evaluate(
    data: str | Path,
    *,
    weights: "str | Path | Detector | None" = None,
    predictions: str | Path | None = None,
    split: str | None = None,
    settings: DetectorSettings | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    compare: str | Path | None = None,
    by: Sequence[str] = (),
    want: str | None = None,
    html: bool = False,
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
        overwrite: Replace an earlier report in `out`. Files that no evaluation wrote stay.
        compare: Other weights, run with the same settings, or predictions as above: adds a paired bootstrap of the
            differences in AP50.
        by: "size", "light", "colour": recall and label accuracy at the working confidence by groups of faces.
        want: "precision=0.95" or "recall=0.9": also find the confidence with it.
        html: Also write `report.html` to `out`, one file with all figures and pictures.
        resamples: Bootstrap resamples.
        seed: The seed of the bootstrap.
        on_image: Called with (pictures done, pictures in all).
        options: The fields of `DetectorSettings`, such as `imgsz=640`, in place of `settings`.

    Returns:
        Every figure. Pictures and label files that could not be used are in its `left_out`.

    Raises:
        TypeError: Both `settings` and options were given, or there is no such option.
        UsageError: An argument is out of range, both weights and predictions were given, the dataset's class list
            differs from that of the weights, or `out` holds an earlier report.
        WeightsError: The weights could not be found, trusted or loaded.
        MaskDetectorError: The dataset or the predictions cannot be read, the split is empty, or the results cannot be
            written.
    """
    settings = _settings(settings, options)
    check_range("resamples", resamples, 1, 1_000_000)
    by, wanted = check_groupings(by), None if want is None else parse_wanted(want)
    wanted_split = _check_split(split)
    dataset = load_dataset_yaml(Path(data))
    split = wanted_split or default_split(dataset)
    if out is not None:
        check_report_folder(Path(out), overwrite)
    subject, other = load_subject(dataset, weights, predictions, settings), load_other(dataset, compare, settings)
    problems = Problems()
    truth = load_ground_truth(dataset, split, problems)
    if out is not None:
        make_folder(Path(out))
    found = find_faces(dataset, split, truth, subject, other, settings, problems, on_image, thresholds=want is not None)
    coco, answered = run_coco(found.truth, found.results), run_coco(found.truth, found.answers, sizes=False)
    outcomes = image_outcomes(answered, found.truth, found.confidence)
    mistakes = find_mistakes(outcomes, dataset.names)
    metrics = Metrics(
        data=str(dataset.path),
        split=split,
        **describe(subject, made_elsewhere=subject is weights),
        **_image_counts(found.truth),
        **_ap_figures(found, coco, str(compare), resamples, seed),
        **_working_figures(found, answered, outcomes, by),
        mistakes={kind: len(several) for kind, several in mistakes.items()},
        wanted=found.counts.choose(wanted) if found.counts and wanted else None,
        problems=tuple(problems.items),
    )
    if out is not None:
        write_result_files(Path(out), metrics, found, precision_curves(coco), outcomes, mistakes, html)
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


def _check_split(split: str | None) -> str | None:
    if split not in (None, *SPLITS):
        raise OptionError("split", f"{split!r}", f"one of {', '.join(SPLITS)}")
    return split


def _settings(settings: DetectorSettings | None, options: Mapping[str, Any]) -> DetectorSettings:
    if settings is None:
        return DetectorSettings(**options)
    if options:
        raise TypeError(f"settings, and {', '.join(options)} beside it; expected one of the two")
    return settings


def _image_counts(truth: GroundTruth) -> dict[str, Any]:
    return {
        "images": len(truth.images),
        "background_images": sum(not len(image.xyxy) for image in truth.images),
        "unlabelled_images": sum(not label_path(image.path).is_file() for image in truth.images),
    }


def _ap_figures(found: Found, coco: CocoRun, compared: str, resamples: int, seed: int) -> dict[str, Any]:
    """The fields of `Metrics` that rest on the detections from confidence 0.001."""
    return {
        "overall": scores_with_intervals(coco, resamples, seed),
        "sizes": {name: coco.scores(area) for area, name in enumerate(SIZES, start=1)},
        "crowds": _crowd_scores(found.truth, found.results),
        "comparison": _compare(found, coco, compared, resamples, seed),
    }


def _working_figures(
    found: Found, answered: CocoRun, outcomes: Sequence[ImageOutcome], by: Sequence[str]
) -> dict[str, Any]:
    """The fields of `Metrics` that rest on the answers at the working confidence."""
    return {
        "working_point": working_point(answered, outcomes, found.confidence),
        "calibration": calibrate(outcomes),
        "by": group_scores(outcomes, by),
    }


def _crowd_scores(truth: GroundTruth, results: Sequence[Result]) -> Scores:
    crowds = truth.crowds(CROWD)
    return run_coco(crowds, results, sizes=False).scores() if crowds.images else no_scores(truth.names)


def _compare(found: Found, coco: CocoRun, name: str, resamples: int, seed: int) -> Comparison | None:
    if found.other is None:
        return None
    return compare_runs(name, coco, run_coco(found.truth, found.other, sizes=False), resamples, seed)
