"""Makes faces unrecognisable."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.labels import WITH_MASK
from detector.errors import OptionError
from detector.media.drawing import DrawableFace

BLURS = ("faces", "bare", "none")
"""Which faces are blurred: all, those that do not wear their mask correctly, or none."""

_MARGIN = 0.1  # of the box, on each side: hair and ears
_SMALLEST_CELL = 3  # pixels
_CELLS = 6  # across the face; with these nobody is recognised, and the original cannot be computed


def check_blur(blur: str) -> str:
    """Refuse what is not one of `BLURS`.

    Raises:
        OptionError: It is something else.
    """
    if blur not in BLURS:
        raise OptionError("blur", repr(blur), " or ".join(BLURS))
    return blur


def blur_faces(image: NDArray[np.uint8], faces: Iterable[DrawableFace], blur: str) -> NDArray[np.uint8]:
    """Blur faces.

    Args:
        image: BGR uint8 (H, W, 3). It is left as it is.
        faces: What was found in it.
        blur: One of `BLURS`.

    Returns:
        A copy; the image itself if there is nothing to blur.
    """
    hidden = [face for face in faces if blur == "faces" or (blur == "bare" and face.label != WITH_MASK)]
    if not hidden:
        return image
    canvas = image.copy()
    for face in hidden:
        _blur(canvas, face.xyxy)
    return canvas


def _blur(canvas: NDArray[np.uint8], xyxy: tuple[float, float, float, float]) -> None:
    x1, y1, x2, y2 = xyxy
    margin_x, margin_y = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
    left, top = max(int(x1 - margin_x), 0), max(int(y1 - margin_y), 0)
    face = canvas[top : max(round(y2 + margin_y), 0), left : max(round(x2 + margin_x), 0)]
    if face.size == 0:
        return
    height, width = face.shape[:2]
    columns, rows = (max(min(_CELLS, side // _SMALLEST_CELL), 1) for side in (width, height))
    small = cv2.resize(face, (columns, rows), interpolation=cv2.INTER_AREA)
    face[:] = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
