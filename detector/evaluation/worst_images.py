"""Draws the pictures with the most mistakes on one sheet, with their boxes and labels."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from converters.plurals import quantity
from detector.errors import SourceError
from detector.evaluation.fonts import font
from detector.evaluation.working_point import FaceOutcome, ImageOutcome, Xyxy
from detector.media.images import read_image

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_TILES, _COLUMNS = 12, 2
_TILE, _CAPTION, _GAP = (900, 700), 34, 10
_MIN_SIDE = 9  # pixels on the sheet: a smaller outline would hide the face

_RIGHT, _MISSED, _FALSE, _MISTAKEN = "#2fbf4f", "#ff3df2", "#ff3b30", "#ffb300"
_LEGEND = (
    ("found, right label", _RIGHT),
    ("missed face", _MISSED),
    ("no such face, or a second box on one", _FALSE),
    ("wrong label: annotated > detected", _MISTAKEN),
)


def draw_worst_images(target: Path, outcomes: Sequence[ImageOutcome], names: Sequence[str], confidence: float) -> None:
    """Draw the pictures with the most mistakes, worst first.

    Args:
        target: The JPEG to write.
        outcomes: Every picture of the split.
        names: Class names by class id.
        confidence: The confidence that the outcomes were made at.
    """
    from PIL import Image, ImageDraw

    worst = sorted(outcomes, key=lambda image: (-image.mistakes, image.image.id))
    tiles = [_tile(image, names) for image in worst[:_TILES] if image.mistakes]
    columns = min(_COLUMNS, max(len(tiles), 1))
    width = _COLUMNS * (_TILE[0] + _GAP) + _GAP
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    height = 2 * _CAPTION + _GAP + sum(max(tile.height for tile in row) + _GAP for row in rows)
    sheet = Image.new("RGB", (width, height), "white")
    _draw_header(ImageDraw.Draw(sheet), outcomes, len(tiles), confidence)
    top = 2 * _CAPTION + _GAP
    for row in rows:
        for column, tile in enumerate(row):
            sheet.paste(tile, (_GAP + column * (_TILE[0] + _GAP), top))
        top += max(tile.height for tile in row) + _GAP
    sheet.save(target, format="JPEG", quality=88)


def _draw_header(draw: "ImageDraw", outcomes: Sequence[ImageOutcome], shown: int, confidence: float) -> None:
    wrong = sum(image.mistakes > 0 for image in outcomes)
    title = f"{wrong} of {quantity(len(outcomes), 'image')} with mistakes at confidence {confidence:g}"
    title += f"; the worst {shown}" if wrong > shown else ""
    draw.text((_GAP, 6), title, fill="black", font=font(22))
    left = float(_GAP)
    for text, colour in _LEGEND:
        draw.rectangle((left, _CAPTION + 9, left + 20, _CAPTION + 29), fill=colour)
        draw.text((left + 28, _CAPTION + 6), text, fill="black", font=font(20))
        left += 60 + draw.textlength(text, font=font(20))


def _tile(image: ImageOutcome, names: Sequence[str]) -> "Image":
    """One picture, scaled to the width of a tile, under a line that counts its mistakes."""
    from PIL import Image, ImageDraw

    truth = image.image
    scale = min(_TILE[0] / truth.width, _TILE[1] / truth.height)
    size = (max(round(truth.width * scale), 1), max(round(truth.height * scale), 1))
    tile = Image.new("RGB", (_TILE[0], size[1] + _CAPTION), "#202020")
    with contextlib.suppress(SourceError):  # the file was removed meanwhile: its boxes are drawn on a dark background
        picture = Image.fromarray(read_image(truth.path)[:, :, ::-1])
        tile.paste(picture.resize(size, Image.Resampling.LANCZOS), (0, _CAPTION))
    draw = ImageDraw.Draw(tile)
    # Mistakes are drawn after other boxes, and labels after all boxes, so that nothing covers them.
    labels = [
        _draw_box(draw, outcome, names, scale)
        for outcome in sorted(image.outcomes, key=lambda outcome: not outcome.right)
    ]
    _draw_labels(draw, [label for label in labels if label.text], tile.height)
    draw.rectangle((0, 0, tile.width, _CAPTION - 1), fill="#202020")
    draw.text((8, 5), _caption(image), fill="white", font=font(20))
    return tile


def _caption(image: ImageOutcome) -> str:
    wrong = [outcome for outcome in image.outcomes if not outcome.right]
    missed = sum(outcome.found is None for outcome in wrong)
    false = sum(outcome.face is None for outcome in wrong)
    parts = [(missed, "missed"), (false, "false"), (len(wrong) - missed - false, "wrong label")]
    faces = sum(outcome.face is not None for outcome in image.outcomes)
    name = image.image.file_name
    name = name if len(name) <= 36 else f"...{name[-33:]}"
    told = ", ".join(f"{count} {what}" for count, what in parts if count)
    return f"{name}: {told} ({quantity(faces, 'face')})"


@dataclass(frozen=True, slots=True)
class _Label:
    """A text and the drawn box that it belongs to, in pixels of the tile."""

    text: str
    colour: str
    box: Xyxy


def _draw_box(draw: "ImageDraw", outcome: FaceOutcome, names: Sequence[str], scale: float) -> _Label:
    """Outline a face or a detection, and give its label, which is empty where the detection is right."""
    true = "" if outcome.true_class is None else names[outcome.true_class]
    found = "" if outcome.found_class is None else f"{names[outcome.found_class]} {outcome.confidence:.2f}"
    if outcome.right:
        colour, text = _RIGHT, ""
    elif outcome.found is None:
        colour, text = _MISSED, true
    elif outcome.face is None:
        colour, text = _FALSE, found
    else:
        colour, text = _MISTAKEN, f"{true} > {found}"
    x1, y1, x2, y2 = (value * scale for value in outcome.found or outcome.face or (0, 0, 0, 0))
    grow = max(_MIN_SIDE - min(x2 - x1, y2 - y1), 0) / 2
    box = (x1 - grow, y1 - grow + _CAPTION, x2 + grow, y2 + grow + _CAPTION)
    draw.rectangle(box, outline=colour, width=3 if text else 2)
    return _Label(text, colour, box)


def _draw_labels(draw: "ImageDraw", labels: Sequence[_Label], bottom: int) -> None:
    """Write each text beside its box, in the first free place above or below, and never beyond the tile."""
    typeface = font(15)
    taken: list[Xyxy] = []
    for label in labels:
        x1, y1, _, y2 = label.box
        width, height = draw.textlength(label.text, font=typeface) + 6, 19
        left = min(max(x1 - 1, 0), max(_TILE[0] - width, 0))
        tops = [top for step in range(4) for top in (y1 - (step + 1) * height, y2 + 1 + step * height)]
        places = [(left, top, left + width, top + height) for top in tops if _CAPTION <= top <= bottom - height]
        free = [place for place in places if not any(_overlap(place, other) for other in taken)]
        place = next(iter(free or places), (left, _CAPTION, left + width, _CAPTION + height))
        taken.append(place)
        draw.rectangle(place, fill=label.colour)
        draw.text((place[0] + 3, place[1]), label.text, fill="black", font=typeface)


def _overlap(a: Xyxy, b: Xyxy) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
