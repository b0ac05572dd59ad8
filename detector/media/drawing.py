"""Draws boxes and labels that are readable on small pictures, on large pictures and in crowds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.labels import MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from detector.errors import check_range
from detector.media.colours import bgr_of

# What is written where there is no room for the whole name.
_SHORT = {WITH_MASK: ("mask", "M"), WITHOUT_MASK: ("no mask", "N"), MASK_WORN_INCORRECTLY: ("incorrect", "I")}
_SMALLEST_TEXT = 11  # pixels; below this the font is not legible
# With so many faces or more, a text that is much wider than its face does not show which face it belongs to.
_CROWD = 10
_CROWD_TEXT_WIDTHS = 2.5
_WIDEST_LINE = 100  # pixels


class DrawableFace(Protocol):
    """A face that can be drawn, such as a `detector.Detection`."""

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom, in pixels of the image."""
        ...

    @property
    def label(self) -> str:
        """The name of its class."""
        ...

    @property
    def class_id(self) -> int:
        """The id of its class."""
        ...

    @property
    def confidence(self) -> float:
        """Score, 0 to 1; NaN for a decision over many frames, which has none."""
        ...

    @property
    def tracker_id(self) -> int | None:
        """Its number throughout a video, if it has one."""
        ...


@dataclass(frozen=True, slots=True)
class _Rect:
    x1: int
    y1: int
    x2: int
    y2: int

    def overlap(self, others: NDArray[np.int32]) -> int:
        """The pixels of this rectangle that others (N, 4) cover, each counted by itself."""
        width = np.minimum(self.x2, others[:, 2]) - np.maximum(self.x1, others[:, 0])
        height = np.minimum(self.y2, others[:, 3]) - np.maximum(self.y1, others[:, 1])
        return int((width.clip(0) * height.clip(0)).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawStyle:
    """How faces are drawn.

    Attributes:
        hide_labels: Draw boxes alone.
        hide_scores: Labels without scores.
        line_width: Of boxes, in pixels, at least 1; None: by the size of the face.
    """

    hide_labels: bool = False
    hide_scores: bool = False
    line_width: int | None = None

    def __post_init__(self) -> None:
        check_range("line_width", self.line_width, 1, _WIDEST_LINE)


_PLAIN = DrawStyle()


def draw_detections(
    image: NDArray[np.uint8], faces: Iterable[DrawableFace], style: DrawStyle = _PLAIN
) -> NDArray[np.uint8]:
    """Draw a box and a label for every face.

    A label says the class in words, so that nobody depends on its colour. It lies beside its box, inside the picture,
    and off the other faces. In a crowd it shrinks from name and score to the name, a short form and a letter, and is
    left out where even that would hide a face; the box is always drawn.

    Args:
        image: BGR uint8 (H, W, 3). It is left as it is.
        faces: What was found in it, best score first: `Detections`, or anything like it.
        style: How.

    Returns:
        A copy with the faces drawn.
    """
    canvas = image.copy()
    faces = list(faces)
    boxes = np.round([face.xyxy for face in faces]).astype(np.int32).reshape(-1, 4)
    for face, box in reversed(list(zip(faces, boxes, strict=True))):  # the best on top
        thickness = style.line_width or max(1, round(_text_size(image.shape, box) / 9))
        cv2.rectangle(canvas, box[:2].tolist(), (box[2:] - 1).tolist(), bgr_of(face.label, face.class_id), thickness)
    if not style.hide_labels:
        _write_labels(canvas, faces, boxes, with_scores=not style.hide_scores)
    return canvas


def _write_labels(
    canvas: NDArray[np.uint8], faces: list[DrawableFace], boxes: NDArray[np.int32], *, with_scores: bool
) -> None:
    taken = boxes
    for i, face in enumerate(faces):  # best score first: it has the first choice of place
        widest = _CROWD_TEXT_WIDTHS * (face.xyxy[2] - face.xyxy[0]) if len(faces) >= _CROWD else np.inf
        placed = _place(_texts(face, with_scores), boxes[i], np.delete(taken, i, axis=0), canvas.shape, widest)
        if placed is not None:
            text, spot, size = placed
            _write(canvas, text, spot, size, bgr_of(face.label, face.class_id))
            taken = np.vstack([taken, [spot.x1, spot.y1, spot.x2, spot.y2]])


def _text_size(shape: tuple[int, ...], box: NDArray[np.int32]) -> int:
    """Text height in pixels: a share of the face's height, limited by the size of the picture."""
    height, width = shape[:2]
    smallest = max(_SMALLEST_TEXT, 0.006 * max(height, width))
    largest = max(smallest, 0.025 * min(height, width))
    return round(min(max(0.25 * float(box[3] - box[1]), smallest), largest))


def _place(
    texts: Iterable[str], box: NDArray[np.int32], taken: NDArray[np.int32], shape: tuple[int, ...], widest: float
) -> tuple[str, _Rect, int] | None:
    """The longest text that finds a place beside its box without covering anything, and that place."""
    size = _text_size(shape, box)
    for text in texts:
        mask = _text_mask(text, size)
        if mask.shape[1] > widest and len(text) > 1:
            continue
        for spot in _spots(box, mask.shape[1], mask.shape[0], shape):
            if not spot.overlap(taken):
                return text, spot, size
    return None


def _texts(face: DrawableFace, with_score: bool) -> Iterator[str]:
    identity = "" if face.tracker_id is None else f"#{face.tracker_id} "
    short, letter = _SHORT.get(face.label, (face.label[:4], face.label[:1]))
    if with_score and face.confidence == face.confidence:  # not NaN: what was decided over many frames has no score
        yield f"{identity}{face.label} {face.confidence:.2f}"
    yield f"{identity}{face.label}"
    yield f"{identity}{short}"
    if identity:
        yield identity.strip()
    yield letter


def _spots(box: NDArray[np.int32], width: int, height: int, shape: tuple[int, ...]) -> Iterator[_Rect]:
    """Places around a box, best first: above, below, to the right, to the left, and inside a box with room to spare."""
    x1, y1, x2, y2 = box.tolist()
    corners = [(x1, y1 - height), (x2 - width, y1 - height), (x1, y2), (x2 - width, y2), (x2, y1), (x1 - width, y1)]
    if y2 - y1 > 8 * height:
        corners.append((x1, y1))
    for left, top in corners:
        # The text moves sideways into the picture, but never up or down.
        left = min(max(left, 0), shape[1] - width)
        if left >= 0 and top >= 0 and top + height <= shape[0]:
            spot = _Rect(left, top, left + width, top + height)
            inside = not spot.overlap(np.array([[x1, y1, x2, y2]]))
            if inside or (left, top) == (x1, y1):
                yield spot


@lru_cache(maxsize=2048)
def _text_mask(text: str, size: int) -> NDArray[np.uint8]:
    """The text in white on black, with a margin."""
    from PIL import Image, ImageDraw

    font = _font(size)
    left, top, right, bottom = font.getbbox("Ag" + text)
    left, _, right, _ = font.getbbox(text)
    margin = max(1, size // 6)
    picture = Image.new("L", (round(right - left) + 2 * margin, round(bottom - top) + 2 * margin))
    ImageDraw.Draw(picture).text((margin - left, margin - top), text, fill=255, font=font)
    return np.asarray(picture)


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _write(canvas: NDArray[np.uint8], text: str, spot: _Rect, size: int, colour: tuple[int, int, int]) -> None:
    blue, green, red = colour
    ink = 0 if 0.114 * blue + 0.587 * green + 0.299 * red > 120 else 255
    opacity = _text_mask(text, size)[..., None] / 255
    patch = opacity * ink + (1 - opacity) * np.array(colour)
    canvas[spot.y1 : spot.y2, spot.x1 : spot.x2] = patch.round().astype(np.uint8)
