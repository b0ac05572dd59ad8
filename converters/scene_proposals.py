"""Proposing pairs of pictures that may show the same scene, so that not all pairs have to be compared.

Local features (ORB) propose most of them: two features are compared where some bytes of their descriptors are equal.
Thumbnails propose copies of pictures that have too little texture for features.
"""

from collections.abc import Iterator

import numpy as np

from converters.reading.divided_rows import DividedRows
from converters.signature import FEATURES, SignatureStore

_TABLES = 10  # tables of descriptors sorted by three of their bytes
_NEIGHBOURS = 8  # features compared in a table: bounds the work where many descriptors are alike
_CLOSE_BITS = 50  # two descriptors with at most so many differing bits, of 256, are one feature
_MIN_VOTES = 5  # pairs with at least so many equal features are checked
_MAX_PROPOSALS = 5  # pairs checked for a picture, those with most votes
_CHUNK = 1 << 16  # pairs compared at a time
_BLOCK = 256  # pictures whose votes are counted at a time
_PART = 1 << 19  # features whose neighbours are looked for at a time, 40 bytes each
_ALIKE_BITS = 8  # thumbnails with at most so many differing bits, of 64, are checked


def propose_pairs(store: SignatureStore, firsts: np.ndarray) -> np.ndarray:
    """Propose pairs of pictures that may show the same scene.

    Args:
        store: Signatures of the pictures.
        firsts: int64 (N,): for each picture, the first one with the same content. Others are in no pair.

    Returns:
        int64 (M,): ascending codes `first * len(store) + second`, with first < second.
    """
    return np.union1d(_by_features(store, firsts), _by_thumbnails(store, firsts))


def _by_features(store: SignatureStore, firsts: np.ndarray) -> np.ndarray:
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


def _by_thumbnails(store: SignatureStore, firsts: np.ndarray) -> np.ndarray:
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
