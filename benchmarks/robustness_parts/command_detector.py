"""Any program as a detector: it reads paths of pictures, one a line, and answers each with a line of JSON."""

import json
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.labels import CLASS_NAMES
from detector.detections import Detections


class CommandDetector:
    """A running program behind the methods of `Detector` that the measurements use.

    The program prints `{"name": ..., "imgsz": ...}` when it is ready. Then it reads a path a line, and prints
    `{"xyxy": [[x1, y1, x2, y2], ...], "confidence": [...], "class_id": [...]}` for each, in pixels.

    Args:
        command: The program and its arguments, as a shell takes them.
    """

    batch_size = 1

    def __init__(self, command: str) -> None:
        self._command, self._folder = command, tempfile.TemporaryDirectory()
        self._process = subprocess.Popen(
            shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        ready = self._answer()
        self.weights, self.imgsz = str(ready["name"]), ready.get("imgsz")

    def predict(self, images: Sequence[NDArray[np.uint8]]) -> list[Detections]:
        """The faces of BGR uint8 images (H, W, 3), best first."""
        return [self._predict(image) for image in images]

    def _predict(self, image: NDArray[np.uint8]) -> Detections:
        path = Path(self._folder.name) / "image.png"
        cv2.imwrite(str(path), image)
        assert self._process.stdin
        self._process.stdin.write(f"{path}\n")
        found = self._answer()
        order = np.argsort(-np.asarray(found["confidence"], np.float32), kind="stable")
        return Detections(
            np.asarray(found["xyxy"], np.float32).reshape(-1, 4)[order],
            np.asarray(found["confidence"], np.float32)[order],
            np.asarray(found["class_id"], np.int64)[order],
            None,
            CLASS_NAMES,
        )

    def _answer(self) -> dict[str, list[float]]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._command} ended")
        answer: dict[str, list[float]] = json.loads(line)
        return answer

    def __enter__(self) -> "CommandDetector":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        self._folder.cleanup()
