"""What the comparison measured, as a page of Markdown and a chart."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill

import numpy as np
from numpy.typing import NDArray
from stage_losses import FALSE, FATES, FaceFate

from detector.evaluation import Comparison, Metrics, Score
from detector.evaluation.working_point import ImageOutcome

_SIZES = {"under_16": "under 16 px", "16_to_32": "16 to 32 px", "32_to_96": "32 to 96 px", "over_96": "96 px and more"}
_COLOURS = ("#2a9d5c", "#f2a83b", "#c9b5e8", "#8f73c9", "#4b3b78")  # found right, found wrong, and three ways to miss

_HEAD = """# Against a two-stage pipeline

What this detector does in one pass is usually built from two networks: one finds faces, another labels each crop. This
page measures both on the {split} split ({images} pictures, {faces} faces), by the rules of [`detector eval`](eval.md).
This command trains the second network and writes the page:

```
python benchmarks/two_stage DATA.yaml --yunet face_detection_yunet_2023mar.onnx --backbone yolov8n.pt
```

- **Finder**: YuNet (`face_detection_yunet_2023mar.onnx`) in OpenCV, on the picture at its own size (1x) and enlarged to
  twice its size (2x), with OpenCV's settings for merging boxes.
- **Fitted**: annotators draw faces lower than YuNet does, which spoils the overlap of small boxes. "Fitted" moves and
  scales its boxes by four numbers learned on the train split. Pipelines in use do without; it shows what is no fault of
  the search.
- **Classifier**: the backbone of `yolov8n.pt` with a linear layer, on crops with a margin, trained on the faces of the
  detector's own train split with flips, moved boxes, loss of detail and changed colours; rarer classes are drawn more
  often.
- **Score** of a face: the finder's times the label's probability. For AP a face counts with each label and its score,
  which is better for the pipeline than the likeliest alone; the detector's boxes have one label each. The threshold of
  a pipeline is that of its best F1 on the train split, which YuNet has not seen; the detector works at its default.
- **Detector**: {weights}.

{summary}

Read the counts first: {rare} say little about that class.
"""


_LOSSES = """At the threshold. A box is too far off when its IoU with the face is from 0.2 to 0.5. A score is too low
when it is at least half the threshold; below that, a face was not found. A score is a product: an unsure label lowers
it too.
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One contestant's figures.

    Attributes:
        name: As in the tables.
        metrics: Of the evaluation, at the threshold that it works at.
        fates: Of every annotated face.
        false: Boxes on no face of their own, by kind and whether the picture is a crowd.
        outcomes: Picture by picture.
        milliseconds: For one picture.
        finder_milliseconds: Of them, for finding; None where there are no stages.
        difference: The detector's AP50 less this one's; None for the detector itself.
    """

    name: str
    metrics: Metrics
    fates: tuple[FaceFate, ...]
    false: Counter[tuple[str, bool]]
    outcomes: tuple[ImageOutcome, ...]
    milliseconds: float
    finder_milliseconds: float | None
    difference: Comparison | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything on the page.

    Attributes:
        measured: The pipelines, then the detector.
        names: Class names by class id.
        split: The split measured on.
        labelling: What `judge` says of the classifier on true boxes.
        counts: Faces of each class, (classes,).
        weights: What the detector ran with.
        machine: What the times were taken on.
    """

    measured: tuple[Measured, ...]
    names: tuple[str, ...]
    split: str
    labelling: NDArray[np.float64]
    counts: NDArray[np.integer]
    weights: str
    machine: str


def to_markdown(report: Report) -> str:
    """The page."""
    rare = int(np.argmin(report.counts))
    head = _HEAD.format(
        split=report.split,
        images=report.measured[0].metrics.images,
        faces=int(report.counts.sum()),
        weights=report.weights,
        summary=_summary(report.measured),
        rare=f"{report.counts[rare]} faces of `{report.names[rare]}`",
    )
    return "\n".join(
        [
            head,
            "![What became of the faces](two-stage.png)\n",
            "## Figures\n",
            *_figures(report),
            "\n## Is the difference real?\n",
            "The detector's AP50 less the pipeline's on the same pictures, with the 95 % interval of the difference.\n",
            *_differences(report),
            "\n## What is lost where\n",
            _LOSSES,
            *_losses(report),
            "\nBoxes that are on no face of their own:\n",
            *_false_boxes(report),
            "\n## The classifier alone\n",
            "Given the true boxes:\n",
            *_labelling(report),
            "",
        ]
    )


