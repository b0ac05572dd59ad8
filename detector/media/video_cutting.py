"""Long videos in segments that begin at key frames, so that several machines can decode one video."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.errors import DamagedVideoError
from detector.media.video_damage import VideoDamage
from detector.media.video_frames import as_shown, pixel_aspect

_DEFAULT_RATE = Fraction(25)
# Containers with an index, in which seeking to a key frame arrives there.
_INDEXED = ("matroska", "mov")


@dataclass(frozen=True, slots=True)
class VideoSegment:
    """The frames of a video from one key frame to another, in ticks of its clock.

    Attributes:
        start: When its first frame is shown.
        end: When the first frame after it is shown; None for the last segment.
        origin: When the first frame of the video is shown.
    """

    start: int
    end: int | None
    origin: int


def find_segments(path: Path, seconds: float) -> list[VideoSegment]:
    """Cut a video at key frames, without decoding it.

    Args:
        path: Anything FFmpeg reads.
        seconds: How long a segment is at least.

    Returns:
        The segments in order, at least two; none for a video that is short, damaged, or without an index or times on
        all its frames, which is to be read as a whole.
    """
    import av
    import av.error

    try:
        with closing(av.open(str(path))) as container:
            if not container.streams.video or container.format.name.partition(",")[0] not in _INDEXED:
                return []
            return _segments(container, container.streams.video[0], seconds)
    except (av.error.FFmpegError, OSError, ValueError):
        return []  # whoever reads it says what is wrong


def _segments(container: Any, stream: Any, seconds: float) -> list[VideoSegment]:
    rate = Fraction(stream.average_rate or stream.guessed_rate or _DEFAULT_RATE)
    damage = VideoDamage(container, stream, rate)
    times: list[int] = []
    keys: list[int] = []
    for packet in container.demux():
        damage.see_packet(packet)
        if packet.stream.index != stream.index or not packet.size:
            continue
        if packet.pts is None or packet.is_discard:
            return []
        times.append(packet.pts)
        if packet.is_keyframe:
            keys.append(packet.pts)
    if not times or not keys or keys[0] != min(times) or keys != sorted(keys):
        return []
    tick = Fraction(stream.time_base)
    if damage.describe((max(times) - min(times)) * tick + 1 / rate) is not None:
        return []
    return _between(keys, seconds / tick)


def _between(keys: list[int], ticks: float | Fraction) -> list[VideoSegment]:
    starts = [keys[0]]
    for key in keys[1:]:
        if key - starts[-1] >= ticks:
            starts.append(key)
    ends = [*starts[1:], None]
    return (
        [VideoSegment(start, end, keys[0]) for start, end in zip(starts, ends, strict=True)] if len(starts) > 1 else []
    )


def read_segment(path: Path, segment: VideoSegment) -> Generator[tuple[NDArray[np.uint8], Fraction], None, None]:
    """Decode a segment of a video.

    Args:
        path: The video.
        segment: Of those that `find_segments` gave for it.

    Yields:
        BGR uint8 (H, W, 3), and when it is shown, in seconds from the start of the video.

    Raises:
        DamagedVideoError: Something in it cannot be decoded; then the whole video is to be read in one piece.
    """
    import av
    import av.error
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    try:
        with closing(av.open(str(path))) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            aspect, tick = pixel_aspect(stream), Fraction(stream.time_base)
            container.seek(segment.start, stream=stream)
            arrived = False
            for frame in container.decode(stream):
                arrived = arrived or (frame.pts is not None and frame.pts <= segment.start)
                if frame.pts is None or frame.is_corrupt or not arrived:
                    raise DamagedVideoError(path, "a frame is not whole")
                if segment.end is not None and frame.pts >= segment.end:
                    return
                if frame.pts >= segment.start:
                    yield as_shown(frame, reformatter, aspect), (frame.pts - segment.origin) * tick
    except (av.error.FFmpegError, OSError) as error:
        raise DamagedVideoError(path, f"not decodable ({getattr(error, 'strerror', None) or error})") from error
