"""Pictures and annotation files as text, for the tests of the converters."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

Boxes = Sequence[tuple[str, object, object, object, object]]


def draw_scene(seed: int, width: int = 320, height: int = 240) -> np.ndarray:
    """A picture full of shapes, another one for each seed: BGR uint8."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 3), random.integers(60, 200, 3), np.uint8)
    for _ in range(70):
        x, y = random.integers(0, width), random.integers(0, height)
        w, h = random.integers(6, 50, 2)
        colour = tuple(int(value) for value in random.integers(0, 255, 3))
        if random.random() < 0.5:
            cv2.rectangle(picture, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
        else:
            cv2.circle(picture, (int(x), int(y)), int(w // 2), colour, -1)
    return picture


def write_set(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files by their names below a folder, and return it: pictures of 200 x 100 pixels, and texts."""
    for number, (name, text) in enumerate(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".jpg", ".png"):
            cv2.imwrite(str(path), draw_scene(number, 200, 100))
        else:
            path.write_text(text, encoding="utf-8")
    return folder


def voc_xml(name: str, boxes: Boxes, size: tuple[object, object] | None = (320, 240)) -> str:
    objects = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
        "</bndbox></object>"
        for label, x1, y1, x2, y2 in boxes
    )
    stated = f"<size><width>{size[0]}</width><height>{size[1]}</height><depth>3</depth></size>" if size else ""
    return f"<annotation><filename>{name}</filename>{stated}{objects}</annotation>"


def draw_picture(path: Path, width: int = 320, height: int = 240, seed: int = 0) -> None:
    """Write a picture of shapes, with the folders on the way to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(path.suffix, draw_scene(seed, width, height))
    assert ok
    path.write_bytes(data.tobytes())
