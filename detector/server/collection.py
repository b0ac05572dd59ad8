"""`--collect`: corrected pictures as a YOLO dataset to train on, with what the network said beside it."""

import hashlib
import json
import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import OptionError, OutputError, UsageError
from detector.files import make_folder, writing
from detector.inference.outputs.labels import label_lines
from detector.media.sources import Frame, Source

_DATA, _PREDICTIONS = "data.yaml", "predictions"
_MARK = "# Collected by detector serve."
_SPLITS = ("train", "val")
_EACH_VAL = 5  # one picture of so many is for validation
_QUALITY = 95
_MOST_FACES = 1000
_SMALLEST = 1.0  # pixels


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved.

    Attributes:
        picture: Its file, below the folder.
        split: "train" or "val".
        count: How many pictures the dataset has now.
    """

    picture: str
    split: str
    count: int


class Collection:
    """The dataset of a server.

    Args:
        folder: A new or empty folder, or a collection of the same classes, which is gone on with.
        names: Class names by class id.

    Raises:
        UsageError: The folder holds something else, or cannot be written to.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self._folder, self._names = folder, names
        self._lock = threading.Lock()
        make_folder(folder)
        if any(folder.iterdir()):
            self._check()

    def save(self, image: NDArray[np.uint8], faces: Detections, predicted: Detections, weights: str) -> Saved:
        """Save a picture with its corrected faces; a picture that was saved before is replaced.

        Args:
            image: BGR uint8 (H, W, 3), upright. Written as JPEG, without the metadata of the upload.
            faces: The corrected faces.
            predicted: What the network said.
            weights: The name of the network.

        Raises:
            OutputError: It cannot be written.
        """
        name = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()[:16]
        with self._lock:
            split = self._split_of(name)
            picture = self._folder / "images" / split / f"{name}.jpg"
            said = {"weights": weights, "faces": predicted.to_dicts()}
            frame = Frame(image, Source(name, "image", PurePath(name)))
            try:
                _write(self._folder / _PREDICTIONS / split / f"{name}.json", json.dumps(said, indent=1).encode())
                _write(self._folder / "labels" / split / f"{name}.txt", label_lines(frame, faces).encode())
                _write(picture, cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
                _write(self._folder / _DATA, self._data_yaml().encode())
            except OSError as error:
                raise OutputError("collection", f"not writable ({error.strerror})", "room on the disk") from error
            count = sum(len(self._pictures(each)) for each in _SPLITS)
        return Saved(picture.relative_to(self._folder).as_posix(), split, count)

    def _split_of(self, name: str) -> str:
        """A picture stays in its split; the first two fill both, and later ones are divided by their content."""
        for split in _SPLITS:
            if (self._folder / "images" / split / f"{name}.jpg").exists():
                return split
        for split in _SPLITS:
            if not self._pictures(split):
                return split
        return "val" if int(name, 16) % _EACH_VAL == 0 else "train"

    def _pictures(self, split: str) -> list[Path]:
        return list((self._folder / "images" / split).glob("*.jpg"))

    def _data_yaml(self) -> str:
        # The only picture is both trained and validated on, so that the dataset can be used from the first one on.
        val = "val" if self._pictures("val") else "train"
        names = "".join(f"  {i}: {json.dumps(name)}\n" for i, name in enumerate(self._names))
        return f"{_MARK}\ntrain: images/train\nval: images/{val}\nnames:\n{names}"

    def _check(self) -> None:
        from converters.formats.yolo import load_dataset_yaml

        path = self._folder / _DATA
        if not path.is_file() or not path.read_text(encoding="utf-8", errors="replace").startswith(_MARK):
            raise UsageError(self._folder, "a folder with other files in it", "a new or empty folder to collect in")
        names = tuple(load_dataset_yaml(path).names)
        if names != self._names:
            raise UsageError(path, f"classes {list(names)}", f"those of the network: {list(self._names)}")


def corrected_faces(given: Any, names: tuple[str, ...], shape: tuple[int, int]) -> Detections:
    """The faces that a client sent, checked.

    Args:
        given: A list of objects with `label` and `xyxy`, as JSON gave it.
        names: Class names by class id.
        shape: Height and width of the picture; boxes are cut off at its edges.

    Raises:
        OptionError: It is something else.
    """
    expected = f"a list of objects with `label` and `xyxy`, four numbers in pixels; at most {_MOST_FACES}"
    if not isinstance(given, list) or len(given) > _MOST_FACES:
        raise OptionError("faces", repr(given)[:100], expected)
    boxes, class_ids = [], []
    for i, face in enumerate(given):
        if not isinstance(face, dict) or face.get("label") not in names:
            raise OptionError(f"faces[{i}]", repr(face)[:100], f"a label: {', '.join(names)}")
        boxes.append(_box(face.get("xyxy"), f"faces[{i}].xyxy", shape))
        class_ids.append(names.index(face["label"]))
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.ones(len(boxes), np.float32), np.array(class_ids, np.int64), names=names)


def _box(given: Any, subject: str, shape: tuple[int, int]) -> Sequence[float]:
    is_box = isinstance(given, list) and len(given) == 4 and all(_is_number(value) for value in given)
    if not is_box:
        raise OptionError(subject, repr(given)[:100], "four numbers: left, top, right, bottom in pixels")
    height, width = shape
    x1, y1, x2, y2 = (min(max(float(v), 0.0), float(most)) for v, most in zip(given, [width, height] * 2, strict=True))
    if x2 - x1 < _SMALLEST or y2 - y1 < _SMALLEST:
        raise OptionError(subject, repr(given)[:100], f"a box with at least {_SMALLEST:g} pixel in {width} x {height}")
    return x1, y1, x2, y2


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with writing(path) as temporary:
        temporary.write_bytes(content)
