"""Drafts a file of label corrections from what a detector sees differently, for people to review."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from detector.evaluation.doubtful_labels import DoubtfulLabel
from detector.files import writing
from detector.training.label_corrections import COLUMNS


def write_draft(path: Path, doubtful: Iterable[DoubtfulLabel], sizes: Mapping[Path, tuple[int, int]]) -> int:
    """Write a CSV for `read_label_corrections`.

    A face that is not annotated becomes `add`, one with another label `relabel`. Faces with two labels are not in it:
    their label files have to be corrected.

    Args:
        path: The file.
        doubtful: The labels; see `find_doubtful`.
        sizes: The (width, height) of their pictures, in pixels.

    Returns:
        The number of rows.

    Raises:
        OutputError: It cannot be written.
    """
    rows = [_row(label, sizes[label.path]) for label in doubtful if label.kind != "two labels"]
    with writing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerows([[*COLUMNS, "note"], *rows])
    return len(rows)


def _row(label: DoubtfulLabel, size: tuple[int, int]) -> list[object]:
    action = "add" if label.annotated is None else "relabel"
    limits = (*size, *size)
    corners = [f"{min(max(value, 0), limit):.1f}" for value, limit in zip(label.xyxy, limits, strict=True)]
    return [label.path.stem, *size, action, label.other, *corners, f"{label}, to be reviewed"]
