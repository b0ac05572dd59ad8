"""Frames out of video files."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from converters.pictures import check_file
from detector.errors import DamagedVideoError, SourceError
from detector.media.video_damage import VideoDamage
from detector.media.video_frames import as_shown, pixel_aspect

_DEFAULT_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class Timing:
    """When a frame is shown.

    Attributes:
        seconds: Since the start of the video, exact.
        tick: The resolution of the source's clock, in seconds; 0 where it is not known.
        rate: Frames per second of the whole video; its mean where frames are not evenly spaced.
        frames: How many frames the video claims to have, or None.
        start: The time of the first frame on the clock of the file, in seconds.
    """

    seconds: Fraction
    tick: Fraction
    rate: Fraction
    frames: int | None = None
    start: Fraction = Fraction(0)


def read_video(path: Path) -> Iterator[tuple[NDArray[np.uint8], Timing]]:
    """Decode a video, one frame at a time.

    Frames are turned, mirrored and stretched as a player shows them. Damaged parts are skipped. The damage is reported
    after everything else is decoded.

    Args:
        path: Anything FFmpeg reads, animated GIF included.

    Yields:
        BGR uint8 (H, W, 3), and when it is shown.

    Raises:
        SourceError: The file is no video, or has no frame that could be decoded.
        DamagedVideoError: After the last frame that could be decoded: the video is damaged or cut short.
    """
    with closing(decode_video(path)) as frames:
        for image, timing in frames:
            yield image(), timing


def decode_video(path: Path) -> Generator[tuple[Callable[[], NDArray[np.uint8]], Timing], None, None]:
    """Decode a video as `read_video` does, but convert a frame to BGR only when its function is called.

    Args:
        path: Anything FFmpeg reads.

    Yields:
        A function that gives the image, to be called by one thread at a time; and when it is shown.

    Raises:
        SourceError: As for `read_video`; also `DamagedVideoError`.
    """
    import av
    import av.error

    try:
        check_file(path, "a video", SourceError)
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(path, f"not readable as a video ({_reason(error)})", "a whole video file") from error
    with container:
        if not container.streams.video:
            raise SourceError(path, "no pictures in it", "a video")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from _decode(path, container, stream)


def _decode(path: Path, container: Any, stream: Any) -> Iterator[tuple[Callable[[], NDArray[np.uint8]], Timing]]:
    from av.error import FFmpegError
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()  # one for all frames: setting it up takes longer than using it
    rate = Fraction(stream.average_rate or stream.guessed_rate or _DEFAULT_RATE)
    tick = Fraction(stream.time_base or 0)
    aspect = pixel_aspect(stream)
    damage = VideoDamage(container, stream, rate)
    start: Fraction | None = None
    seconds = -1 / rate
    reason = "a video without frames"
    for packet in _packets(container):
        try:
            if isinstance(packet, FFmpegError):
                raise packet
            damage.see_packet(packet)
            frames = packet.decode() if packet.stream.index == stream.index else []
        except FFmpegError as error:
            reason = f"damaged from its beginning ({_reason(error)})"
            damage.see_error(_reason(error), seconds + 1 / rate)
            continue
        for frame in frames:
            if frame.pts is not None and tick:
                start = frame.pts * tick if start is None else start
                seconds = frame.pts * tick - start
            else:
                seconds += 1 / rate
            damage.see_frame(frame, seconds)
            timing = Timing(seconds, tick, rate, stream.frames or None, start or Fraction(0))
            yield partial(as_shown, frame, reformatter, aspect), timing
    end = seconds + 1 / rate
    if end <= 0:
        raise SourceError(path, reason, "a whole video file")
    if (found := damage.describe(end)) is not None:
        raise DamagedVideoError(path, found, "a whole video file; what could be decoded was used")


def _packets(container: Any) -> Iterator[Any]:
    """Packets; if reading ends in an error, this error is the last item."""
    from av.error import FFmpegError

    try:
        yield from container.demux()
    except FFmpegError as error:
        yield error


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
