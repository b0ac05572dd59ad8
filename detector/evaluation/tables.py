"""The figures of an evaluation as tables, for the command line and the page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from converters.plurals import quantity
from detector.evaluation.confidence_metrics import Calibration, Threshold, WantedThreshold
from detector.evaluation.metrics import Comparison, GroupScore, Interval, Metrics, Scores

_SIZE_NAMES = {
    "under_16": "under 16 px",
    "16_to_32": "16 to 32 px",
    "32_to_96": "32 to 96 px",
    "over_96": "96 px and more",
}

_MANY = 10
"""With more classes than this, tables list only classes with faces, and there is no table of the confusion matrix."""

_FEW_NAMES = 4  # names of classes that fit over the columns of the confusion matrix


@dataclass(frozen=True, slots=True)
class FigureTable:
    """A table.

    Attributes:
        title: Its title.
        columns: The headings; the first is that of the names.
        rows: For each name, its cells.
        note: A sentence below it.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def summary(metrics: Metrics) -> str:
    """The sentence above the tables; the only one for a split without faces."""
    how = f"at {metrics.imgsz} px" if metrics.predictions is None else f"predictions {metrics.predictions}"
    if metrics.tile is not None:
        how += f", in tiles ({metrics.tile})"
    what = f"{metrics.split} split of {metrics.data}: {quantity(metrics.images, 'image')}"
    if metrics.overall.any_face.instances:
        return f"{what} ({metrics.background_images} without faces), {how}"
    false = quantity(metrics.working_point.any_face.false_positives, "false detection")
    found = f"{false} at confidence {metrics.working_point.confidence:g}"
    return f"{what}; no face is annotated, so there is only one figure, {how}: {found}."


def all_tables(metrics: Metrics) -> Iterator[FigureTable]:
    """Every table; none for a split without faces."""
    if not metrics.overall.any_face.instances:
        return
    yield _class_table(metrics.overall)
    yield _part_table(metrics)
    yield _working_table(metrics)
    if len(metrics.working_point.classes) <= _MANY:
        yield _confusion_table(metrics)
    yield _mistake_table(metrics)
    if metrics.calibration.bins:
        yield _calibration_table(metrics.calibration)
    for name, groups in metrics.by.items():
        yield _group_table(name, groups)
    if metrics.wanted is not None:
        yield _wanted_table(metrics.wanted)
    if metrics.comparison is not None:
        yield _comparison_table(metrics.comparison)


def wanted_sentence(wanted: WantedThreshold) -> str:
    """What the search for a wanted figure gave."""
    what = f"{wanted.figure} {wanted.value:g}"
    if wanted.chosen is not None:
        return f"For {what}: confidence {wanted.chosen.confidence:g}."
    if wanted.nearest is None:
        return f"No confidence has {what}: there is no answer, or no face."
    best = wanted.nearest.precision if wanted.figure == "precision" else wanted.nearest.recall
    at = f"the highest is {best:.3f}, at confidence {wanted.nearest.confidence:g}"
    return f"No confidence from 0.01 to 0.99 has {what}: {at}."


def _class_table(scores: Scores) -> FigureTable:
    rows = {**scores.classes, "mean of classes": scores.mean, "any face": scores.any_face}
    shown = {name: score for name, score in rows.items() if len(scores.classes) <= _MANY or score.instances}
    return FigureTable(
        "Average precision",
        ("class", "faces", "images", "AP50", "95 % interval", "AP", "AP75", "recall"),
        [
            (
                name,
                str(score.instances),
                str(score.images),
                _figure(score.ap50),
                _interval(score.ap50_interval),
                _figure(score.ap),
                _figure(score.ap75),
                _figure(score.recall),
            )
            for name, score in shown.items()
        ],
    )


def _part_table(metrics: Metrics) -> FigureTable:
    parts = {_SIZE_NAMES[name]: scores for name, scores in metrics.sizes.items()}
    parts[f"crowds ({quantity(metrics.crowds.images, 'image')})"] = metrics.crowds
    return FigureTable(
        "By face size, and in crowds",
        ("faces", "count", "AP50", "AP", "recall", "any face AP50", "recall"),
        [
            (
                name,
                str(scores.mean.instances),
                _figure(scores.mean.ap50),
                _figure(scores.mean.ap),
                _figure(scores.mean.recall),
                _figure(scores.any_face.ap50),
                _figure(scores.any_face.recall),
            )
            for name, scores in parts.items()
        ],
    )


