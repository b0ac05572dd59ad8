"""A contact sheet: for each face the picture, and beside it only the pixels that were measured as skin."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fairness_parts.skin import Skin

_SIDE, _LINE, _COLUMNS = 96, 16, 8

Tile = NDArray[np.uint8]


def draw_face(image: NDArray[np.uint8], xyxy: NDArray[np.float64], skin: Skin) -> Tile:
    """Draw a face and its measured skin side by side, with the angle below.

    Args:
        image: BGR uint8 (H, W, 3).
        xyxy: The box of the face (4,), pixels.
        skin: What was measured in it.
    """
    shown = np.full_like(image, 255)
    left, top, right, bottom = skin.window
    shown[top:bottom, left:right][skin.pixels] = image[top:bottom, left:right][skin.pixels]
    x1, y1, x2, y2 = np.round(xyxy).astype(int).clip(0)
    faces = [cv2.resize(each[y1:y2, x1:x2], (_SIDE, _SIDE), interpolation=cv2.INTER_AREA) for each in (image, shown)]
    caption = np.full((_LINE, 2 * _SIDE, 3), 255, np.uint8)
    cv2.putText(caption, f"{skin.ita:.0f}", (4, _LINE - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1)
    return np.asarray(np.vstack([np.hstack(faces), caption]), np.uint8)


def write_sheet(path: Path, groups: dict[str, Sequence[Tile]]) -> None:
    """Write the faces of each group below its name."""
    rows = [row for name, tiles in groups.items() for row in (_heading(f"{name} ({len(tiles)})"), *_rows(tiles))]
    path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())


def _heading(text: str) -> Tile:
    line = np.full((28, _COLUMNS * 2 * _SIDE, 3), 225, np.uint8)
    cv2.putText(line, text, (6, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    return line


def _rows(tiles: Sequence[Tile]) -> list[Tile]:
    empty = np.full((_SIDE + _LINE, 2 * _SIDE, 3), 255, np.uint8)
    starts = range(0, len(tiles), _COLUMNS)
    return [np.hstack([*tiles[at : at + _COLUMNS], *[empty] * (at + _COLUMNS - len(tiles))]) for at in starts]
