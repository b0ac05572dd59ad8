"""Finding pictures of the same scene: copies, re-encodings, crops, zooms and shifts of one photo, and shots in a row.

`scene_proposals.py` proposes pairs of pictures, and `scene_evidence.py` compares the two pictures of each.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from converters.parallel import in_threads
from converters.scene_evidence import compare, nearly_identical
from converters.scene_proposals import propose_pairs
from converters.signature import SignatureStore


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
    proposals = propose_pairs(store, firsts)

    def same(code: int) -> bool:
        a, b = (store[index] for index in divmod(code, len(store)))
        return nearly_identical(a.thumbnail, b.thumbnail) or compare(a, b).same_scene

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
