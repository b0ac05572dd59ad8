"""Decodes every picture once before the first epoch, so that a damaged one does not end the training."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from converters.annotation import AnnotatedImage
from converters.parallel import in_threads
from converters.pictures import decode_small
from converters.problems import Problems
from detector.device import available_cores
from detector.errors import MaskDetectorError
from detector.files import writing
from detector.libraries import import_ultralytics, silent_opencv

_Known = dict[str, list[Any]]


class Decoding:
    """Decodes pictures, leaves out those that are damaged, and remembers which were decoded.

    Args:
        memory: A file that `remember` wrote. Pictures that it names are decoded again only if they have changed since.
        on_picture: Called with (pictures decoded, pictures in all).
    """

    def __init__(
        self, memory: Path | None = None, on_picture: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        self._known = _read(memory) if memory else _Known()
        self._on_picture = on_picture

    def intact(self, images: Sequence[AnnotatedImage], problems: Problems) -> list[AnnotatedImage]:
        """Decode pictures with the function that training reads them with.

        Args:
            images: The pictures.
            problems: Where damaged ones are recorded.

        Returns:
            The others.
        """
        import_ultralytics()
        kept = []
        with silent_opencv():
            checks = in_threads(partial(_check, known=self._known), images, workers=available_cores())
            for number, (image, entry) in enumerate(zip(images, checks, strict=True), start=1):
                self._known[str(image.path)] = entry
                if entry[-1]:
                    problems.left_out("damaged picture", image.path, entry[-1])
                else:
                    kept.append(image)
                self._on_picture(number, len(images))
        return kept

    def remember(self, memory: Path) -> None:
        """Write a JSON file: for each path the size and time of the file, and what is wrong with it."""
        with writing(memory) as temporary:
            temporary.write_text(json.dumps(self._known), encoding="utf-8")


def remembered_sizes(memory: Path) -> dict[str, int]:
    """The size in bytes of each picture that a training remembers; see `Decoding.remember`."""
    return {path: size for path, (size, _, _) in _read(memory).items() if size}


def _read(memory: Path) -> _Known:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or another program's
        return {}
    return {path: entry for path, entry in known.items() if _is_entry(entry)} if isinstance(known, dict) else {}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, list) and [type(value) for value in entry] == [int, int, str]


def _check(image: AnnotatedImage, known: _Known) -> list[Any]:
    """Size and time of the file, and what is wrong with the picture: "" for nothing."""
    try:
        status = image.path.stat()
    except OSError as error:
        return [0, 0, error.strerror or str(error)]
    stamp = [status.st_size, status.st_mtime_ns]
    before = known.get(str(image.path), [])
    return before if before[:2] == stamp else [*stamp, _damage(image)]


def _damage(image: AnnotatedImage) -> str:
    import cv2
    from ultralytics.utils.patches import imread

    try:
        decode_small(image.path, side=1)  # stricter: some releases of OpenCV show half of a picture that was cut short
        pixels = imread(str(image.path))
    except MaskDetectorError as error:
        return error.found
    except (cv2.error, OSError, ValueError, ModuleNotFoundError) as error:
        return " ".join(str(error).split())[:200]
    if pixels is None:
        return "cannot be decoded by OpenCV, with which training reads pictures"
    size = pixels.shape[1], pixels.shape[0]
    if size != image.size and image.size:
        return f"{size[0]} x {size[1]} pixels, where its header says {image.size[0]} x {image.size[1]}"
    return ""