def _working_table(metrics: Metrics) -> FigureTable:
    point = metrics.working_point
    return FigureTable(
        f"At confidence {point.confidence:g}",
        ("class", "precision", "recall", "F1", "found", "false", "missed"),
        [
            (
                name,
                _figure(score.precision),
                _figure(score.recall),
                _figure(score.f1),
                str(score.true_positives),
                str(score.false_positives),
                str(score.false_negatives),
            )
            for name, score in {**point.classes, "any face": point.any_face}.items()
            if len(point.classes) <= _MANY or score.true_positives + score.false_negatives
        ],
    )


def _confusion_table(metrics: Metrics) -> FigureTable:
    point, names = metrics.working_point, list(metrics.overall.classes)
    few = len(names) <= _FEW_NAMES
    rows = []
    for number, (name, counts) in enumerate(zip([*names, "background"], point.confusion_matrix, strict=True)):
        cells = [str(count) for count in counts]
        is_class = number < len(names)
        rows.append((f"{number} {name}" if is_class and not few else name, *cells[:-1], cells[-1] if is_class else ""))
    note = ""
    if point.label_accuracy is not None:
        note = f"Label accuracy: {point.label_accuracy:.1%} of the {point.matched_faces} faces found."
    columns = ("", *(names if few else map(str, range(len(names)))), "missed")
    return FigureTable("Confusion matrix (rows: annotated, columns: detected)", columns, rows, note)


def _mistake_table(metrics: Metrics) -> FigureTable:
    title = f"Mistakes at confidence {metrics.working_point.confidence:g}"
    return FigureTable(title, ("kind", "count"), [(kind, str(count)) for kind, count in metrics.mistakes.items()])


def _calibration_table(calibration: Calibration) -> FigureTable:
    return FigureTable(
        "Are confidences what they say?",
        ("confidence", "answers", "mean confidence", "right", "95 % interval"),
        [
            (
                f"{each.low:.1f} to {each.high:.1f}",
                str(each.answers),
                _figure(each.confidence),
                _figure(each.right),
                _share_interval(each.interval),
            )
            for each in calibration.bins
        ],
        f"Expected calibration error: {_figure(calibration.error)}. Right: on a face, with its label.",
    )


def _group_table(name: str, groups: Mapping[str, GroupScore]) -> FigureTable:
    return FigureTable(
        f"By {name}",
        (name, "faces", "recall", "95 % interval", "label accuracy", "95 % interval"),
        [
            (
                group,
                str(score.faces),
                _figure(score.recall),
                _share_interval(score.recall_interval),
                _figure(score.label_accuracy),
                _share_interval(score.label_accuracy_interval),
            )
            for group, score in groups.items()
        ],
    )


def _wanted_table(wanted: WantedThreshold) -> FigureTable:
    def row(threshold: Threshold) -> tuple[str, ...]:
        cells = (f"{threshold.confidence:g}", str(threshold.answers), str(threshold.right))
        mark = "<" if threshold is wanted.chosen else ""
        return (*cells, _figure(threshold.precision), _figure(threshold.recall), mark)

    tenths = [each for each in wanted.thresholds if round(each.confidence * 100) % 10 == 0]
    shown = [each for each in wanted.thresholds if each in tenths or each is wanted.chosen]
    note = wanted_sentence(wanted)
    if wanted.interval is not None:
        low, high = wanted.interval
        note += f" 95 % interval of its {wanted.figure}: {low:.3f}-{high:.3f}."
    columns = ("confidence", "answers", "right", "precision", "recall", "")
    return FigureTable("All classes, by confidence", columns, [row(each) for each in shown], note)


def _comparison_table(comparison: Comparison) -> FigureTable:
    rows = {**comparison.classes, "mean of classes": comparison.mean, "any face": comparison.any_face}
    return FigureTable(
        f"AP50 less that of {comparison.other}, on the same images",
        ("class", "difference", "95 % interval", "better in", "worse in"),
        [
            (
                name,
                "-" if difference.ap50 is None else f"{difference.ap50:+.3f}",
                _interval(difference.interval, signed=True),
                "-" if difference.better is None else f"{difference.better:.1%}",
                "-" if difference.worse is None else f"{difference.worse:.1%}",
            )
            for name, difference in rows.items()
            if len(comparison.classes) <= _MANY or difference.ap50 is not None
        ],
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _share_interval(value: tuple[float, float] | None) -> str:
    return "-" if value is None else f"{value[0]:.3f}-{value[1]:.3f}"


def _interval(value: Interval | None, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value.low:+.3f} to {value.high:+.3f}" if signed else f"{value.low:.3f}-{value.high:.3f}"
