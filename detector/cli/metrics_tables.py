"""The figures of an evaluation as tables, for `detector eval` and the end of `detector train`."""

from collections.abc import Mapping

from rich.table import Table

from converters.plurals import quantity
from detector.cli.console import console, errors
from detector.evaluation import Comparison, GroupScore, Interval, Metrics, Scores

SIZE_NAMES = {
    "under_16": "under 16 px",
    "16_to_32": "16 to 32 px",
    "32_to_96": "32 to 96 px",
    "over_96": "96 px and more",
}

_MANY = 10
"""With more classes than this, tables list only classes with faces, and no confusion matrix is printed."""


def print_metrics(metrics: Metrics) -> None:
    """Print every table."""
    how = f"at {metrics.imgsz} px" if metrics.predictions is None else f"predictions {metrics.predictions}"
    if metrics.tile is not None:
        how += f", in tiles ({metrics.tile})"
    what = f"{metrics.split} split of {metrics.data}: {quantity(metrics.images, 'image')}"
    point = metrics.working_point
    if not metrics.overall.any_face.instances:
        text = f"no face is annotated, so there is only one figure, {how}"
        false = quantity(point.any_face.false_positives, "false detection")
        console.print(f"{what}; {text}: {false} at confidence {point.confidence:g}.", markup=False, soft_wrap=True)
    else:
        text = f"{what} ({metrics.background_images} without faces), {how}"
        console.print(text, markup=False, soft_wrap=True)
    if metrics.unlabelled_images:
        errors.print(
            f"{metrics.unlabelled_images} of them have no label file, which counts as without faces.", style="yellow"
        )
    if metrics.overall.any_face.instances:
        _print_tables(metrics)


def _print_tables(metrics: Metrics) -> None:
    console.print(_class_table(metrics.overall))
    console.print(_part_table(metrics))
    console.print(_working_table(metrics))
    point = metrics.working_point
    if len(point.classes) <= _MANY:
        console.print(_confusion_table(metrics))
    if point.label_accuracy is not None:
        console.print(f"Label accuracy: {point.label_accuracy:.1%} of the {point.matched_faces} faces found.")
    for name, groups in metrics.by.items():
        console.print(_group_table(name, groups))
    if metrics.comparison is not None:
        console.print(_comparison_table(metrics.comparison))


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(first, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _class_table(scores: Scores) -> Table:
    table = _table("\nAverage precision", "class", "faces", "images", "AP50", "95 % interval", "AP", "AP75", "recall")
    rows = {**scores.classes, "mean of classes": scores.mean, "any face": scores.any_face}
    for name, score in rows.items():
        if len(scores.classes) > _MANY and not score.instances:
            continue
        table.add_row(
            _escape(name),
            str(score.instances),
            str(score.images),
            _figure(score.ap50),
            _interval(score.ap50_interval),
            _figure(score.ap),
            _figure(score.ap75),
            _figure(score.recall),
        )
    return table


def _part_table(metrics: Metrics) -> Table:
    table = _table("\nBy face size, and in crowds", "faces", "count", "AP50", "AP", "recall", "any face AP50", "recall")
    parts = {SIZE_NAMES[name]: scores for name, scores in metrics.sizes.items()}
    parts[f"crowds ({quantity(metrics.crowds.images, 'image')})"] = metrics.crowds
    for name, scores in parts.items():
        table.add_row(
            name,
            str(scores.mean.instances),
            _figure(scores.mean.ap50),
            _figure(scores.mean.ap),
            _figure(scores.mean.recall),
            _figure(scores.any_face.ap50),
            _figure(scores.any_face.recall),
        )
    return table


def _working_table(metrics: Metrics) -> Table:
    point = metrics.working_point
    table = _table(
        f"\nAt confidence {point.confidence:g}", "class", "precision", "recall", "F1", "found", "false", "missed"
    )
    for name, score in {**point.classes, "any face": point.any_face}.items():
        if len(point.classes) > _MANY and not score.true_positives + score.false_negatives:
            continue
        table.add_row(
            _escape(name),
            _figure(score.precision),
            _figure(score.recall),
            _figure(score.f1),
            str(score.true_positives),
            str(score.false_positives),
            str(score.false_negatives),
        )
    return table


def _confusion_table(metrics: Metrics) -> Table:
    point = metrics.working_point
    names = list(metrics.overall.classes)
    shown = [str(number) for number in range(len(names))] if len(names) > 4 else [_escape(name) for name in names]
    table = _table("\nConfusion matrix (rows: annotated, columns: detected)", "", *shown, "missed")
    for number, (name, row) in enumerate(zip([*names, "background"], point.confusion_matrix, strict=True)):
        label = f"{number} {name}" if len(names) > 4 and name in names else name
        cells = [str(count) for count in row]
        table.add_row(_escape(label), *(cells if number < len(names) else [*cells[:-1], ""]))
    return table


def _group_table(name: str, groups: Mapping[str, GroupScore]) -> Table:
    table = _table(f"\nBy {name}", name, "faces", "recall", "95 % interval", "label accuracy", "95 % interval")
    for group, score in groups.items():
        table.add_row(
            group,
            str(score.faces),
            _figure(score.recall),
            _share_interval(score.recall_interval),
            _figure(score.label_accuracy),
            _share_interval(score.label_accuracy_interval),
        )
    return table


def _share_interval(value: tuple[float, float] | None) -> str:
    return "-" if value is None else f"{value[0]:.3f}-{value[1]:.3f}"


def _comparison_table(comparison: Comparison) -> Table:
    table = _table(
        f"\nAP50 less that of {_escape(comparison.other)}, on the same images",
        "class",
        "difference",
        "95 % interval",
        "better in",
        "worse in",
    )
    rows = {**comparison.classes, "mean of classes": comparison.mean, "any face": comparison.any_face}
    for name, difference in rows.items():
        if len(comparison.classes) > _MANY and difference.ap50 is None:
            continue
        table.add_row(
            _escape(name),
            "-" if difference.ap50 is None else f"{difference.ap50:+.3f}",
            _interval(difference.interval, signed=True),
            "-" if difference.better is None else f"{difference.better:.1%}",
            "-" if difference.worse is None else f"{difference.worse:.1%}",
        )
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(value: Interval | None, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value.low:+.3f} to {value.high:+.3f}" if signed else f"{value.low:.3f}-{value.high:.3f}"


def _escape(text: str) -> str:
    from rich.markup import escape

    return escape(text)
