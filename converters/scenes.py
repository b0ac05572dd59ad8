"""Finding pictures of the same scene: copies, re-encodings, crops, zooms and shifts of one photo, and shots in a row.

There are three steps:

1. Local features (ORB) propose pairs of pictures, so that not all pairs have to be compared. Two features are compared
   where some bytes of their descriptors are equal.
2. For a proposed pair, a zoom, shift and slight turn is searched that maps most features of one picture to features of
   the other.
3. The pair is one scene if these features are spread over the picture, and brightness agrees where the pictures
   overlap. Two pictures of one person in different rooms fail here: their features lie on the face only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from converters.parallel import in_threads
from converters.reading.divided_rows import DividedRows
from converters.signature import FEATURES, SIDE, THUMBNAIL, Signature, SignatureStore

# Proposing pairs
_TABLES = 10  # tables of descriptors sorted by three of their bytes
_NEIGHBOURS = 8  # features compared in a table: bounds the work where many descriptors are alike
_CLOSE_BITS = 50  # two descriptors with at most so many differing bits, of 256, are one feature
_MIN_VOTES = 5  # pairs with at least so many equal features are checked
_MAX_PROPOSALS = 5  # pairs checked for a picture, those with most votes
_CHUNK = 1 << 16  # pairs compared at a time
_BLOCK = 256  # pictures whose votes are counted at a time
_PART = 1 << 19  # features whose neighbours are looked for at a time, 40 bytes each
_ALIKE_BITS = 8  # thumbnails with at most so many differing bits, of 64, are checked

# Checking a pair
_MATCH_BITS = 64
_MIN_MATCHES, _MAX_MATCHES = 10, 48
_MIN_BASE = 0.08  # two matches closer than this (in picture sides) say too little about zoom and turn
_ZOOM = 2.5
_TURN = 0.35  # radians
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


def find_scenes(store: SignatureStore, progress: Callable[[int, int], None] | None = None) -> list[tuple[int, int]]:
    """Find the pairs of pictures that show the same scene.

    Args:
        store: Their signatures; positions that were never filled are in no pair.
        progress: Called with the number of pairs checked and the number of all.

    Returns:
        Pairs (a, b) of positions in the store, a < b, in ascending order.
    """
    firsts = store.firsts()
    copies = np.flatnonzero(firsts != np.arange(len(firsts)))  # they need no comparison, and would be most of the work
    proposals = np.union1d(_proposed_pairs(store, firsts), _alike_pairs(store, firsts))

    def same(code: int) -> bool:
        a, b = (store[index] for index in divmod(code, len(store)))
        return _nearly_identical(a.thumbnail, b.thumbnail) or compare(a, b).same_scene

    found = [(int(firsts[index]), int(index)) for index in copies]
    for number, is_same in enumerate(in_threads(same, map(int, proposals))):
        if is_same:
            found.append(divmod(int(proposals[number]), len(store)))
        if progress:
            progress(number + 1, len(proposals))
    return sorted(found)


def connected_groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Join pairs into groups: whatever is linked, directly or through others, lands in one.

    Args:
        count: Number of pictures.
        pairs: Linked positions.

    Returns:
        Every position in exactly one group; groups and their members in ascending order.
    """
    leader = list(range(count))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for a, b in pairs:
        first, second = sorted((find(a), find(b)))
        leader[second] = first
    groups: dict[int, list[int]] = {}
    for index in range(count):
        groups.setdefault(find(index), []).append(index)
    return list(groups.values())


def pairs_of_kept(pairs: Sequence[tuple[int, int]], position: Mapping[int, int], count: int) -> list[tuple[int, int]]:
    """The pairs of the pictures that are kept. Those of one scene stay together, even if the one that links them goes.

    Args:
        pairs: Pairs of positions in the list of all pictures.
        position: The new position of each picture that is kept.
        count: How many pictures there were.

    Returns:
        Pairs (a, b) of new positions, a < b, in ascending order.
    """
    kept = {(position[a], position[b]) for a, b in pairs if a in position and b in position}
    if len(kept) < len(pairs):
        for group in connected_groups(count, pairs):
            members = [position[index] for index in group if index in position]
            if len(members) < len(group):
                kept.update(pairwise(members))
    return sorted((min(pair), max(pair)) for pair in kept)


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


