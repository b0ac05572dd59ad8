"""Pictures whose faces a detector of the tests reads off, cameras that send them, and configurations to watch them."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from detector.detections import CLASS_NAMES, Detections
from detector.monitor.config.watch import WatchConfig
from watch_parts.mjpeg import MjpegServer

LETTERS = {"m": 0, "w": 1, "i": 2}
_SIDE = 40


def scene(faces: str = "", size: tuple[int, int] = (120, 240)) -> np.ndarray:
    """A grey picture with a patch for every letter, from left to right: m(ask), w(ithout), i(ncorrect), or a gap."""
    image = np.full((*size, 3), 60, np.uint8)
    for place, letter in enumerate(faces):
        if letter in LETTERS:
            left = 10 + place * (_SIDE + 10)
            image[30 : 30 + _SIDE, left : left + _SIDE] = 120 + 50 * LETTERS[letter]
    return image


class SceneDetector:
    """Stands in for `Detector`: finds the patches of `scene`."""

    names = CLASS_NAMES

    def predict(self, image: Any) -> Any:
        if isinstance(image, list):
            return [self.predict(each) for each in image]
        boxes, classes = [], []
        for place in range((image.shape[1] - 10) // (_SIDE + 10)):
            left = 10 + place * (_SIDE + 10)
            value = int(image[50, left + _SIDE // 2].mean())
            if value > 95:
                boxes.append((left, 30, left + _SIDE, 30 + _SIDE))
                classes.append(min(2, round((value - 120) / 50)))
        return Detections(np.array(boxes).reshape(-1, 4), np.full(len(boxes), 0.9), np.array(classes, np.int64))

    def predict_changed(self, image: Any, before: Detections, changed: Any, *, many: bool = False) -> Any:
        return self.predict([image])[0] if many else self.predict(image)


def jpeg(image: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", image)[1].tobytes()


@contextlib.contextmanager
def served(*images: np.ndarray, fps: float = 50) -> Iterator[MjpegServer]:
    server = MjpegServer([jpeg(image) for image in images], fps)
    try:
        yield server
    finally:
        server.close()


def watching(folder: Path, cameras: Sequence[dict[str, Any]], **sections: Any) -> WatchConfig:
    store = {"url": f"sqlite:///{folder / 'events.db'}"} | sections.pop("store", {})
    votes = {"first_seconds": 0.1, "change_seconds": 0.4, "gap_seconds": 1, "min_fps": 0} | sections.pop("votes", {})
    return WatchConfig.model_validate({"cameras": list(cameras), "store": store, "votes": votes, **sections})
