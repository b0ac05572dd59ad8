"""Everything that sources hold through the network: reading, detecting and the caller's own work side by side."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.device import available_cores
from detector.errors import SourceError
from detector.inference.ordered_threads import Cancelled, OrderedThreads
from detector.media.images import picture_bytes, read_image
from detector.media.sources import Ended, Frame, Source, read_frames

Step: TypeAlias = tuple[Frame, Detections] | Ended
"""A frame and its faces; or, after the last frame of an input, its end."""

Detect: TypeAlias = Callable[[list[NDArray[np.uint8]], Callable[[], bool]], list[Detections]]
"""Finds the faces in pictures; may be called by several threads, and gives up when the second argument says True."""

# Pictures of a batch are in memory together; very large ones run alone.
_BATCH_BYTES = 200_000_000
# Decoded frames of a video that wait for the network: enough to bridge the decoder's slow frames.
_FRAMES_AHEAD = 2


def detect_all(
    sources: Iterable[Source | Ended],
    now: Detect,
    many: Callable[[], tuple[Detect, int]],
    *,
    batch_size: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Step]:
    """Find the faces in all frames of all sources, in their order.

    Args:
        sources: As `find_sources` gives them.
        now: For cameras, where the soonest answer counts and no frame waits for another.
        many: Makes what is for pictures and videos, and says how many threads should call it.
        batch_size: How many pictures that is given at once.
        stopped: When it says True, what is unfinished is dropped.

    Yields:
        Every frame with its faces, and the `Ended` of every source.
    """
    try:
        for is_live, group in groupby(sources, lambda source: isinstance(source, Source) and source.kind == "camera"):
            if is_live:
                yield from _watch(group, now, stopped)
            else:
                yield from _overlapped(group, *many(), batch_size, stopped)
    except Cancelled:
        return


def _watch(cameras: Iterator[Source | Ended], detect: Detect, stopped: Callable[[], bool]) -> Iterator[Step]:
    for camera in cameras:
        for event in _read(camera):
            yield event if isinstance(event, Ended) else (event, detect([event.image], stopped)[0])


def _overlapped(
    sources: Iterator[Source | Ended], detect: Detect, workers: int, batch_size: int, stopped: Callable[[], bool]
) -> Iterator[Step]:
    with OrderedThreads(stopped) as threads:

        def run(batch: list[Frame | Ended]) -> list[Step]:
            images = [event.image for event in batch if isinstance(event, Frame)]
            found = iter(detect(images, threads.is_closing) if images else ())
            return [(event, next(found)) if isinstance(event, Frame) else event for event in batch]

        opened = threads.read_ahead(_open(sources), _FRAMES_AHEAD)
        events = chain.from_iterable(threads.map(_load, opened, available_cores(), size=_size))
        batches = _batches(events, batch_size)
        yield from chain.from_iterable(threads.map(run, batches, workers, size=_batch_bytes))


def _open(sources: Iterator[Source | Ended]) -> Iterator[tuple[Source, int] | Frame | Ended]:
    """Pictures, still to be read, with the bytes they will take; the frames of videos, which depend on each other."""
    for source in sources:
        if isinstance(source, Ended):
            yield source
        elif source.kind == "image":
            yield source, picture_bytes(Path(source.name))
        else:
            yield from _read(source)


def _load(item: tuple[Source, int] | Frame | Ended) -> tuple[Frame | Ended, ...]:
    if not isinstance(item, tuple):
        return (item,)
    source, _ = item
    try:
        return Frame(read_image(Path(source.name)), source), Ended(source.name)
    except SourceError as error:
        return (Ended(source.name, error),)


def _size(item: tuple[Source, int] | Frame | Ended) -> int:
    if isinstance(item, Ended):
        return 0
    return item[1] if isinstance(item, tuple) else item.image.nbytes


def _read(source: Source | Ended) -> Iterator[Frame | Ended]:
    """All frames of a source, then its end."""
    if isinstance(source, Ended):
        yield source
        return
    error = None
    try:
        yield from read_frames(source)
    except SourceError as caught:
        error = caught
    yield Ended(source.name, error)


def _batches(events: Iterable[Frame | Ended], batch_size: int) -> Iterator[list[Frame | Ended]]:
    batch: list[Frame | Ended] = []
    frames = size = 0
    for event in events:
        batch.append(event)
        if isinstance(event, Frame):
            frames, size = frames + 1, size + event.image.nbytes
            if event.timing is None:  # the end of a picture follows at once: one turn of a thread for both
                continue
        if frames >= batch_size or size >= _BATCH_BYTES or len(batch) >= 4 * batch_size:
            yield batch
            batch, frames, size = [], 0, 0
    if batch:
        yield batch


def _batch_bytes(batch: list[Frame | Ended]) -> int:
    return sum(event.image.nbytes for event in batch if isinstance(event, Frame))