def _summary(measured: Sequence[Measured]) -> str:
    def versus(figure: Callable[[Measured], float | None], digits: int) -> str:
        *others, own = (figure(one) for one in measured)
        known = [value for value in others if value is not None]
        return f"{_number(own, digits)} against {min(known):.{digits}f} to {max(known):.{digits}f}" if known else "-"

    return fill(
        "**In short**, the detector against the pipelines: AP50 over the classes "
        f"{versus(lambda one: one.metrics.overall.mean.ap50, 3)}; any face in crowds, AP50 "
        f"{versus(lambda one: one.metrics.crowds.any_face.ap50, 3)}; label accuracy of the faces found "
        f"{versus(lambda one: one.metrics.working_point.label_accuracy, 3)}; milliseconds per picture "
        f"{versus(lambda one: one.milliseconds, 0)}.",
        width=120,
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    ruler = ["---", *["---:"] * (len(columns) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in (columns, ruler, *rows)]


def _figures(report: Report) -> list[str]:
    first = report.measured[0].metrics

    def row(title: str, figure: Callable[[Metrics], float | None], digits: int = 3) -> list[str]:
        return [title, *(_number(figure(one.metrics), digits) for one in report.measured)]

    def ap50(title: str, score: Callable[[Metrics], Score]) -> list[str]:
        return row(f"AP50 {title} ({score(first).instances})", lambda metrics: score(metrics).ap50)

    def class_ap50(name: str) -> list[str]:
        return ap50(f"`{name}`", lambda metrics: metrics.overall.classes[name])

    def size_recall(size: str) -> list[str]:
        title = f"recall of any face {_SIZES[size]} ({first.sizes[size].any_face.instances})"
        return row(title, lambda metrics: metrics.sizes[size].any_face.recall)

    rows = [
        ap50("mean of classes", lambda metrics: metrics.overall.mean),
        *map(class_ap50, report.names),
        row("AP mean of classes", lambda metrics: metrics.overall.mean.ap),
        ap50("in crowds, mean of classes", lambda metrics: metrics.crowds.mean),
        ap50("any face", lambda metrics: metrics.overall.any_face),
        ap50("any face in crowds", lambda metrics: metrics.crowds.any_face),
        *map(size_recall, _SIZES),
        row("threshold", lambda metrics: metrics.working_point.confidence, 2),
        row("precision there, any face", lambda metrics: metrics.working_point.any_face.precision),
        row("recall there, any face", lambda metrics: metrics.working_point.any_face.recall),
        row("label accuracy of the faces found", lambda metrics: metrics.working_point.label_accuracy),
        *_times(report.measured),
    ]
    table = _table(["", *(one.name for one in report.measured)], rows)
    return [*table, f"\nTimes: in turns on the same pictures, in one process; {report.machine}."]


def _times(measured: Sequence[Measured]) -> list[list[str]]:
    return [
        ["milliseconds per picture", *(_number(one.milliseconds, 1) for one in measured)],
        ["... for finding alone", *(_number(one.finder_milliseconds, 1) for one in measured)],
        ["times the detector's", *(_number(one.milliseconds / measured[-1].milliseconds, 2) for one in measured)],
    ]


def _differences(report: Report) -> list[str]:
    rows = []
    for one in report.measured:
        if one.difference is None:
            continue
        parts = [one.difference.mean, *one.difference.classes.values(), one.difference.any_face]
        cells = [
            "-"
            if part.ap50 is None or part.interval is None
            else f"{part.ap50:+.3f} ({part.interval.low:+.3f} to {part.interval.high:+.3f})"
            for part in parts
        ]
        rows.append([one.name, *cells])
    return _table(["against", "mean of classes", *(f"`{name}`" for name in report.names), "any face"], rows)


def _parts(fates: Sequence[FaceFate]) -> dict[str, list[FaceFate]]:
    """All faces, then by size, then those in crowds."""
    sizes = {text: [fate for fate in fates if fate.size == key] for key, text in _SIZES.items()}
    return {"all faces": list(fates), **sizes, "in crowds": [fate for fate in fates if fate.crowd]}


def _shares(fates: Sequence[FaceFate]) -> list[float]:
    counts = Counter(fate.fate for fate in fates)
    return [counts[fate] / max(len(fates), 1) for fate in FATES]


def _losses(report: Report) -> list[str]:
    rows = []
    for part, fates in _parts(report.measured[0].fates).items():
        for number, one in enumerate(report.measured):
            shares = _shares(_parts(one.fates)[part])
            title = f"**{part}** ({len(fates)})" if number == 0 else ""
            rows.append([title, one.name, *(f"{share:.1%}" for share in shares)])
    return _table(["faces", "", *FATES], rows)


def _false_boxes(report: Report) -> list[str]:
    rows = [
        [
            one.name,
            *(str(one.false[kind, False] + one.false[kind, True]) for kind in FALSE),
            str(sum(one.false[kind, True] for kind in FALSE)),
        ]
        for one in report.measured
    ]
    return _table(["", *FALSE, "all of these in crowds"], rows)


def _labelling(report: Report) -> list[str]:
    titles = [*(f"`{name}`" for name in report.names), "all (means of classes)"]
    counts = [*report.counts.tolist(), int(report.counts.sum())]
    rows = [
        [title, str(count), *(_number(None if np.isnan(value) else float(value)) for value in figures)]
        for title, count, figures in zip(titles, counts, report.labelling, strict=True)
    ]
    return _table(["class", "faces", "labelled right", "precision", "AP of the ranking"], rows)


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def draw_chart(target: Path, report: Report) -> None:
    """What became of the faces, in bars: by size and in crowds, for each contestant.

    Args:
        target: The PNG to write.
        report: What was measured.
    """
    from matplotlib.figure import Figure

    parts = list(_parts(report.measured[0].fates).items())
    figure = Figure(figsize=(9, 7.2), layout="constrained")
    axes = figure.subplots()
    ticks, labels = [], []
    for group, (part, fates) in enumerate(parts):
        top = group * (len(report.measured) + 1.4)
        axes.text(0, top - 0.75, f"{part} ({len(fates)})", fontweight="bold", va="center")
        for row, one in enumerate(report.measured):
            left = 0.0
            for fate, share, colour in zip(FATES, _shares(_parts(one.fates)[part]), _COLOURS, strict=True):
                axes.barh(top + row, share, left=left, color=colour, label=fate if group == row == 0 else None)
                left += share
            ticks.append(top + row)
            labels.append(one.name)
    axes.set_yticks(ticks, labels, fontsize=8)
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel(f"share of the faces of the {report.split} split")
    axes.spines[["top", "right", "left"]].set_visible(False)
    figure.legend(loc="outside upper center", ncols=len(FATES), frameon=False)
    figure.savefig(target, dpi=100, format="png")
