"""Frames out of video files."""

from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from converters.pictures import check_file
from detector.errors import SourceError
from detector.media.video_decoding import Decoded, Timing, VideoDecoding, reason_of
from detector.media.video_part import WHOLE_VIDEO, VideoPart

__all__ = ["Timing", "decode_video", "read_video"]


def read_video(path: Path, part: VideoPart = WHOLE_VIDEO) -> Iterator[tuple[NDArray[np.uint8], Timing]]:
    """Decode a video, one frame at a time.

    Frames are turned, mirrored and stretched as a player shows them. Damaged parts are skipped. The damage is reported
    after everything else is decoded.

    Args:
        path: Anything FFmpeg reads, animated GIF included.
        part: Which frames.

    Yields:
        BGR uint8 (H, W, 3), and when it is shown.

    Raises:
        SourceError: The file is no video, or has no frame that could be decoded, or none in the part.
        DamagedVideoError: After the last frame that could be decoded: the video is damaged or cut short.
    """
    with closing(decode_video(path, part)) as frames:
        for image, timing in frames:
            yield image(), timing


def decode_video(path: Path, part: VideoPart = WHOLE_VIDEO) -> Generator[Decoded, None, None]:
    """Decode a video as `read_video` does, but convert a frame to BGR only when its function is called.

    Args:
        path: Anything FFmpeg reads.
        part: Which frames. What is not needed for them is not decoded, as far as the format allows it.

    Yields:
        A function that gives the image, and when it is shown.

    Raises:
        SourceError: As for `read_video`; also `DamagedVideoError`.
    """
    import av
    import av.error

    try:
        check_file(path, "a video", SourceError)
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise SourceError(path, f"not readable as a video ({reason_of(error)})", "a whole video file") from error
    with container:
        if not container.streams.video:
            raise SourceError(path, "no pictures in it", "a video")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield from VideoDecoding(path, container, stream, part).frames()
