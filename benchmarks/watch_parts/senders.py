"""Cameras for a benchmark: MJPEG servers in a process of their own."""

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from detector.media.videos import read_video
from watch_parts.mjpeg import MjpegServer
from watch_parts.stamps import stamp, to_jpeg


@dataclass(frozen=True, slots=True)
class Sender:
    """A camera that sends.

    Attributes:
        url: Its address.
        sent: When the picture of each number was last sent, by the clock of `time.monotonic()`.
    """

    url: str
    sent: Any


def stamped_pictures(video: Path, most: int) -> list[bytes]:
    """The pictures of a video as JPEG files that carry their number."""
    return [to_jpeg(stamp(image, number)) for number, (image, _) in enumerate(islice(read_video(video), most))]


@contextmanager
def sending(pictures: list[bytes], number: int, fps: float, cores: set[int]) -> Iterator[list[Sender]]:
    """So many cameras, which send these pictures in turn for as long as the block lasts.

    Args:
        pictures: JPEG files.
        number: How many cameras.
        fps: Pictures per second of each.
        cores: What the process may run on.
    """
    context = multiprocessing.get_context("spawn")
    times = [context.Array("d", len(pictures), lock=False) for _ in range(number)]
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, pictures, times, fps, cores), daemon=True)
    process.start()
    theirs.close()
    try:
        yield [Sender(url, sent) for url, sent in zip(ours.recv(), times, strict=True)]
    finally:
        ours.close()  # which ends it
        process.join()


def _serve(pipe: Any, pictures: list[bytes], times: list[Any], fps: float, cores: set[int]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    servers = [MjpegServer(pictures, fps, sent=sent, offset=i / len(times)) for i, sent in enumerate(times)]
    pipe.send([server.url for server in servers])
    with suppress(EOFError):
        pipe.recv()
