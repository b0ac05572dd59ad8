"""The figures of an evaluation, as frozen dataclasses with the fields of `metrics.json`."""

from dataclasses import asdict, dataclass
from typing import Any

from converters.problems import Problem
from detector.evaluation.confidence_metrics import Calibration, WantedThreshold


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % bootstrap interval over images.

    Attributes:
        low: 2.5th percentile.
        high: 97.5th percentile.
        resamples: The number of resamples in which the figure exists.
    """

    low: float
    high: float
    resamples: int


@dataclass(frozen=True, slots=True)
class Score:
    """COCO's figures for one class, for the mean over classes, or for all classes taken as one.

    Every figure is None where there are no instances.

    Attributes:
        instances: Annotated faces.
        images: Images with at least one of them.
        ap: Mean of AP at IoU 0.50, 0.55 .. 0.95.
        ap50: AP at IoU 0.50.
        ap75: AP at IoU 0.75.
        recall: Share of the faces found, at IoU 0.50, by the detections that AP is computed from.
        ap50_interval: The interval of `ap50`; None where it was not computed.
    """

    instances: int
    images: int
    ap: float | None
    ap50: float | None
    ap75: float | None
    recall: float | None
    ap50_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one part of the ground truth.

    Attributes:
        images: Images in this part, those without faces included.
        mean: Mean over the classes that have instances.
        classes: By class name.
        any_face: All classes taken as one.
    """

    images: int
    mean: Score
    classes: dict[str, Score]
    any_face: Score


@dataclass(frozen=True, slots=True)
class WorkingScore:
    """Detections above the working confidence, matched at IoU 0.5; a figure is None where it would be 0 / 0."""

    true_positives: int
    false_positives: int
    false_negatives: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class WorkingPoint:
    """The figures at the working confidence: the `conf` that users run the detector with.

    Attributes:
        confidence: Detections above it count.
        classes: By class name; a detection counts for a face of its own class only.
        any_face: Classes ignored.
        confusion_matrix: Counts, one row for each true class and one column for each detected class, in id order; the
            last row holds detections on background, the last column missed faces.
        matched_faces: Faces found, whatever the label.
        label_accuracy: Share of them with the right label; None without any.
    """

    confidence: float
    classes: dict[str, WorkingScore]
    any_face: WorkingScore
    confusion_matrix: tuple[tuple[int, ...], ...]
    matched_faces: int
    label_accuracy: float | None


@dataclass(frozen=True, slots=True)
class GroupScore:
    """The faces of one group at the working confidence.

    Attributes:
        faces: Annotated faces.
        found: Those found, whatever their label.
        right: Those found with their label.
        recall: found / faces.
        recall_interval: Its 95 % interval, by Wilson's formula.
        label_accuracy: right / found; None without any found.
        label_accuracy_interval: Its 95 % interval, by Wilson's formula.
    """

    faces: int
    found: int
    right: int
    recall: float
    recall_interval: tuple[float, float]
    label_accuracy: float | None
    label_accuracy_interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """AP50 minus the other predictions' AP50 on the same resampled images.

    Attributes:
        ap50: On the images as they are; None without instances.
        interval: 95 % of the resamples; None without instances.
        better: Share of the resamples in which the difference is above 0.
        worse: Share of the resamples in which it is below 0.
    """

    ap50: float | None
    interval: Interval | None
    better: float | None
    worse: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired bootstrap against another set of predictions on the same split.

    Attributes:
        other: The weights or the predictions file compared with.
        mean: Mean over the classes that have instances.
        classes: By class name.
        any_face: All classes taken as one.
    """

    other: str
    mean: Difference
    classes: dict[str, Difference]
    any_face: Difference


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything that an evaluation finds; `docs/eval.md` defines each figure.

    Attributes:
        data: The dataset's yaml.
        split: The split that was evaluated.
        weights: The weights that were evaluated; None for predictions, or a `Detector` that was made elsewhere.
        weights_sha256: Their SHA-256.
        predictions: The file of predictions that was evaluated instead of weights.
        imgsz: The longer side, in pixels, that pictures were scaled to; None for predictions.
        tile: Side of the tiles in pixels, or "auto"; None where pictures were seen as a whole, and for predictions.
        multiscale: "auto" where pictures were seen small too, "off" where not; None for predictions.
        gamma: How pictures were brightened or darkened; None: not at all, or predictions.
        nms_iou: Of two boxes of one class that overlap by more than this, the weaker was dropped; None for predictions.
        agnostic_nms: Whether boxes of different classes suppressed each other at the working confidence; for AP they
            never do. None for predictions.
        max_det: At most this many detections counted in one image.
        images: Images evaluated.
        background_images: Those without a face.
        unlabelled_images: Those without a label file; they count as images without a face.
        overall: All faces.
        sizes: By face size.
        crowds: Images with 10 faces or more.
        working_point: At the working confidence.
        mistakes: How many mistakes there are at the working confidence, by kind.
        calibration: Whether the confidences of the answers are what they say.
        wanted: The confidence for a wanted precision or recall, if asked for.
        by: By size, light or colour, if asked for: for each, the groups by name.
        comparison: Against other predictions, if asked for.
        problems: Repairs of the input, and files that were left out.
    """

    data: str
    split: str
    weights: str | None
    weights_sha256: str | None
    predictions: str | None
    imgsz: int | None
    tile: int | str | None
    multiscale: str | None
    gamma: float | None
    nms_iou: float | None
    agnostic_nms: bool | None
    max_det: int
    images: int
    background_images: int
    unlabelled_images: int
    overall: Scores
    sizes: dict[str, Scores]
    crowds: Scores
    working_point: WorkingPoint
    mistakes: dict[str, int]
    calibration: Calibration
    wanted: WantedThreshold | None
    by: dict[str, dict[str, GroupScore]]
    comparison: Comparison | None
    problems: tuple[Problem, ...]

    @property
    def left_out(self) -> list[Problem]:
        """Pictures and label files that could not be used and are in none of the counts."""
        return [problem for problem in self.problems if problem.left_out]

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers, strings and None, ready for `json.dumps`."""
        return asdict(self)
