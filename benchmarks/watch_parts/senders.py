"""Cameras for a benchmark: MJPEG servers in a process of their own."""

import math
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.media.videos import read_video
from watch_parts.mjpeg import MjpegServer
from watch_parts.stamps import BITS, stamp, to_jpeg

STREAM_FPS = 25.0
_NOISE = 4.0  # grey values: of a still picture, so that it is that of a camera
_WIDE_SCALE, _WALL = 0.4, 110


@dataclass(frozen=True, slots=True)
class Sender:
    """A camera that sends pictures over and over.

    Attributes:
        url: Its address.
        began: When the first picture was due, by `time.monotonic()`.
        pictures: How many there are.
    """

    url: str
    began: float
    pictures: int


def delay_of(began: float, pictures: int, number: int, now: float) -> float:
    """Seconds since a picture was last due.

    Args:
        began: As in `Sender`.
        pictures: As in `Sender`.
        number: That of the picture.
        now: By `time.monotonic()`.
    """
    return (now - began - number / STREAM_FPS) % (pictures / STREAM_FPS)


def moving(video: Path) -> list[bytes]:
    """The pictures of a video as JPEG files that carry their number."""
    return [to_jpeg(stamp(image, number)) for number, image in enumerate(_images(video, 1))]


def moving_a_third(video: Path) -> list[bytes]:
    """The pictures of a video, and for twice as long its last one, with noise."""
    images = _images(video, 3)
    noise = np.random.default_rng(0).normal(0, _NOISE, (8, *images[-1].shape))
    still = [np.clip(images[-1] + each, 0, 255).astype(np.uint8) for each in noise]
    images += [still[number % len(still)] for number in range(2 * len(images))]
    return [to_jpeg(stamp(image, number)) for number, image in enumerate(images)]


def wide(video: Path) -> list[bytes]:
    """A still picture of 1280 x 720 in which the pictures of a video, at `_WIDE_SCALE`, are a part; with noise."""
    noise = np.random.default_rng(0).normal(0, _NOISE, (8, 720, 1280, 3)).astype(np.float32)
    return [to_jpeg(stamp(_placed(image, noise[number % 8]), number)) for number, image in enumerate(_images(video, 1))]


def _placed(image: NDArray[np.uint8], noise: NDArray[np.float32]) -> NDArray[np.uint8]:
    small = cv2.resize(image, None, fx=_WIDE_SCALE, fy=_WIDE_SCALE, interpolation=cv2.INTER_AREA)
    left, top = noise.shape[1] // 2, noise.shape[0] // 2
    scene = np.full(noise.shape, _WALL, np.float32)
    scene[top : top + small.shape[0], left : left + small.shape[1]] = small
    return np.asarray(np.clip(scene + noise, 0, 255), np.uint8)


def _images(video: Path, parts: int) -> list[NDArray[np.uint8]]:
    return [image for image, _ in islice(read_video(video), (2**BITS - 1) // parts)]


@contextmanager
def sending(pictures: list[bytes], number: int, cores: set[int]) -> Iterator[Sequence[Sender]]:
    """So many cameras, which send these pictures in turn for as long as the block lasts, each from another one on.

    Args:
        pictures: JPEG files.
        number: How many cameras.
        cores: What the process may run on.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, pictures, number, cores), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()  # which ends it
        process.join()


def _serve(pipe: Any, pictures: list[bytes], number: int, cores: set[int]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)
    now = time.monotonic()
    # Not all of them send at the same moment.
    offsets = [math.floor(i * len(pictures) / number) + i / number for i in range(number)]
    servers = [MjpegServer(pictures, STREAM_FPS, began=now - offset / STREAM_FPS) for offset in offsets]
    pipe.send([Sender(server.url, server.began, len(pictures)) for server in servers])
    with suppress(EOFError):
        pipe.recv()
