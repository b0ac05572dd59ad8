"""The report of an evaluation as one HTML file that holds its pictures."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from detector.evaluation.crop_sheet import LEGEND, SIDE
from detector.evaluation.metrics import Metrics
from detector.evaluation.mistakes import KINDS, Kind, Mistake, as_section
from detector.evaluation.tables import all_tables, summary
from detector.files import writing

if TYPE_CHECKING:
    from jinja2 import Template

_PLOTS = {
    "pr_curves.png": "Precision over recall at IoU 0.5; dots: the working confidence.",
    "confusion_matrix.png": "Confusion matrix at the working confidence.",
    "reliability.png": "Reliability: the share of right answers over their confidence.",
}


def write_page(out: Path, metrics: Metrics, mistakes: Mapping[Kind, Sequence[Mistake]], names: Sequence[str]) -> None:
    """Write `report.html`, which needs no other file and loads nothing.

    Args:
        out: The folder of the report, with the plots.
        metrics: The tables are made of them.
        mistakes: From `find_mistakes`; the first ones of each kind are shown.
        names: Class names by class id.

    Raises:
        OutputError: It cannot be written.
    """
    measured = metrics.overall.any_face.instances > 0
    page = _template().stream(
        summary=summary(metrics),
        metrics=metrics,
        tables=list(all_tables(metrics)),
        plots=[(_as_base64(out / name), text) for name, text in _PLOTS.items()] if measured else [],
        worst=_as_base64(out / "worst_images.jpg"),
        sections=[(as_section(kind, mistakes[kind], names), KINDS[kind]) for kind in KINDS if mistakes[kind]],
        legend=LEGEND,
        side=SIDE,
    )
    with writing(out / "report.html") as path:
        page.dump(str(path), encoding="utf-8", errors="backslashreplace")  # names of files may be no text


def _as_base64(picture: Path) -> str:
    return base64.b64encode(picture.read_bytes()).decode("ascii")


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")
