"""Pictures with what each contestant made of them, side by side."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import OutputError
from detector.evaluation.working_point import FaceOutcome, ImageOutcome
from detector.files import writing
from detector.media.images import read_image

_WIDTH, _MAX_HEIGHT, _CAPTION = 520, 520, 26
_RIGHT, _MISTAKEN, _MISSED, _FALSE = (79, 191, 47), (0, 165, 255), (242, 61, 255), (48, 48, 235)  # BGR


def draw_side_by_side(target: Path, outcomes: dict[str, Sequence[ImageOutcome]], rows: int = 12) -> None:
    """Draw the pictures on which the contestants differ most: green right, orange wrong label, pink missed, red false.

    Args:
        target: The JPEG to write.
        outcomes: Of each contestant, on the same pictures in the same order.
        rows: Pictures.

    Raises:
        OutputError: The file cannot be written.
    """
    mistakes = np.array([[image.mistakes for image in images] for images in outcomes.values()])
    chosen = np.argsort(-np.ptp(mistakes, axis=0), kind="stable")[:rows]
    sheet = np.vstack([np.hstack([_tile(name, images[i]) for name, images in outcomes.items()]) for i in chosen])
    written, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 88])
    if not written:
        raise OutputError(target, f"a sheet of {sheet.shape[1]} x {sheet.shape[0]} pixels", "one that fits a JPEG")
    with writing(target) as path:
        path.write_bytes(jpeg.tobytes())


def _tile(name: str, image: ImageOutcome) -> NDArray[np.uint8]:
    picture = read_image(image.image.path)
    scale = min(_WIDTH / picture.shape[1], _MAX_HEIGHT / picture.shape[0])
    width, height = (round(side * scale) for side in picture.shape[1::-1])
    tile = np.full((height + _CAPTION, _WIDTH, 3), 32, np.uint8)
    tile[_CAPTION:, :width] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
    for outcome in sorted(image.outcomes, key=lambda outcome: not outcome.right):  # mistakes on top
        box = np.array(outcome.found or outcome.face) * scale + [0, _CAPTION, 0, _CAPTION]
        x1, y1, x2, y2 = np.round(box).astype(int).tolist()
        cv2.rectangle(tile, (x1, y1), (x2, y2), _colour(outcome), 2)
    text = f"{name}: {image.mistakes} wrong ({image.image.file_name})"
    cv2.putText(tile, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return tile


def _colour(outcome: FaceOutcome) -> tuple[int, int, int]:
    if outcome.right:
        return _RIGHT
    if outcome.found is None:
        return _MISSED
    return _FALSE if outcome.face is None else _MISTAKEN
