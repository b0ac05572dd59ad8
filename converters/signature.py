"""Local features and a thumbnail of each picture, by which pictures of the same scene are found."""

import hashlib
import threading
from collections.abc import Iterator
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


_RECORD = np.dtype(
    [
        ("descriptors", np.uint8, (FEATURES, 32)),
        ("points", np.uint8, (FEATURES, 2)),
        ("thumbnail", np.uint8, (THUMBNAIL, THUMBNAIL)),
        ("count", np.uint16),
        ("size", np.uint8, 2),
    ]
)
_BLOCK = 256  # pictures that are read at a time


class SignatureStore:
    """Signatures of all pictures, kept in a file so that memory does not grow with their number (16 bytes for each).

    Args:
        folder: An empty folder for the file, and for other files that are needed while scenes are compared. The caller
            removes it.
        count: Number of pictures.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self._path = folder / "signatures"
        self._digests = np.zeros((count, 2), np.uint64)
        self._lock = threading.Lock()
        self._file = self._path.open("w+b", buffering=0)
        self._file.truncate(count * _RECORD.itemsize)

    def __enter__(self) -> "SignatureStore":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._digests)

    def __setitem__(self, index: int, signature: Signature) -> None:
        record = np.zeros((), _RECORD)
        count = len(signature.points)
        height, width = signature.thumbnail.shape
        record["count"], record["size"] = count, (height, width)
        record["points"][:count] = signature.points
        record["descriptors"][:count] = signature.descriptors
        record["thumbnail"][:height, :width] = signature.thumbnail
        data = record.tobytes()
        self._digests[index] = np.frombuffer(hashlib.blake2b(data, digest_size=16).digest(), np.uint64)
        with self._lock:
            self._file.seek(index * _RECORD.itemsize)
            self._file.write(data)

    def __getitem__(self, index: int) -> Signature:
        with self._lock:
            self._file.seek(index * _RECORD.itemsize)
            data = self._file.read(_RECORD.itemsize)
        return _signature(np.frombuffer(data, _RECORD)[0])

    def blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Read all signatures, a block of pictures at a time.

        Yields:
            The position of the first one, and records with the fields `descriptors`, `points`, `thumbnail`, `count` and
            `size`; `count` and `size` are 0 for positions that were never filled.
        """
        for start in range(0, len(self), _BLOCK):
            offset, count = start * _RECORD.itemsize, min(_BLOCK, len(self) - start)
            yield start, np.fromfile(self._path, _RECORD, count, offset=offset)

    def firsts(self) -> np.ndarray:
        """For each picture the position of the first one with exactly the same signature; often its own.

        Returns:
            (pictures,) int64. Positions that were never filled stand for themselves.
        """
        order = np.lexsort((np.arange(len(self)), self._digests[:, 1], self._digests[:, 0]))
        digests = self._digests[order]
        new = np.append(True, (digests[1:] != digests[:-1]).any(axis=1)) | ~digests.any(axis=1)
        firsts = np.empty(len(self), np.int64)
        firsts[order] = order[new][np.cumsum(new) - 1]
        return firsts


def _signature(record: np.void) -> Signature:
    count = record["count"]
    height, width = record["size"]
    return Signature(record["points"][:count], record["descriptors"][:count], record["thumbnail"][:height, :width])


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    import cv2

    height, width = image.shape
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


def _orb() -> Any:
    import cv2

    return cv2.ORB.create(FEATURES, scaleFactor=1.4, nlevels=3, fastThreshold=10)
