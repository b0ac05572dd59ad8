"""A sheet of faces, each cut out of its picture with the boxes around it, as one picture."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.evaluation.fonts import font
from detector.media.images import read_image

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from detector.evaluation.working_point import Xyxy

SIDE = 256  # of a crop on the sheet, in pixels
MARK = "#ff3df2"
"""The colour of the box of the face in question."""
LEGEND = "Thick: the face in question. Thin: what is annotated; green with mask, red without, amber worn incorrectly."

_MARGIN = 1.0  # of a crop around its face, as a share of the face's longer side
_LEAST = 48  # pixels of the picture in a crop: a smaller one would show nothing but the face
_COLUMNS, _GAP, _LINE = 5, 12, 18
_CAPTION = 3 * _LINE
_DARK = (32, 32, 32)


@dataclass(frozen=True, slots=True)
class Crop:
    """A face of a sheet.

    Attributes:
        path: The picture.
        xyxy: The face in question, in pixels of the picture; drawn thick.
        others: Other boxes, each with its colour; drawn thin.
        caption: Two lines under it.
    """

    path: Path
    xyxy: "Xyxy"
    others: "Sequence[tuple[Xyxy, str | tuple[int, int, int]]]"
    caption: tuple[str, str]

    def draw(self) -> "Image":
        """A square around the face, `SIDE` pixels wide; a dark one where the picture was removed meanwhile."""
        from PIL import Image, ImageDraw

        try:
            image = read_image(self.path)
        except SourceError:
            return Image.new("RGB", (SIDE, SIDE), _DARK)
        x1, y1, x2, y2 = self.xyxy
        side = round(max((1 + 2 * _MARGIN) * max(x2 - x1, y2 - y1), _LEAST))
        left, top = round((x1 + x2 - side) / 2), round((y1 + y2 - side) / 2)
        crop = Image.fromarray(_square(image, left, top, side)[:, :, ::-1])
        crop = crop.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        draw = ImageDraw.Draw(crop)
        for xyxy, colour in self.others:
            draw.rectangle(_placed(xyxy, (left, top), SIDE / side), outline=colour, width=2)
        x1, y1, x2, y2 = _placed(self.xyxy, (left, top), SIDE / side)
        draw.rectangle((x1 - 3, y1 - 3, x2 + 3, y2 + 3), outline=MARK, width=4)
        return crop

    def as_base64(self) -> str:
        """The drawing as JPEG, for a page."""
        data = io.BytesIO()
        self.draw().save(data, format="JPEG", quality=85)
        return base64.b64encode(data.getvalue()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Section:
    """The crops under one heading."""

    title: str
    crops: Sequence[Crop]


def draw_sheet(title: str, legend: str, sections: Sequence[Section]) -> "Image":
    """Draw the sections one below the other.

    Args:
        title: The first line.
        legend: The second one: how boxes are drawn.
        sections: What is drawn.
    """
    from PIL import Image, ImageDraw

    rows = [-(-len(section.crops) // _COLUMNS) for section in sections]
    tile = SIDE + _CAPTION + _GAP
    sheet = Image.new("RGB", (_COLUMNS * (SIDE + _GAP) + _GAP, 90 + sum(50 + count * tile for count in rows)), "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 12), _fitted(draw, title, 24, sheet.width - 2 * _GAP), fill="black", font=font(24))
    draw.text((_GAP, 50), _fitted(draw, legend, 16, sheet.width - 2 * _GAP), fill="black", font=font(16))
    top = 90
    for section, count in zip(sections, rows, strict=True):
        draw.text((_GAP, top + 10), section.title, fill="black", font=font(20))
        for place, crop in enumerate(section.crops):
            row, column = divmod(place, _COLUMNS)
            left, upper = _GAP + column * (SIDE + _GAP), top + 50 + row * tile
            sheet.paste(crop.draw(), (left, upper))
            _write_caption(draw, crop, left, upper + SIDE + 2)
        top += 50 + count * tile
    return sheet


def _write_caption(draw: "ImageDraw", crop: Crop, left: int, top: int) -> None:
    for number, text in enumerate((*crop.caption, crop.path.name)):
        line = _fitted(draw, text, 13, SIDE)
        draw.text((left, top + number * _LINE), line, fill="black" if number < 2 else "#666666", font=font(13))


def _fitted(draw: "ImageDraw", text: str, size: int, width: int) -> str:
    """The text on one line; what does not fit is left out in its middle."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    shown = text
    while draw.textlength(shown, font=font(size)) > width and len(shown) > 5:
        half = (len(shown) - 2) // 2
        shown = f"{text[:half]}…{text[-half:]}"
    return shown


def _square(image: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """A part of a picture, dark where there is no picture."""
    square = np.full((side, side, 3), _DARK, np.uint8)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    square[y1 - top : y2 - top, x1 - left : x2 - left] = image[y1:y2, x1:x2]
    return square


def _placed(xyxy: "Xyxy", origin: tuple[int, int], scale: float) -> "Xyxy":
    """A box of the picture in pixels of the crop."""
    x1, y1, x2, y2 = xyxy
    left, top = origin
    return (x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale
