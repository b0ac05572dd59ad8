"""Finds the faces in all frames of all sources. Reading, detecting and the caller's work run at the same time."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.device import available_cores
from detector.errors import SourceError
from detector.inference.cancellation import Cancellation, Cancelled
from detector.inference.ordered_threads import OrderedThreads
from detector.media.images import image_bytes, read_image
from detector.media.sources import Ended, Frame, Source, read_frames, unreadable

Step: TypeAlias = tuple[Frame, Detections] | Ended
"""A frame and its faces, or the end of an input, which comes after its last frame."""

Detect: TypeAlias = Callable[[list[NDArray[np.uint8]], Cancellation], list[Detections]]
"""Finds the faces in images, BGR uint8 (H, W, 3); raises `Cancelled` soon after the run was cancelled."""

# The images of a batch are in memory together. A batch is full at this size; a larger image runs alone.
_BATCH_BYTES = 200_000_000
# Decoded frames of a video that wait for the network, so that a frame that is slow to decode does not hold it up.
_FRAMES_AHEAD = 2
_MOST_NAMED = 20  # inputs in one error message


def detect_all(
    sources: Iterable[Source | Ended],
    threads: OrderedThreads,
    *,
    detect_frame: Detect,
    detect_batch: Detect,
    workers: Callable[[], int],
    batch_size: int = 1,
) -> Iterator[Step]:
    """Find the faces in all frames of all sources, in their order.

    Args:
        sources: As `find_sources` gives them.
        threads: Those of the run. When it is cancelled, the steps end and what is unfinished is dropped.
        detect_frame: For cameras, where a short delay counts: called with one image, by the caller's thread.
        detect_batch: For pictures and videos, where images per second count: called with a batch, by several threads.
        workers: How many threads should call `detect_batch`; asked before it is called.
        batch_size: How many images `detect_batch` is given at once.

    Yields:
        Every frame with its faces, and the `Ended` of every source.
    """
    try:
        for is_live, group in groupby(sources, lambda source: isinstance(source, Source) and source.kind == "camera"):
            if is_live:
                yield from _detect_live(group, detect_frame, threads.cancellation)
            else:
                yield from _detect_batches(group, detect_batch, workers(), batch_size, threads)
    except Cancelled:
        return


def _detect_live(cameras: Iterator[Source | Ended], detect: Detect, cancellation: Cancellation) -> Iterator[Step]:
    for camera in cameras:
        for event in _read(camera, cancellation):
            yield event if isinstance(event, Ended) else (event, detect([event.image], cancellation)[0])


def _detect_batches(
    sources: Iterator[Source | Ended], detect: Detect, workers: int, batch_size: int, threads: OrderedThreads
) -> Iterator[Step]:
    def run(batch: list[Frame | Ended]) -> list[Step]:
        images = [event.image for event in batch if isinstance(event, Frame)]
        found = iter(detect(images, threads.cancellation) if images else ())
        return [(event, next(found)) if isinstance(event, Frame) else event for event in batch]

    opened = threads.read_ahead(_open(sources, threads.cancellation), _FRAMES_AHEAD)
    events = chain.from_iterable(threads.map(_load, opened, available_cores(), size=_size))
    batches = _batches(events, batch_size)
    yield from chain.from_iterable(threads.map(run, batches, workers, size=_batch_bytes))


def _open(
    sources: Iterator[Source | Ended], cancellation: Cancellation
) -> Iterator[tuple[Source, int] | Frame | Ended]:
    """Pictures that are still to be read, with the memory in bytes that they will take; and the frames of videos."""
    for source in sources:
        if isinstance(source, Ended):
            yield source
        elif source.kind == "image":
            yield source, image_bytes(Path(source.name))
        else:
            yield from _read(source, cancellation)


def _load(item: tuple[Source, int] | Frame | Ended) -> tuple[Frame | Ended, ...]:
    if not isinstance(item, tuple):
        return (item,)
    source, _ = item
    notes: list[str] = []
    try:
        return Frame(read_image(Path(source.name), note=notes.append), source), Ended(source.name, None, *notes)
    except SourceError as error:
        return (Ended(source.name, error),)
    except OSError as error:
        return (Ended(source.name, unreadable(source.name, error)),)


def _size(item: tuple[Source, int] | Frame | Ended) -> int:
    if isinstance(item, Ended):
        return 0
    return item[1] if isinstance(item, tuple) else item.image.nbytes


def _read(source: Source | Ended, cancellation: Cancellation) -> Iterator[Frame | Ended]:
    """All frames of a source, then its end.

    Raises:
        Cancelled: The run was cancelled before the end was known.
    """
    if isinstance(source, Ended):
        yield source
        return
    error = None
    try:
        yield from read_frames(source, cancellation.is_cancelled)
    except SourceError as caught:
        error = caught
    except OSError as caught:
        error = unreadable(source.name, caught)
    if error is None:
        cancellation.check()
    yield Ended(source.name, error)


def _batches(events: Iterable[Frame | Ended], batch_size: int) -> Iterator[list[Frame | Ended]]:
    batch: list[Frame | Ended] = []
    frames = size = 0
    for event in events:
        batch.append(event)
        if isinstance(event, Frame):
            frames, size = frames + 1, size + event.image.nbytes
            if event.timing is None:  # the end of an image comes next, and belongs in the same batch
                continue
        if frames >= batch_size or size >= _BATCH_BYTES or len(batch) >= 4 * batch_size:
            yield batch
            batch, frames, size = [], 0, 0
    if batch:
        yield batch


def _batch_bytes(batch: list[Frame | Ended]) -> int:
    return sum(event.image.nbytes for event in batch if isinstance(event, Frame))


def frames_of(steps: Iterable[Step]) -> Iterator[tuple[Frame, Detections]]:
    """The frames of steps, without the ends.

    Raises:
        SourceError: After the last frame: what could not be read.
    """
    failed: list[SourceError] = []
    for step in steps:
        if not isinstance(step, Ended):
            yield step
        elif step.error is not None:
            failed.append(step.error)
    if len(failed) == 1:
        raise failed[0]
    if failed:
        first = "; ".join(str(error) for error in failed[:_MOST_NAMED])
        raise SourceError(f"{len(failed)} inputs", first + (" ..." if len(failed) > _MOST_NAMED else ""))
