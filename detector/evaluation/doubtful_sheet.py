"""A sheet of doubtful labels: each face cut out of its picture, with what is annotated and what a detector says."""

import base64
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from converters.annotation import AnnotatedImage, Box
from detector.errors import OptionError, SourceError
from detector.evaluation.doubtful_labels import DoubtfulLabel, Kind
from detector.evaluation.fonts import font
from detector.files import writing
from detector.media.colours import rgb_of
from detector.media.images import read_image

if TYPE_CHECKING:
    from jinja2 import Template
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

SUFFIXES = (".png", ".html")
MOST = {".png": 250, ".html": 2000}
"""Faces that a sheet shows at most, by its suffix."""

_TITLES: Mapping[Kind, str] = {
    "two labels": "One face with two labels",
    "not annotated": "Faces that nobody annotated",
    "other label": "Faces with another label",
}
_SIDE = 256  # of a crop on the sheet, in pixels
_MARGIN = 1.0  # of a crop around its face, as a share of the face's longer side
_LEAST = 48  # pixels of the picture in a crop: a smaller one would show nothing but the face
_COLUMNS, _GAP, _LINE = 5, 12, 18
_CAPTION = 3 * _LINE
_MARK = "#ff3df2"
_DARK = (32, 32, 32)
_LEGEND = "Thick: the face in question. Thin: what is annotated; green with mask, red without, amber worn incorrectly."


@dataclass(frozen=True, slots=True)
class _Section:
    kind: Kind
    total: int
    shown: list[DoubtfulLabel]

    @property
    def title(self) -> str:
        few = f", {len(self.shown)} of them here" if len(self.shown) < self.total else ""
        return f"{_TITLES[self.kind]}: {self.total}{few}"


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
    sections = list(_sections(doubtful, MOST[suffix]))
    boxes = {image.path: image.boxes for image in images}
    write = _write_png if suffix == ".png" else _write_html
    with writing(target) as temporary:
        write(temporary, title, sections, boxes)


def _sections(doubtful: Sequence[DoubtfulLabel], most: int) -> Iterator[_Section]:
    """The labels by kind; where there are too many, each kind has its share of the places."""
    ordered = sorted(doubtful, key=lambda each: ([*_TITLES].index(each.kind), -(each.confidence or 0)))
    kinds = [(kind, list(members)) for kind, members in groupby(ordered, key=lambda each: each.kind)]
    left = most
    places: dict[Kind, int] = {}
    for rank, (kind, members) in enumerate(sorted(kinds, key=lambda pair: len(pair[1]))):
        places[kind] = min(len(members), left // (len(kinds) - rank))
        left -= places[kind]
    for kind, members in kinds:
        yield _Section(kind, len(members), members[: places[kind]])


def _write_png(target: Path, title: str, sections: Sequence[_Section], boxes: Mapping[Path, tuple[Box, ...]]) -> None:
    from PIL import Image, ImageDraw

    rows = [(section, -(-len(section.shown) // _COLUMNS)) for section in sections]
    tile = _SIDE + _CAPTION + _GAP
    height = 90 + sum(50 + count * tile for _, count in rows)
    sheet = Image.new("RGB", (_COLUMNS * (_SIDE + _GAP) + _GAP, height), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 12), _fitted(draw, title, 24, sheet.width - 2 * _GAP), fill="black", font=font(24))
    draw.text((_GAP, 50), _LEGEND if sections else "No doubtful label was found.", fill="black", font=font(16))
    top = 90
    for section, count in rows:
        draw.text((_GAP, top + 10), section.title, fill="black", font=font(20))
        for place, each in enumerate(section.shown):
            row, column = divmod(place, _COLUMNS)
            left, upper = _GAP + column * (_SIDE + _GAP), top + 50 + row * tile
            sheet.paste(_crop(each, boxes.get(each.path, ())), (left, upper))
            _write_caption(draw, each, left, upper + _SIDE + 2)
        top += 50 + count * tile
    sheet.save(target, format="PNG")


def _write_caption(draw: "ImageDraw", each: DoubtfulLabel, left: int, top: int) -> None:
    for number, text in enumerate((*_caption(each), each.path.name)):
        line = _fitted(draw, text, 13, _SIDE)
        draw.text((left, top + number * _LINE), line, fill="black" if number < 2 else "#666666", font=font(13))


def _caption(each: DoubtfulLabel) -> tuple[str, str]:
    if each.kind == "two labels":
        return each.annotated or "", each.other
    return each.annotated or "not annotated", f"detector: {each.other} {each.confidence:.2f}"


def _fitted(draw: "ImageDraw", text: str, size: int, width: int) -> str:
    """The text on one line; what does not fit is left out in its middle."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    shown = text
    while draw.textlength(shown, font=font(size)) > width and len(shown) > 5:
        half = (len(shown) - 2) // 2
        shown = f"{text[:half]}…{text[-half:]}"
    return shown


def _crop(each: DoubtfulLabel, boxes: Sequence[Box]) -> "Image":
    """A square around the face, with its box and those that are annotated."""
    from PIL import Image, ImageDraw

    try:
        image = read_image(each.path)
    except SourceError:  # the file was removed meanwhile
        return Image.new("RGB", (_SIDE, _SIDE), _DARK)
    x1, y1, x2, y2 = each.xyxy
    side = max((1 + 2 * _MARGIN) * max(x2 - x1, y2 - y1), _LEAST)
    left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
    scale = _SIDE / round(side)
    crop = Image.fromarray(_square(image, left, top, round(side))[:, :, ::-1])
    crop = crop.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(crop)
    for box in boxes:
        _draw_box(draw, (box.x1, box.y1, box.x2, box.y2), (left, top), scale, rgb_of(box.label), 2)
    _draw_box(draw, each.xyxy, (left, top), scale, _MARK, 4, outside=3)
    return crop


def _square(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A part of a picture, dark where there is no picture."""
    square = np.full((side, side, 3), _DARK, np.uint8)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    square[y1 - top : y2 - top, x1 - left : x2 - left] = image[y1:y2, x1:x2]
    return square


def _draw_box(
    draw: "ImageDraw",
    xyxy: tuple[float, float, float, float],
    origin: tuple[int, int],
    scale: float,
    colour: str | tuple[int, int, int],
    width: int,
    outside: int = 0,
) -> None:
    x1, y1, x2, y2 = ((value - origin[axis % 2]) * scale for axis, value in enumerate(xyxy))
    draw.rectangle((x1 - outside, y1 - outside, x2 + outside, y2 + outside), outline=colour, width=width)


def _write_html(target: Path, title: str, sections: Sequence[_Section], boxes: Mapping[Path, tuple[Box, ...]]) -> None:
    def picture(each: DoubtfulLabel) -> str:
        data = io.BytesIO()
        _crop(each, boxes.get(each.path, ())).save(data, format="JPEG", quality=85)
        return base64.b64encode(data.getvalue()).decode("ascii")

    page = _template().stream(
        title=title, legend=_LEGEND, sections=sections, picture=picture, caption=_caption, side=_SIDE
    )
    page.dump(str(target), encoding="utf-8", errors="backslashreplace")  # names of files may be no text


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("doubtful_sheet.html.j2")
