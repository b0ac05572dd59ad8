"""Makes snapshots, which are small pictures of faces, and blurs faces."""

import cv2
import numpy as np
from numpy.typing import NDArray

_MARGIN = 0.3  # of the face on each side
_LONGEST_SIDE = 160
_QUALITY = 80
# Nobody can be recognised on a face of so many cells.
_CELLS = 6


def snapshot(image: NDArray[np.uint8], xyxy: tuple[float, float, float, float], *, blur: bool) -> bytes | None:
    """A JPEG of a face with some of what is around it.

    Args:
        image: BGR uint8 (H, W, 3).
        xyxy: The face: left, top, right, bottom in pixels.
        blur: Make whatever it shows unrecognisable.

    Returns:
        At most 160 pixels on a side; None where the face lies outside the picture.
    """
    x1, y1, x2, y2 = xyxy
    dx, dy = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
    crop = _cut(image, (x1 - dx, y1 - dy, x2 + dx, y2 + dy))
    if not crop.size:
        return None
    if blur:
        crop = _coarse(crop, round(_CELLS * (1 + 2 * _MARGIN)))
    scale = min(1.0, _LONGEST_SIDE / max(crop.shape[:2]))
    size = [max(1, round(side * scale)) for side in crop.shape[1::-1]]
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes() if done else None


def blur_faces(image: NDArray[np.uint8], xyxy: NDArray[np.float32]) -> None:
    """Make faces unrecognisable.

    Args:
        image: BGR uint8 (H, W, 3), changed in place.
        xyxy: float32 (N, 4), in pixels.
    """
    for box in xyxy.tolist():
        face = _cut(image, box)
        if face.size:
            face[:] = _coarse(face, _CELLS)


def _cut(image: NDArray[np.uint8], box: tuple[float, ...] | list[float]) -> NDArray[np.uint8]:
    """A view of the part of a picture that lies in a box."""
    height, width = image.shape[:2]
    left, top = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    right, bottom = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    return image[top : max(top, bottom), left : max(left, right)]


def _coarse(crop: NDArray[np.uint8], cells: int) -> NDArray[np.uint8]:
    """Average a picture over cells and smooth it. The details within a cell cannot be restored."""
    height, width = crop.shape[:2]
    few = [max(1, min(side, round(cells * side / max(height, width)))) for side in (width, height)]
    averaged = cv2.resize(crop, few, interpolation=cv2.INTER_AREA)
    return cv2.resize(averaged, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8)
