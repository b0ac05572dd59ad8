"""The layout of charts: where each rectangle of an SVG begins and how large it is.

Widths and places from left to right are percentages, heights are pixels: a chart fills the width of a phone or a page,
while its texts keep their size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from detector.monitor.report.figures import Counts, Gap, Slice
from detector.people.states import State

# Bottom to top, left to right. Incorrectly worn masks are between the two other classes.
ORDER = (State.WITH_MASK, State.MASK_WORN_INCORRECTLY, State.WITHOUT_MASK)
SHARES_HEIGHT, COUNTS_HEIGHT = 150.0, 48.0
_WIDE_LABELS, _NARROW_LABELS = 14, 5
FEW = 10  # person-minutes: shares of fewer say little


@dataclass(frozen=True, slots=True)
class Piece:
    """A coloured part of a column or bar: its state, and its start and size in pixels or percent."""

    state: State
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart.

    Attributes:
        slice: What it shows.
        x: Its left edge, in percent.
        width: In percent.
        shares: The decided ones by state, from the top of the upper panel, in pixels.
        decided: Height in the lower panel, in pixels.
        undecided: Height above that, of what is not known too.
        label: Stands below it.
        label_on: "all" screens, "wide" ones alone, or "none".
    """

    slice: Slice
    x: float
    width: float
    shares: tuple[Piece, ...]
    decided: float
    undecided: float
    label: str
    label_on: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Two panels over one axis: shares of the decided ones above, how many they are below.

    Attributes:
        columns: From left to right.
        most: The number at the top of the lower panel.
        mean: The height of the compliance of all columns together, from the top of the upper panel, in pixels.
    """

    columns: tuple[Column, ...]
    most: int
    mean: float | None


def column_chart(slices: Sequence[Slice], labels: Sequence[str], overall: Counts) -> Chart:
    """Lay out a chart.

    Args:
        slices: A column for each.
        labels: What stands below each.
        overall: All of them together.
    """
    most = _round_up(max((part.counts.total for part in slices), default=0))
    step = 100 / max(len(slices), 1)
    narrow, wide = _label_steps(len(slices))
    columns = []
    for i, (part, label) in enumerate(zip(slices, labels, strict=True)):
        label_on = "all" if i % narrow == 0 else "wide" if i % wide == 0 else "none"
        decided, undecided = (
            COUNTS_HEIGHT * number / most for number in (part.counts.decided, part.counts.total - part.counts.decided)
        )
        columns.append(Column(part, i * step, step, _stacked(part.counts), decided, undecided, label, label_on))
    mean = None if overall.compliance is None else SHARES_HEIGHT * (1 - overall.compliance)
    return Chart(tuple(columns), most, mean)


def _stacked(counts: Counts) -> tuple[Piece, ...]:
    top, pieces = SHARES_HEIGHT, []
    for state in ORDER:
        if size := SHARES_HEIGHT * (counts.share(state) or 0.0):
            top -= size
            pieces.append(Piece(state, top, size))
    return tuple(pieces)


def bar(counts: Counts) -> tuple[Piece, ...]:
    """Lay out a bar: the decided people by state, in percent."""
    at, pieces = 0.0, []
    for state in ORDER:
        if size := 100 * (counts.share(state) or 0.0):
            pieces.append(Piece(state, at, size))
            at += size
    return tuple(pieces)


def strip(gaps: Sequence[Gap], start: float, end: float) -> list[tuple[float, float, bool]]:
    """Lay out gaps on a time line: left edge and width in percent, and whether a program was watching.

    Args:
        gaps: In the order of time.
        start: Seconds since the epoch where the line begins.
        end: Where it ends.
    """
    length = end - start
    return [
        (100 * (gap.start.timestamp() - start) / length, 100 * gap.length.total_seconds() / length, gap.running)
        for gap in gaps
    ]


def _label_steps(number: int) -> tuple[int, int]:
    """The distance between labels, in columns, on a phone and on a page; the first is a multiple of the second."""
    wide = max(1, math.ceil(number / _WIDE_LABELS))
    return wide * max(1, math.ceil(number / wide / _NARROW_LABELS)), wide


def _round_up(number: float) -> int:
    """The next number of one digit and zeros."""
    if number <= 1:
        return 1
    power: int = 10 ** math.floor(math.log10(number))
    return next(factor * power for factor in range(1, 11) if factor * power >= number)
