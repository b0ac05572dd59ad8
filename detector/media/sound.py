"""The sound of a video, copied into another file as it is."""

import heapq
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any


def add_sound(silent: Path, source: Path, start: Fraction, target: Path) -> bool | None:
    """Write an MP4 with the pictures of one file and the sound of another. Nothing is decoded.

    Args:
        silent: An MP4 with pictures only, beginning at 0.
        source: A video that may have sound; if it has several tracks, the one that a player plays is taken.
        start: The time on the clock of `source` at which the pictures begin, in seconds.
        target: The file to write.

    Returns:
        True: it was written. False: MP4 cannot hold the sound, or it cannot be read. None: there is no sound.
    """
    import av
    from av.error import FFmpegError

    options = {"movflags": "+faststart"}
    try:
        with closing(av.open(str(source))) as heard:
            sound = heard.streams.best("audio")
            if sound is None:
                return None
            with (
                closing(av.open(str(silent))) as seen,
                closing(av.open(str(target), "w", format="mp4", options=options)) as container,
            ):
                if sound.codec_context.codec.canonical_name not in container.supported_codecs:
                    return False
                pictures = seen.streams.video[0]
                end = pictures.duration * pictures.time_base
                tracks = (
                    _moved(pictures, container.add_stream_from_template(pictures), Fraction(0), None),
                    _moved(sound, container.add_stream_from_template(sound), start, end),
                )
                for _, packet in heapq.merge(*tracks, key=lambda timed: timed[0]):
                    container.mux(packet)
        return True
    except (FFmpegError, OSError):
        return False


def _moved(stream: Any, target: Any, start: Fraction, end: Fraction | None) -> Iterator[tuple[Fraction, Any]]:
    """The packets of a stream with times that count from `start`, for another stream.

    Args:
        stream: A stream that is read; other streams of its file are passed over.
        target: The stream that the packets are for.
        start: The origin of the new times, in seconds. For sound, what is before it is left out.
        end: The end of the sound in new times; None for pictures, all of which are taken.

    Yields:
        The time at which a packet is decoded, in seconds, and the packet.
    """
    from av.stream import Discard

    for other in stream.container.streams:
        other.discard = Discard.default if other is stream else Discard.all
    first = round(start / stream.time_base)
    last = None if end is None else -1
    for packet in stream.container.demux(stream):
        if packet.dts is None:
            continue
        packet.dts, packet.pts = packet.dts - first, (packet.dts if packet.pts is None else packet.pts) - first
        if last is not None and packet.dts <= last:  # before the start, or out of order
            continue
        last, seconds = packet.dts, packet.dts * stream.time_base
        if end is not None and seconds >= end:
            return
        packet.stream = target
        yield seconds, packet
