"""What a video says about itself, before any of it is decoded."""

from dataclasses import dataclass
from pathlib import Path

from detector.errors import SourceError


@dataclass(frozen=True, slots=True)
class VideoHeader:
    """The size and the length of a video, as it states them.

    Attributes:
        width: In pixels.
        height: In pixels.
        frames: None where it says nothing.
        seconds: None where it says nothing.
    """

    width: int
    height: int
    frames: int | None
    seconds: float | None


def read_video_header(path: Path, name: str) -> VideoHeader:
    """Read the header of a video.

    Args:
        path: The file.
        name: What errors call it.

    Raises:
        SourceError: It cannot be read as a video, or has no pictures.
    """
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceError(name, "no pictures in it", "a video")
            stream = container.streams.video[0]
            seconds = None if container.duration is None else container.duration / av.time_base
            return VideoHeader(stream.width or 0, stream.height or 0, stream.frames or None, seconds)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(name, f"not readable as a video ({reason})", "a whole video file") from error
