"""Local features and a thumbnail of each picture, by which pictures of the same scene are found."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 184  # pixels of the longer side on which features are found; coordinates fit a byte
FEATURES = 256  # features kept for a picture at most
THUMBNAIL = 24  # pixels of the longer side of the thumbnail


@dataclass(frozen=True, slots=True)
class Signature:
    """One picture's local features and thumbnail.

    Attributes:
        points: (N, 2) uint8, x and y of the features in a picture whose longer side is SIDE.
        descriptors: (N, 32) uint8, ORB descriptors, 256 bits each.
        thumbnail: (height, width) uint8, grey, longer side THUMBNAIL.
    """

    points: np.ndarray
    descriptors: np.ndarray
    thumbnail: np.ndarray


def describe(image: np.ndarray) -> Signature:
    """Compute a picture's signature.

    Args:
        image: HxW uint8, grey, of any size.

    Returns:
        The signature; a picture without any texture has no features.
    """
    import cv2

    keypoints, descriptors = _orb().detectAndCompute(_resized(image, SIDE), None)
    points = np.array(cv2.KeyPoint.convert(keypoints[:FEATURES]), np.float32).reshape(-1, 2)
    if descriptors is None:
        descriptors = np.zeros((0, 32), np.uint8)
    return Signature(points.round().astype(np.uint8), descriptors[:FEATURES], _resized(image, THUMBNAIL))


class SignatureStore:
    """Signatures of all pictures, kept in files so that memory does not grow with their number.

    Args:
        folder: An empty folder for the files. The caller removes it.
        count: Number of pictures.
    """

    def __init__(self, folder: Path, count: int) -> None:
        def array(name: str, *shape: int) -> np.ndarray:
            path = folder / f"{name}.npy"
            mapped = np.lib.format.open_memmap(path, "w+", np.uint8, (count, *shape))
            _reserve(path)
            return np.asarray(mapped)

        self.counts = np.zeros(count, np.int64)
        self._points = array("points", FEATURES, 2)
        self._descriptors = array("descriptors", FEATURES, 32)
        self._thumbnails = array("thumbnails", THUMBNAIL, THUMBNAIL)
        self._sizes = np.zeros((count, 2), np.uint8)

    def __len__(self) -> int:
        return len(self.counts)

    def __setitem__(self, index: int, signature: Signature) -> None:
        count = len(signature.points)
        height, width = signature.thumbnail.shape
        self.counts[index] = count
        self._points[index, :count] = signature.points
        self._descriptors[index, :count] = signature.descriptors
        self._thumbnails[index, :height, :width] = signature.thumbnail
        self._sizes[index] = height, width

    def __getitem__(self, index: int) -> Signature:
        count = self.counts[index]
        height, width = self._sizes[index]
        return Signature(
            self._points[index, :count], self._descriptors[index, :count], self._thumbnails[index, :height, :width]
        )

    def descriptor_words(self) -> np.ndarray:
        """All descriptors as rows of four 64-bit words, (pictures * FEATURES, 4) uint64; unused rows are zero."""
        return self._descriptors.reshape(-1, 32).view(np.uint64)


def _reserve(path: Path) -> None:
    """Reserve a file's space on the disk. Otherwise a full disk ends the program when it writes to the mapped file."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    import cv2

    height, width = image.shape
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _orb() -> Any:
    import cv2

    return cv2.ORB.create(FEATURES, scaleFactor=1.4, nlevels=3, fastThreshold=10)
