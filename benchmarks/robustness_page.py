"""Writes the tables and the chart of `docs/robustness.md` from JSON files of `benchmarks/robustness.py`.

    python benchmarks/robustness_page.py --set "other cameras" NAME=FILE.json NAME=FILE.json ... [--set ...]
                                         --page docs/robustness.md --chart docs/robustness.png

Each `--set` is one set of pictures, with one file for each program. The tables replace what lies between two marks in
the page.
"""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from detector.evaluation.wilson import wilson_interval
from detector.files import writing

_BEGIN, _END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
_MEASURES = (
    ("found", "found", "faces"),
    ("right label, of those found", "right", "found"),
    ("bare called masked", "bare_called_masked", "without_mask"),
    ("masked called bare", "masked_called_bare", "with_mask"),
    ("incorrectly worn called so", "incorrect_right", "incorrect"),
)
_Reports = dict[str, dict[str, Any]]


def main() -> None:
    """Read, and write the page and the chart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="+", action="append", required=True, dest="sets")
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--chart", type=Path, required=True)
    arguments = parser.parse_args()
    sets = {title: dict(_read(each) for each in files) for title, *files in arguments.sets}
    before, rest = arguments.page.read_text(encoding="utf-8").split(_BEGIN)
    after = rest.split(_END)[1]
    text = "\n".join(line for title, reports in sets.items() for line in _section(title, reports))
    with writing(arguments.page) as path:
        path.write_text(f"{before}{_BEGIN}{text}\n{_END}{after}", encoding="utf-8")
    with writing(arguments.chart) as path:
        draw_chart(path, sets)


def _read(argument: str) -> tuple[str, dict[str, Any]]:
    name, _, path = argument.partition("=")
    return name, json.loads(Path(path).read_text(encoding="utf-8"))


def _section(title: str, reports: _Reports) -> Iterator[str]:
    first = next(iter(reports.values()))
    yield f"### {title[:1].upper()}{title[1:]}\n"
    for part, rows in first.get("faces", {}).items():
        for measure, share, whole in _MEASURES:
            if any(counts[whole] for counts in rows.values()):
                yield from _table(
                    f"{part}: {measure}",
                    {row: {name: _of(report["faces"][part][row], share, whole) for name, report in reports.items()}
                     for row in rows},
                )  # fmt: skip
    if "folders" in first:
        yield from _table(
            "class folders: right",
            {row: {name: _of(report["folders"][row], "right", "images") for name, report in reports.items()}
             for row in first["folders"]},
        )  # fmt: skip


def _of(counts: Mapping[str, int], share: str, whole: str) -> tuple[int, int]:
    return counts[share], counts[whole]


def _table(title: str, rows: Mapping[str, Mapping[str, tuple[int, int]]]) -> Iterator[str]:
    names = list(next(iter(rows.values())))
    yield f"| {title} | " + " | ".join(names) + " |"
    yield "|---" + "|---:" * len(names) + "|"
    for row, cells in rows.items():
        if any(whole for _, whole in cells.values()):
            yield f"| {row} | " + " | ".join(_cell(*cell) for cell in cells.values()) + " |"
    yield ""


def _cell(part: int, whole: int) -> str:
    if not whole:
        return "-"
    low, high = wilson_interval(part, whole)
    return f"{part / whole:.3f} ({low:.2f}-{high:.2f}) of {whole}"


def draw_chart(path: Path, sets: Mapping[str, _Reports]) -> None:
    """Recall by the face's share of the picture, a panel for each set, a line for each program."""
    from matplotlib.figure import Figure

    shown = {
        title: reports for title, reports in sets.items() if "size" in next(iter(reports.values())).get("faces", {})
    }
    figure = Figure(figsize=(6 * len(shown), 4.2), layout="constrained")
    for axes, (title, reports) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown.items(), strict=True):
        for name, report in reports.items():
            groups = {row: counts for row, counts in report["faces"]["size"].items() if counts["faces"]}
            shares = [counts["found"] / counts["faces"] for counts in groups.values()]
            ends = [wilson_interval(counts["found"], counts["faces"]) for counts in groups.values()]
            errors = [[max(0.0, s - low) for s, (low, _) in zip(shares, ends, strict=True)],
                      [max(0.0, high - s) for s, (_, high) in zip(shares, ends, strict=True)]]  # fmt: skip
            labels = [f"{row}\n({counts['faces']})" for row, counts in groups.items()]
            axes.errorbar(labels, shares, errors, marker="o", capsize=3, label=name)
        axes.set(
            title=title,
            xlabel="face, as a share of the picture's shorter side (faces)",
            ylabel="recall",
            ylim=(0, 1.02),
        )
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110, format="png")


if __name__ == "__main__":
    main()
