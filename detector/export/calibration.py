"""The pictures that a network is quantised with: training pictures for value ranges, validation pictures for AP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.formats.yolo import DatasetYaml, load_dataset_yaml, split_images
from converters.problems import Problems
from detector.errors import CalibrationError, SourceError
from detector.evaluation.ground_truth import GroundTruth, load_ground_truth
from detector.media.images import read_image
from detector.model.letterbox import Letterbox

SEED = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """The pictures of a dataset that a network is quantised with.

    Attributes:
        dataset: Where they come from.
        training: All training pictures, in the order in which they are used; unreadable ones are skipped.
        limit: At most so many training pictures are used.
        truth: The annotated validation pictures; None where the dataset has none.
        problems: Receives what could not be used.
    """

    dataset: DatasetYaml
    training: tuple[Path, ...]
    limit: int
    truth: GroundTruth | None
    problems: Problems


def load_calibration(data: Path, limit: int) -> Calibration:
    """Read what a dataset offers for quantisation; pictures are opened when they are needed.

    Args:
        data: The yaml of any ultralytics detection dataset.
        limit: At most so many training pictures are used.

    Raises:
        MaskDetectorError: It cannot be read, or has no training pictures.
    """
    dataset, problems = load_dataset_yaml(data), Problems()
    training = split_images(dataset, "train")
    order = np.random.default_rng(SEED).permutation(len(training))
    truth = load_ground_truth(dataset, "val", problems) if "val" in dataset.splits else None
    if truth is not None and not any(len(image.xyxy) for image in truth.images):
        truth = None
    return Calibration(dataset, tuple(training[index] for index in order), limit, truth, problems)


class TrainingInputs:
    """Training pictures as inputs of the network, read from disk in each iteration.

    Args:
        calibration: The pictures.
        imgsz: Their longer side in the input, in pixels.
        stride: The stride of the network.
        on_image: Called with (pictures done, pictures in all).

    Attributes:
        total: How many pictures are asked for.
        used: How many pictures could be read; known after an iteration.
    """

    def __init__(self, calibration: Calibration, imgsz: int, stride: int, on_image: Callable[[int, int], None]) -> None:
        self._calibration, self._imgsz, self._stride, self._on_image = calibration, imgsz, stride, on_image
        self._unreadable: set[Path] = set()
        self.total = min(calibration.limit, len(calibration.training))
        self.used = 0

    def __iter__(self) -> Iterator[NDArray[np.float32]]:
        """Give float32 (1, 3, height, width), RGB 0 to 1, one for each picture.

        Raises:
            CalibrationError: None of them can be read.
        """
        done = 0
        for path in self._calibration.training:
            if done == self.total:
                return
            if (image := self._read(path)) is not None:
                done += 1
                self.used = max(self.used, done)
                self._on_image(done, self.total)
                yield as_input(image, self._imgsz, self._stride)[1]
        if not done:
            raise CalibrationError(self._calibration.dataset.path, "no readable training picture", "at least one")

    def _read(self, path: Path) -> NDArray[np.uint8] | None:
        if path in self._unreadable:
            return None
        try:
            return read_image(path)
        except SourceError as error:
            self._unreadable.add(path)
            self._calibration.problems.left_out("unreadable picture", path, error.found)
            return None


def as_input(image: NDArray[np.uint8], imgsz: int, stride: int) -> tuple[Letterbox, NDArray[np.float32]]:
    """Letterbox a picture.

    Args:
        image: BGR uint8 (H, W, 3).
        imgsz: The longer side of the input, in pixels.
        stride: The stride of the network.

    Returns:
        The letterbox, and the input: float32 (1, 3, height, width), RGB, 0 to 1.
    """
    letterbox = Letterbox.fit(image.shape[:2], imgsz, stride)
    pixels = letterbox.apply(image)[..., ::-1].transpose(2, 0, 1)
    return letterbox, np.ascontiguousarray(pixels[None] / np.float32(255))
