"""A sheet of doubtful labels: each face cut out of its picture, with what is annotated and what a detector says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from converters.annotation import AnnotatedImage, Box
from detector.errors import OptionError
from detector.evaluation.crop_sheet import LEGEND, SIDE, Crop, Section, draw_sheet
from detector.evaluation.doubtful_labels import DoubtfulLabel, Kind
from detector.files import writing
from detector.media.colours import rgb_of

if TYPE_CHECKING:
    from jinja2 import Template

SUFFIXES = (".png", ".html")
MOST = {".png": 250, ".html": 2000}
"""Faces that a sheet shows at most, by its suffix."""

_TITLES: Mapping[Kind, str] = {
    "two labels": "One face with two labels",
    "not annotated": "Faces that nobody annotated",
    "other label": "Faces with another label",
}
_NOTHING = "No doubtful label was found."


def check_target(target: Path) -> None:
    """Check the name of a sheet before any work is done.

    Raises:
        OptionError: It ends in neither .png nor .html.
    """
    if target.suffix.lower() not in SUFFIXES:
        raise OptionError("sheet", repr(str(target)), f"a file that ends in {' or '.join(SUFFIXES)}")


def write_sheet(target: Path, title: str, doubtful: Sequence[DoubtfulLabel], images: Iterable[AnnotatedImage]) -> None:
    """Draw doubtful labels, the most confident of each kind first.

    Args:
        target: The file: .png for one picture, .html for a page that holds all its pictures.
        title: What was compared.
        doubtful: The labels.
        images: The annotated pictures, whose other boxes are drawn too.

    Raises:
        OptionError: `target` ends in neither.
        OutputError: It cannot be written.
    """
    check_target(target)
    suffix = target.suffix.lower()
    boxes = {image.path: image.boxes for image in images}
    sections = list(_sections(doubtful, boxes, MOST[suffix]))
    with writing(target) as temporary:
        if suffix == ".png":
            legend = LEGEND if sections else _NOTHING
            draw_sheet(title, legend, sections).save(temporary, format="PNG")
        else:
            _write_html(temporary, title, sections)


def _sections(doubtful: Sequence[DoubtfulLabel], boxes: Mapping[Path, tuple[Box, ...]], most: int) -> Iterator[Section]:
    """The labels by kind; where there are too many, each kind has its share of the places."""
    ordered = sorted(doubtful, key=lambda each: ([*_TITLES].index(each.kind), -(each.confidence or 0)))
    kinds = [(kind, list(members)) for kind, members in groupby(ordered, key=lambda each: each.kind)]
    left = most
    places: dict[Kind, int] = {}
    for rank, (kind, members) in enumerate(sorted(kinds, key=lambda pair: len(pair[1]))):
        places[kind] = min(len(members), left // (len(kinds) - rank))
        left -= places[kind]
    for kind, members in kinds:
        shown = members[: places[kind]]
        few = f", {len(shown)} of them here" if len(shown) < len(members) else ""
        yield Section(f"{_TITLES[kind]}: {len(members)}{few}", [_crop(each, boxes) for each in shown])


def _crop(each: DoubtfulLabel, boxes: Mapping[Path, tuple[Box, ...]]) -> Crop:
    others = [((box.x1, box.y1, box.x2, box.y2), rgb_of(box.label)) for box in boxes.get(each.path, ())]
    return Crop(each.path, each.xyxy, others, _caption(each))


def _caption(each: DoubtfulLabel) -> tuple[str, str]:
    if each.kind == "two labels":
        return each.annotated or "", each.other
    return each.annotated or "not annotated", f"detector: {each.other} {each.confidence:.2f}"


def _write_html(target: Path, title: str, sections: Sequence[Section]) -> None:
    legend = LEGEND if sections else _NOTHING
    page = _template().stream(title=title, legend=legend, sections=sections, side=SIDE)
    page.dump(str(target), encoding="utf-8", errors="backslashreplace")  # names of files may be no text


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("doubtful_sheet.html.j2")
