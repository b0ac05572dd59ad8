"""Comparing two pictures: what speaks for both showing the same scene.

1. A zoom, shift and slight turn is searched that maps most features of one picture to features of the other.
2. The pair is one scene if these features are spread over the picture, and brightness agrees where the pictures
   overlap. Two pictures of one person in different rooms fail here: their features lie on the face only.
"""

from dataclasses import dataclass

import numpy as np

from converters.signature import SIDE, THUMBNAIL, Signature

_MATCH_BITS = 64  # two descriptors with at most so many differing bits, of 256, may match
_MIN_MATCHES, _MAX_MATCHES = 10, 48
_MIN_BASE = 0.08  # two matches closer than this (in picture sides) say too little about zoom and turn
_ZOOM = 2.5  # largest change of size, either way
_TURN = 0.35  # largest turn, in radians
_TOLERANCE = 0.02  # distance, in picture sides, up to which a feature counts as carried onto its match
_GRID = 8  # cells a side in which the spread of features is counted
_AGREEING_LEVELS = 32  # by which agreeing thumbnails may differ in a place
_MIN_OVERLAP = 20  # thumbnail pixels
_ALIKE_LEVELS = 16  # levels by which the thumbnails of copies may differ


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that two pictures show the same scene.

    Attributes:
        matches: Features that one zoom, shift and turn carries onto their match.
        spread: Cells of an 8 x 8 grid that those features lie in: the smaller number of the two pictures.
        agreement: Share of the overlap in which light and dark agree, 0 to 1.
    """

    matches: int
    spread: int
    agreement: float

    @property
    def same_scene(self) -> bool:
        """Whether the evidence is enough. docs/convert.md says how the limits were found."""
        if self.spread >= 12 and self.matches >= 24:
            return self.agreement >= 0.4
        return self.spread >= 5 and self.matches >= _MIN_MATCHES and self.agreement >= 0.65


def compare(a: Signature, b: Signature) -> Evidence:
    """Find the zoom, shift and turn that carries one picture onto the other, and measure what agrees under it."""
    points_a, points_b = _matched_points(a, b)
    if len(points_a) < _MIN_MATCHES:
        return Evidence(0, 0, 0.0)
    motion = _best_motion(points_a, points_b)
    if motion is None:
        return Evidence(0, 0, 0.0)
    factor, shift = motion
    fits = abs(factor * points_a + shift - points_b) < _TOLERANCE
    spread = min(_cells(points_a[fits]), _cells(points_b[fits]))
    return Evidence(int(fits.sum()), spread, _agreement(a.thumbnail, b.thumbnail, factor, shift))


def nearly_identical(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two thumbnails, uint8 (height, width), have one size and differ by few levels everywhere."""
    return a.shape == b.shape and int(np.abs(a.astype(np.int16) - b).max()) <= _ALIKE_LEVELS


def _matched_points(a: Signature, b: Signature) -> tuple[np.ndarray, np.ndarray]:
    """Positions, as complex x + iy in picture sides, of the features that are each other's nearest; best first."""
    if not len(a.points) or not len(b.points):
        return np.zeros(0, np.complex128), np.zeros(0, np.complex128)
    words_a, words_b = a.descriptors.view(np.uint64), b.descriptors.view(np.uint64)
    bits = np.zeros((len(words_a), len(words_b)), np.uint16)
    for word in range(4):
        bits += np.bitwise_count(words_a[:, word, None] ^ words_b[:, word])
    nearest = bits.argmin(axis=1)
    distance = bits[np.arange(len(nearest)), nearest]
    mutual = (bits.argmin(axis=0)[nearest] == np.arange(len(nearest))) & (distance <= _MATCH_BITS)
    best = mutual.nonzero()[0]
    best = best[np.argsort(distance[best], kind="stable")][:_MAX_MATCHES]
    return _complex(a.points[best]), _complex(b.points[nearest[best]])


def _complex(points: np.ndarray) -> np.ndarray:
    scaled = points.astype(np.float64) / SIDE
    return scaled[:, 0] + 1j * scaled[:, 1]


def _best_motion(a: np.ndarray, b: np.ndarray) -> tuple[complex, complex] | None:
    """Factor and shift of the motion b = factor * a + shift that most matches fit. Any two matches propose one."""
    first, second = np.triu_indices(len(a), 1)
    base = a[first] - a[second]
    far = abs(base) > _MIN_BASE
    first, second, base = first[far], second[far], base[far]
    factors = (b[first] - b[second]) / base
    sizes = abs(factors)
    sane = (sizes > 1 / _ZOOM) & (sizes < _ZOOM) & (abs(np.angle(factors)) < _TURN)
    factors, first = factors[sane], first[sane]
    if not len(factors):
        return None
    shifts = b[first] - factors * a[first]
    fits = (abs(factors[:, None] * a + shifts[:, None] - b) < _TOLERANCE).sum(axis=1)
    best = int(fits.argmax())
    return complex(factors[best]), complex(shifts[best])


def _cells(points: np.ndarray) -> int:
    return len(np.unique((points.real * _GRID).astype(int) * _GRID + (points.imag * _GRID).astype(int)))


def _agreement(a: np.ndarray, b: np.ndarray, factor: complex, shift: complex) -> float:
    """The share of the overlap of both thumbnails, after the motion, in which brightness agrees."""
    rows, columns = np.indices(b.shape)
    seen = ((columns + 0.5 + 1j * (rows + 0.5)) / THUMBNAIL - shift) / factor * THUMBNAIL
    x, y = np.floor(seen.real).astype(int), np.floor(seen.imag).astype(int)
    both = (x >= 0) & (y >= 0) & (x < a.shape[1]) & (y < a.shape[0])
    if both.sum() < _MIN_OVERLAP:
        return 0.0
    difference = np.abs(a[y[both], x[both]].astype(np.int16) - b[both])
    return float((difference < _AGREEING_LEVELS).mean())