def _proposed_pairs(store: SignatureStore, firsts: np.ndarray) -> np.ndarray:
    """Pairs of pictures with enough close features, at most a few for each picture, as codes `first * count + second`.

    Everything that grows with the number of features lies on the disk.
    """
    rows = len(store) * FEATURES
    close = DividedRows(store.folder, "close", len(store) // _BLOCK + 1, 1)
    for table, part in _entries_of_tables(store, firsts):
        codes = _close_features(part, rows, table)
        close.add(codes // (rows * FEATURES * _BLOCK), codes.astype(np.uint64)[:, None])
    voted = [_voted_pairs(part[:, 0], rows) for part in close.read()]
    pairs = np.concatenate([np.zeros(0, np.int64), *(pairs for pairs, _ in voted)])
    votes = np.concatenate([np.zeros(0, np.int64), *(votes for _, votes in voted)])
    return _best_for_each(pairs, votes, len(store))


def _entries_of_tables(store: SignatureStore, firsts: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """The features in which neighbours are looked for together: the table, and rows of `_entries`."""
    parts = len(store) * FEATURES // _PART + 1
    whole = [*_entries(store, firsts, 0, parts).read()] if parts == 1 else None
    for table in range(_TABLES):
        for part in _entries(store, firsts, table, parts).read() if whole is None else whole:
            yield table, part


def _entries(store: SignatureStore, firsts: np.ndarray, table: int, parts: int) -> DividedRows:
    """All features, those with three equal bytes in one part: their number, and the four words of their descriptor."""
    entries = DividedRows(store.folder, "entries", parts, 5)
    for start, records in store.blocks():
        positions = np.arange(start, start + len(records))
        used = (np.arange(FEATURES) < records["count"][:, None]) & (firsts[positions] == positions)[:, None]
        numbers = np.flatnonzero(used)
        rows = np.empty((len(numbers), 5), np.uint64)
        rows[:, 0] = numbers + start * FEATURES
        rows[:, 1:] = records["descriptors"][used].view(np.uint64)
        spread = (_keys(rows, table) * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF)) * np.uint64(parts)
        entries.add(spread >> np.uint64(32), rows)
    return entries


def _keys(entries: np.ndarray, table: int) -> np.ndarray:
    """Three bytes of each descriptor as one number."""
    triple = entries.view(np.uint8)[:, 8 + 3 * table : 11 + 3 * table].astype(np.uint64)
    return triple[:, 0] << np.uint64(16) | triple[:, 1] << np.uint64(8) | triple[:, 2]


def _close_features(entries: np.ndarray, rows: int, table: int) -> np.ndarray:
    """Close descriptors of two pictures that share three bytes of 32, as codes `first row * all rows + second row`."""
    # Key and position in one number: sorting it orders the positions within a key, the same way everywhere.
    order = _keys(entries, table) << np.uint64(32) | np.arange(len(entries), dtype=np.uint64)
    order.sort()
    keys, order = order >> np.uint64(32), order.astype(np.uint32)
    numbers = entries[:, 0].astype(np.int64)
    codes = [np.zeros(0, np.int64)]
    for first, second in _equal_neighbours(keys):
        first, second = order[first], order[second]
        a, b = numbers[first], numbers[second]
        bits = np.bitwise_count(entries[first, 1:] ^ entries[second, 1:]).sum(axis=1, dtype=np.int64)
        keep = (bits <= _CLOSE_BITS) & (a // FEATURES != b // FEATURES)
        codes.append(a[keep] * rows + b[keep])
    return np.concatenate(codes)


def _voted_pairs(codes: np.ndarray, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of pictures, as codes, with enough different close features; and how many they are."""
    codes = np.unique(codes.astype(np.int64))
    pairs, votes = np.unique(
        codes // rows // FEATURES * (rows // FEATURES) + codes % rows // FEATURES, return_counts=True
    )
    enough = votes >= _MIN_VOTES
    return pairs[enough], votes[enough]


def _best_for_each(pairs: np.ndarray, votes: np.ndarray, count: int) -> np.ndarray:
    """Choose the pairs with most votes, at most a few for each picture. Pairs are `first picture * count + second`."""
    proposals = [0] * count
    proposed = []
    for code in pairs[np.lexsort((pairs, -votes))]:
        a, b = divmod(int(code), count)
        if min(proposals[a], proposals[b]) < _MAX_PROPOSALS:
            proposals[a] += 1
            proposals[b] += 1
            proposed.append(code)
    return np.array(proposed, np.int64)


def _alike_pairs(store: SignatureStore, firsts: np.ndarray) -> np.ndarray:
    """Pairs with thumbnails of equal gradient signs in one quarter of the grid: finds copies without any texture.

    Returns:
        Codes `first picture * count + second`, some perhaps twice.
    """
    filled, hashes = [], [np.zeros((0, 4), np.uint64)]
    for start, records in store.blocks():
        for index, record in enumerate(records, start):
            if record["size"].all() and firsts[index] == index:
                filled.append(index)
                height, width = record["size"]
                hashes.append(_gradient_bits(np.ascontiguousarray(record["thumbnail"][:height, :width]))[None])
    positions, bits = np.array(filled, np.int64), np.concatenate(hashes)
    codes = [np.zeros(0, np.int64)]
    for quarter in range(4):
        order = np.argsort(bits[:, quarter], kind="stable")
        for first, second in _equal_neighbours(bits[order, quarter]):
            a, b = order[first], order[second]
            near = np.bitwise_count(bits[a] ^ bits[b]).sum(axis=1, dtype=np.int64) <= _ALIKE_BITS
            codes.append(positions[a[near]] * len(store) + positions[b[near]])
    return np.concatenate(codes)


def _equal_neighbours(keys: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Positions a < b with equal keys in sorted keys, a chunk at a time; within a long run only near neighbours."""
    for distance in range(1, min(_NEIGHBOURS, len(keys))):
        first = (keys[distance:] == keys[:-distance]).nonzero()[0]
        for start in range(0, len(first), _CHUNK):
            chunk = first[start : start + _CHUNK]
            yield chunk, chunk + distance


def _gradient_bits(thumbnail: np.ndarray) -> np.ndarray:
    """64 bits, in four words of 16: whether each cell of an 8 x 8 grid is darker than the next to the right."""
    import cv2

    grid = cv2.resize(thumbnail, (9, 8), interpolation=cv2.INTER_AREA)
    return np.packbits(grid[:, 1:] > grid[:, :-1]).view(np.uint16).astype(np.uint64)


def _nearly_identical(a: np.ndarray, b: np.ndarray) -> bool:
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
