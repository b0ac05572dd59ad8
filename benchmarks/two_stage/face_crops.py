"""Faces cut from annotated pictures, and the square crops of them that a classifier sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.errors import UsageError
from detector.evaluation.ground_truth import load_ground_truth
from detector.media.images import read_image

SIZE = 96
"""Side of the crops, in pixels."""

_MARGIN = 0.15  # of the longer side of the box, on every side: where a mask ends can lie outside the box
_CONTEXT = 0.75  # the same, kept in training for boxes that are moved
_GREY = 114  # outside the picture


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face cut from its picture with some of what surrounds it.

    Attributes:
        pixels: BGR uint8 (H, W, 3), shrunk where the face is large.
        xyxy: float64 (4,), the box in these pixels.
        class_id: What it is; -1 where that is not known.
    """

    pixels: NDArray[np.uint8]
    xyxy: NDArray[np.float64]
    class_id: int = -1


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far training crops are changed; standard deviations, or the ends of a range around 0.

    Attributes:
        shift: Of the centre, in sides of the crop.
        scale: Of the logarithm of the side.
        aspect: Of the logarithm of width over height.
        angle: Degrees.
        hue: In OpenCV's 180 steps.
        gain: Of saturation and brightness, as fractions.
        coarse: Share of the crops that lose detail, as smaller or worse compressed faces would.
    """

    shift: float = 0.05
    scale: float = 0.12
    aspect: float = 0.06
    angle: float = 12
    hue: float = 4
    gain: float = 0.35
    coarse: float = 0.5


def read_faces(data: Path, split: str, names: Sequence[str] | None = None) -> list[Face]:
    """Cut every annotated face out of one split of a YOLO dataset.

    Args:
        data: The dataset's yaml.
        split: "train", "val" or "test".
        names: The classes that it must have, in their order; None for any.

    Raises:
        UsageError: It has other classes.
        DatasetError: The dataset cannot be read, or has no such split.
        SourceError: A picture cannot be read.
    """
    dataset = load_dataset_yaml(data)
    if names is not None and tuple(names) != dataset.names:
        raise UsageError(data, f"the classes {', '.join(dataset.names)}", ", ".join(names))
    truth = load_ground_truth(dataset, split, Problems())
    return [
        cut_face(picture, box, int(class_id))
        for image in truth.images
        if len(image.xyxy)
        for picture in [read_image(image.path)]
        for box, class_id in zip(image.xyxy, image.class_id, strict=True)
    ]


def cut_face(image: NDArray[np.uint8], xyxy: NDArray[np.float64], class_id: int = -1) -> Face:
    """Cut out what any crop of a face can need, so that the picture itself can be forgotten.

    Args:
        image: BGR uint8 (H, W, 3).
        xyxy: The box (4,) in its pixels.
        class_id: Kept beside it.
    """
    height, width = image.shape[:2]
    side = max(xyxy[2] - xyxy[0], xyxy[3] - xyxy[1], 1.0)
    centre = (xyxy[:2] + xyxy[2:]) / 2
    reach = (0.5 + _CONTEXT) * side
    left, top = (int(max(np.floor(value - reach), 0)) for value in centre)
    right, bottom = (int(np.ceil(value + reach)) for value in centre)
    pixels = image[min(top, height - 1) : max(bottom, 1), min(left, width - 1) : max(right, 1)]
    xyxy = xyxy - np.array([min(left, width - 1), min(top, height - 1)] * 2)
    shrink = (1 + 2 * _MARGIN) * side / SIZE
    if shrink > 1.5:  # averaged here, because the warp to the final size picks single pixels
        rows, columns = (max(round(length / shrink), 1) for length in pixels.shape[:2])
        xyxy = xyxy * np.array([columns / pixels.shape[1], rows / pixels.shape[0]] * 2)
        pixels = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return Face(np.ascontiguousarray(pixels), xyxy, class_id)


def crop_face(
    face: Face, augmentation: Augmentation | None = None, rng: np.random.Generator | None = None
) -> NDArray[np.uint8]:
    """The crop that the network sees: a square around the box with a margin.

    Args:
        face: From `cut_face`.
        augmentation: How to change it; None for not at all.
        rng: Where the changes come from.

    Returns:
        BGR uint8 (SIZE, SIZE, 3).
    """
    centre = (face.xyxy[:2] + face.xyxy[2:]) / 2
    side = (1 + 2 * _MARGIN) * max(face.xyxy[2] - face.xyxy[0], face.xyxy[3] - face.xyxy[1], 1.0)
    if augmentation is None or rng is None:
        return _warp(face.pixels, centre, np.eye(2) * (side / SIZE))
    angle = np.deg2rad(rng.uniform(-augmentation.angle, augmentation.angle))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    aspect = np.exp(rng.normal(0, augmentation.aspect) / 2)
    stretch = np.diag([aspect * rng.choice([-1, 1]), 1 / aspect]) * np.exp(rng.normal(0, augmentation.scale))
    centre = centre + rng.normal(0, augmentation.shift, 2) * side
    crop = _warp(face.pixels, centre, rotation @ stretch * (side / SIZE))
    if rng.random() < augmentation.coarse:
        crop = _coarsen(crop, rng)
    return _recolour(crop, augmentation, rng)


def _warp(pixels: NDArray[np.uint8], centre: NDArray[np.float64], to_source: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Sample a square whose pixel offsets from its centre are `to_source` of those in the picture."""
    middle = (SIZE - 1) / 2
    # A pixel's value lies at its middle: half a pixel from the corner that boxes are measured from.
    offset = centre - 0.5 - to_source @ np.array([middle, middle])
    matrix = np.hstack([to_source, offset[:, None]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(pixels, matrix, (SIZE, SIZE), flags=flags, borderValue=(_GREY,) * 3)  # type: ignore[return-value]


def _coarsen(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Give a crop the detail of a smaller face, and sometimes JPEG's traces."""
    side = int(SIZE / np.exp(rng.uniform(0, np.log(6))))
    small = cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))])
        small = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)  # type: ignore[assignment]
    return cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _recolour(crop: NDArray[np.uint8], augmentation: Augmentation, rng: np.random.Generator) -> NDArray[np.uint8]:
    hsv = cv2.cvtColor(crop, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-augmentation.hue, augmentation.hue)) % 180
    hsv[..., 1:] *= 1 + rng.uniform(-augmentation.gain, augmentation.gain, 2)
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)  # type: ignore[return-value]
