"""Divides pictures into folds: scenes stay together, and every fold gets its share of each class."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from converters.annotation import AnnotatedImage
from converters.parallel import in_threads
from converters.pictures import decode_small
from converters.process_wide import one_opencv_thread
from converters.scenes import connected_groups, find_scenes
from converters.signature import SIDE, SignatureStore, describe


def divide(
    images: Sequence[AnnotatedImage],
    folds: int,
    seed: int = 0,
    on_picture: Callable[[int, int], None] = lambda done, total: None,
) -> list[list[AnnotatedImage]]:
    """Divide pictures into folds of about the same size.

    Pictures of one scene stay together (`converters.scenes`): otherwise a network would be measured on scenes that it
    was trained on. Those with the rarest class come first, each group into the fold with the fewest pictures of that
    class, and of these into the smallest one.

    Args:
        images: Pictures that can be decoded.
        folds: How many folds.
        seed: Another seed gives other folds.
        on_picture: Called with (pictures looked at, pictures in all).

    Returns:
        The pictures of each fold.
    """
    groups = [[images[place] for place in group] for group in _scenes(images, on_picture)]
    random.Random(seed).shuffle(groups)  # noqa: S311  (not a secret)
    pictures = _with_class(images)
    chosen: list[list[AnnotatedImage]] = [[] for _ in range(folds)]
    given: list[Counter[str]] = [Counter() for _ in range(folds)]
    for group in sorted(groups, key=lambda group: _rarity(group, pictures)):
        labels = _with_class(group)
        rarest = min(labels, key=lambda label: pictures[label], default="")
        fold = min(range(folds), key=lambda fold: (given[fold][rarest], len(chosen[fold])))
        chosen[fold] += group
        given[fold] += labels
    return chosen


def _with_class(images: Sequence[AnnotatedImage]) -> Counter[str]:
    """The number of pictures with each class."""
    return Counter(label for image in images for label in {box.label for box in image.boxes})


def _rarity(group: Sequence[AnnotatedImage], pictures: Counter[str]) -> tuple[float, int]:
    """Sort key: groups with the rarest class first, and larger groups before smaller ones."""
    return min((pictures[label] for label in _with_class(group)), default=float("inf")), -len(group)


def _scenes(images: Sequence[AnnotatedImage], on_picture: Callable[[int, int], None]) -> list[list[int]]:
    with tempfile.TemporaryDirectory() as scratch, SignatureStore(Path(scratch), len(images)) as store:

        def look(place: int) -> None:
            _, picture = decode_small(images[place].path, SIDE)
            store[place] = describe(picture)

        with one_opencv_thread():
            for done, _ in enumerate(in_threads(look, range(len(images))), start=1):
                on_picture(done, len(images))
        return connected_groups(len(images), find_scenes(store))
