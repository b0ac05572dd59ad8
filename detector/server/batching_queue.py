"""The bounded queue that the pictures of all clients go through, and the threads that look for faces in them.

    submit ─► [a thread a core] decodes ─► [parallel + 1 threads] a batch of equal options through the network ─► Future

A picture has a place from `submit` until its future is done or cancelled. Without a free place it is refused at once,
so that nobody waits for longer than the queue is long. The number of decoded pictures does not grow with the queue.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from converters.errors import PictureError
from converters.pictures import open_picture
from detector.detections import Detections
from detector.device import available_cores
from detector.errors import OptionError, SourceError
from detector.inference.detector import Detector
from detector.libraries import switch_off_ultralytics
from detector.media.images import read_image
from detector.media.media_kinds import is_video_content
from detector.model.tiling import plan_layers, tile_side
from detector.settings import parse_tile

_END_SECONDS = 5.0  # for the calls that run; ending the program inside a library would crash it


class QueueFullError(Exception):
    """Every place is taken."""


class TooLargeError(Exception):
    """A picture has more pixels than the server takes.

    Args:
        name: The picture.
        pixels: How many it has; None where it has too many for its header to be read.
    """

    def __init__(self, name: str, pixels: int | None) -> None:
        super().__init__(name, pixels)
        self.name, self.pixels = name, pixels


class IsVideoError(Exception):
    """A video was sent in place of a picture."""


@dataclass(frozen=True, slots=True)
class DetectionOptions:
    """With what a picture is looked at; pictures of equal options share a batch.

    Attributes:
        conf: Faces at or below this score are left out; None as the server was started.
        tile: As for `Detector`; None as the server was started.
        multiscale: As for `Detector`; None as the server was started.
    """

    conf: float | None = None
    tile: int | str | None = None
    multiscale: str | None = None

    @classmethod
    def checked(cls, conf: float | None, tile: str | None, multiscale: str | None) -> "DetectionOptions":
        """The options of a request.

        Raises:
            OptionError: `tile` is neither a number of pixels, nor "auto" or "off".
        """
        return cls(conf, tile if tile in (None, "off") else parse_tile(tile), multiscale)

    def apply(self, detector: Detector) -> Detector:
        """A detector with these options."""
        return detector.with_options(conf=self.conf, tile=self.tile, multiscale=self.multiscale)


@dataclass(frozen=True, slots=True)
class Found:
    """The answer for one picture.

    Attributes:
        image: BGR uint8 (H, W, 3).
        faces: The faces in it.
        waited: Seconds from `submit` until the network began.
        seconds: Seconds in the network, with what is done before and after it.
    """

    image: NDArray[np.uint8]
    faces: Detections
    waited: float
    seconds: float


@dataclass(slots=True, eq=False)
class _Task:
    name: str
    content: bytes
    options: DetectionOptions
    future: "Future[Found]" = field(default_factory=Future)
    submitted: float = field(default_factory=time.monotonic)
    image: NDArray[np.uint8] | None = None


class BatchingQueue:
    """Finds the faces in pictures of many clients at once.

    Args:
        detector: What finds them.
        places: How many pictures may wait or be looked at.
        max_pixels: Larger pictures are refused before they are decoded.
        max_tiles: Pictures that would be cut into more tiles are refused.
    """

    def __init__(self, detector: Detector, places: int, *, max_pixels: int, max_tiles: int) -> None:
        self._detector, self._places = detector, places
        self._max_pixels, self._max_tiles = max_pixels, max_tiles
        self._changed = threading.Condition()
        self._waiting: deque[_Task] = deque()
        self._decoded: deque[_Task] = deque()
        self._taken, self._decoding, self._closed = 0, 0, False
        self._ahead = 2 * detector.batch_size + detector.parallel
        targets = [self._decode] * available_cores() + [self._detect] * (detector.parallel + 1)
        self._threads = [threading.Thread(target=target, name=target.__name__, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self._taken

    def submit(self, pictures: Sequence[tuple[str, bytes]], options: DetectionOptions) -> "list[Future[Found]]":
        """Take places for pictures, or for none of them.

        Args:
            pictures: The name and the content of each.
            options: With what they are looked at.

        Returns:
            For each picture the future of its faces. The place of a future that is cancelled is free at once.
            Exceptions of a future are `SourceError`, `TooLargeError`, `IsVideoError` and `OptionError`.

        Raises:
            QueueFullError: There are not so many free places.
        """
        tasks = [_Task(name, content, options) for name, content in pictures]
        with self._changed:
            if self._closed or self._taken + len(tasks) > self._places:
                raise QueueFullError
            self._taken += len(tasks)
            self._waiting.extend(tasks)
            self._changed.notify_all()
        for task in tasks:
            task.future.add_done_callback(self._free)
        return [task.future for task in tasks]

    def close(self) -> None:
        """End the threads after their running calls; what waits is cancelled."""
        with self._changed:
            self._closed = True
            tasks = [*self._waiting, *self._decoded]
            self._changed.notify_all()
        for task in tasks:
            task.future.cancel()
        for thread in self._threads:
            thread.join(_END_SECONDS)

    def _free(self, _: object) -> None:
        with self._changed:
            self._taken -= 1

    def _decode(self) -> None:
        while (task := self._next_to_decode()) is not None:
            try:
                task.image = self._image(task)
            except Exception as error:  # whatever a hostile picture raises belongs to its client
                _fail(task, error)
            with self._changed:
                self._decoding -= 1
                if not task.future.done():
                    self._decoded.append(task)
                self._changed.notify_all()

    def _next_to_decode(self) -> _Task | None:
        with self._changed:
            while not self._closed:
                while self._waiting and self._waiting[0].future.done():  # its client has left
                    self._waiting.popleft()
                if self._waiting and len(self._decoded) + self._decoding < self._ahead:
                    self._decoding += 1
                    return self._waiting.popleft()
                self._changed.wait()
        return None

    def _image(self, task: _Task) -> NDArray[np.uint8]:
        pixels = _pixels(task.name, task.content)
        if pixels > self._max_pixels:
            raise TooLargeError(task.name, pixels)
        image = read_image(BytesIO(task.content), task.name)
        task.content = b""
        check_tiles(task.options.apply(self._detector), task.name, image.shape[:2], self._max_tiles)
        return image

    def _detect(self) -> None:
        while (batch := self._next_batch()) is not None:
            began = time.monotonic()
            try:
                found = self._find(batch)
            except Exception as error:
                for task in batch:
                    _fail(task, error)
                continue
            seconds = time.monotonic() - began
            for task, faces in zip(batch, found, strict=True):
                assert task.image is not None
                task.future.set_result(Found(task.image, faces, began - task.submitted, seconds))

    def _next_batch(self) -> list[_Task] | None:
        """The pictures that have waited longest and have equal options, as many as the network takes at once."""
        with self._changed:
            while not self._closed:
                same = [task for task in self._decoded if task.options == self._decoded[0].options]
                batch = same[: self._detector.batch_size]
                for task in batch:
                    self._decoded.remove(task)
                if batch:
                    self._changed.notify_all()
                running = [task for task in batch if task.future.set_running_or_notify_cancel()]
                if running:
                    return running
                if not batch:
                    self._changed.wait()
        return None

    def _find(self, batch: list[_Task]) -> list[Detections]:
        return batch[0].options.apply(self._detector).predict([task.image for task in batch if task.image is not None])


def check_tiles(detector: Detector, name: str, shape: tuple[int, int], most: int) -> None:
    """Refuse a picture that would be cut into too many tiles.

    Args:
        detector: With the options of the request.
        name: The picture.
        shape: Its height and width.
        most: So many tiles are taken.

    Raises:
        OptionError: They are more.
    """
    side = tile_side(detector.tile, shape)
    if not side:
        return
    # Counted roughly first, so that the list of a million tiles is never made.
    tiles = shape[0] * shape[1] / side**2
    if tiles <= most:
        tiles = sum(len(layer.origins) for layer in plan_layers(shape, side, detector.imgsz))
    if tiles > most:
        raise OptionError("tile", f"{tiles:.0f} tiles in {name}", f"at most {most}: larger tiles")


def _pixels(name: str, content: bytes) -> int:
    """How many pixels a picture has, from its header."""
    from PIL import Image

    switch_off_ultralytics()
    try:
        with open_picture(BytesIO(content)) as image:
            return image.width * image.height
    except PictureError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError):
            raise TooLargeError(name, None) from error
        if is_video_content(content):
            raise IsVideoError(name) from error
        raise SourceError(name, error.found, error.expected) from error


def _fail(task: _Task, error: Exception) -> None:
    if task.future.running() or task.future.set_running_or_notify_cancel():
        task.future.set_exception(error)
