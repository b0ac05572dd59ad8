"""Decodes the frames of an opened video that are looked at, and finds out whether it is damaged."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.errors import DamagedVideoError, SourceError
from detector.media.packet_plan import PacketPlan
from detector.media.video_damage import VideoDamage
from detector.media.video_frames import as_shown, pixel_aspect
from detector.media.video_part import FrameChooser, VideoPart

_DEFAULT_RATE = Fraction(25)
# Seconds for FFmpeg's threads to finish the last frames. They hand on frames that are still being decoded, and the mark
# that such a frame is damaged would come too late.
_FINISHING = 0.1


@dataclass(frozen=True, slots=True)
class Timing:
    """When a frame is shown.

    Attributes:
        seconds: Since the start of the video, exact.
        tick: The resolution of the source's clock, in seconds; 0 where it is not known.
        rate: Frames that are looked at per second of the video; their mean where they are not evenly spaced.
        frames: How many frames the video claims to have, or None.
        start: The time of the first frame on the clock of the file, in seconds.
        index: The number of the frame in the video, from 0.
    """

    seconds: Fraction
    tick: Fraction
    rate: Fraction
    frames: int | None = None
    start: Fraction = Fraction(0)
    index: int = 0


Decoded: TypeAlias = tuple[Callable[[], NDArray[np.uint8]], Timing]
"""A function that gives the image, BGR uint8 (H, W, 3), to be called by one thread at a time; and when it is shown."""


class VideoDecoding:
    """The decoding of one video.

    Args:
        path: The file, for errors.
        container: The opened file, of PyAV.
        stream: Its pictures.
        part: Which frames are looked at.
    """

    def __init__(self, path: Path, container: Any, stream: Any, part: VideoPart) -> None:
        from av.video.reformatter import VideoReformatter

        self._path, self._container, self._stream, self._part = path, container, stream, part
        self._reformatter = VideoReformatter()  # one for all frames: setting it up takes longer than using it
        self._rate = Fraction(stream.average_rate or stream.guessed_rate or _DEFAULT_RATE)
        self._tick = Fraction(stream.time_base or 0)
        self._aspect = pixel_aspect(stream)
        self._damage = VideoDamage(container, stream, self._rate)
        self._plan = PacketPlan(
            container, stream, FrameChooser(part, min(self._tick, 1 / (4 * self._rate))), skip=not part.is_whole
        )
        self._start: Fraction | None = None
        self._seconds = -1 / self._rate
        self._chosen = 0
        self._reason = "a video without frames"

    def frames(self) -> Iterator[Decoded]:
        """The frames that are looked at.

        Raises:
            SourceError: There is none.
            DamagedVideoError: After the last one: parts of the video are missing.
        """
        for packet in _packets(self._container):
            for frame in self._decoded(packet):
                yield from self._shown(frame)
            if self._plan.is_past:
                for frame in self._held_back():
                    yield from self._shown(frame)
                break
        self._check()

    def _decoded(self, packet: Any) -> Iterator[Any]:
        """The frames that come out of the decoder when it is given a packet."""
        from av.error import FFmpegError

        if isinstance(packet, FFmpegError):
            self._see_error(packet)
            return
        self._damage.see_packet(packet)
        if packet.stream.index != self._stream.index:
            return
        if not packet.size:  # the end: what is held back comes out
            time.sleep(_FINISHING)
        for planned in self._plan.add(packet):
            # A frame that is not looked at need not be decoded if no other depends on it.
            if not self._part.is_whole:
                self._stream.codec_context.skip_frame = "DEFAULT" if planned.is_chosen else "NONREF"
            try:
                frames: Iterable[Any] = planned.packet.decode()
            except FFmpegError as error:
                self._see_error(error)
                continue
            yield from frames

    def _held_back(self) -> list[Any]:
        """The frames that are still in the decoder."""
        from av.error import EOFError, FFmpegError

        try:
            return list(self._stream.codec_context.decode(None))
        except EOFError:  # the file ended, so that it was emptied already
            return []
        except FFmpegError as error:
            self._see_error(error)
            return []

    def _see_error(self, error: Exception) -> None:
        self._reason = f"damaged from its beginning ({reason_of(error)})"
        self._damage.see_error(reason_of(error), self._seconds + 1 / self._rate)

    def _shown(self, frame: Any) -> Iterator[Decoded]:
        if frame.pts is not None and self._tick:
            if self._start is None:
                self._start = frame.pts * self._tick if self._plan.start is None else self._plan.start
            self._seconds = frame.pts * self._tick - self._start
        else:
            self._seconds += 1 / self._rate
        self._damage.see_frame(frame, self._seconds)
        index, is_chosen = self._plan.number(frame, self._seconds)
        if is_chosen:
            self._chosen += 1
            start = self._start or Fraction(0)
            frames = self._stream.frames or None
            timing = Timing(self._seconds, self._tick, self._part.rate(self._rate), frames, start, index)
            yield partial(as_shown, frame, self._reformatter, self._aspect), timing

    def _check(self) -> None:
        end = self._seconds + 1 / self._rate
        last = self._damage.last_packet_end
        if end <= 0 and (self._part.is_whole or not last):
            raise SourceError(self._path, self._reason, "a whole video file")
        if not self._chosen:
            ends = f"ends at {float(max(end, last)):.2f} s"
            raise SourceError(self._path, f"no frame from {self._part.start:g} s on: it {ends}", "a time in the video")
        looked_at = None if self._part.is_whole else self._chosen
        until = None if self._part.end is None else Fraction(self._part.end)
        found = self._damage.describe(end, looked_at=looked_at, until=until)
        if found is not None:
            raise DamagedVideoError(self._path, found, "a whole video file; what could be decoded was used")


def _packets(container: Any) -> Iterator[Any]:
    """Packets; if reading ends in an error, this error is the last item."""
    from av.error import FFmpegError

    try:
        yield from container.demux()
    except FFmpegError as error:
        yield error


def reason_of(error: Exception) -> str:
    """What FFmpeg says is wrong."""
    return getattr(error, "strerror", None) or str(error)
