"""H.264 videos that every browser plays."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import OutputError
from detector.files import temporary_name
from detector.media.sound import add_sound
from detector.media.videos import Timing

_BT709 = 1  # the colour space of HD video, stated in the file: otherwise each player guesses another one
_HIGHEST_TICKS = 2**31 - 1  # of an MP4's clock, per second


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a video is encoded and laid out in its file.

    Attributes:
        container: Options of FFmpeg's MP4 muxer.
        codec: Options of libx264.
        key_seconds: The longest time between two key frames; None: the encoder decides.
    """

    container: Mapping[str, str]
    codec: Mapping[str, str]
    key_seconds: float | None = None


WHOLE = Encoding({"movflags": "+faststart"}, {"crf": "20", "preset": "veryfast"})
"""A file that plays before it is loaded whole; it can be played only once it is closed."""

FRAGMENTED = Encoding(
    {"movflags": "frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"},
    # One thread, and no frames held back: the cores are for the network.
    {"crf": "24", "preset": "veryfast", "tune": "zerolatency", "threads": "1", "g": "1000"},
    key_seconds=2.0,
)
"""A file that plays up to its last two seconds when the program is killed."""


class H264Writer:
    """Writes H.264 in MP4, 4:2:0, without sound. Sizes must be even: an odd last row or column is repeated.

    Args:
        path: The file, written to at once.
        shape: (height, width, ...) of the frames.
        rate: Frames per second, about.
        time_base: The unit of the frames' times, in seconds.
        encoding: How it is encoded.

    Raises:
        av.error.FFmpegError: It cannot be written; also of the methods.
    """

    def __init__(
        self, path: Path, shape: tuple[int, ...], rate: Fraction, time_base: Fraction, encoding: Encoding
    ) -> None:
        import av

        self._container: Any = av.open(str(path), "w", format="mp4", options=dict(encoding.container))
        self._stream: Any = self._container.add_stream("libx264", rate=rate)
        self._stream.width, self._stream.height = (side + side % 2 for side in shape[1::-1])
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = dict(encoding.codec)
        context = self._stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.time_base = self._time_base = time_base
        self._key_ticks = None if encoding.key_seconds is None else round(encoding.key_seconds / time_base)
        self._next_key = 0

    def write(self, image: NDArray[np.uint8], ticks: int) -> None:
        """Append a frame.

        Args:
            image: BGR uint8 (H, W, 3) of the shape given.
            ticks: When it is shown, in units of the time base; later than the frame before.
        """
        import av
        from av.video.frame import PictureType

        height, width = image.shape[:2]
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="bgr24").reformat(format="yuv420p", dst_colorspace=_BT709)
        frame.pts, frame.time_base = ticks, self._time_base
        if self._key_ticks is not None and ticks >= self._next_key:
            frame.pict_type = PictureType.I
            self._next_key = ticks + self._key_ticks
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write the frames that the encoder holds, and finish the file."""
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def abandon(self) -> None:
        """Close a file that cannot be written."""
        with suppress(Exception):
            self._container.close()


def join_fragments(path: Path) -> None:
    """Make a fragmented file one that says at its beginning how long it is; where that fails, it stays as it is."""
    import av
    from av.error import FFmpegError

    joined = path.with_name(path.name + ".joined")
    try:
        with (
            av.open(str(path)) as source,
            av.open(str(joined), "w", format="mp4", options=dict(WHOLE.container)) as target,
        ):
            stream = target.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    target.mux(packet)
        joined.replace(path)
    except (FFmpegError, OSError):
        with suppress(OSError):
            joined.unlink()


class VideoWriter:
    """Writes a copy of a video, at the times of the source's frames, counted from the first.

    Args:
        path: The file to write; it appears when the video is closed.
        image: The first frame, for its size: BGR uint8 (H, W, 3).
        timing: Its timing, for the frame rate.
        sound_of: The video whose sound is copied, if MP4 can hold it.

    Attributes:
        lacks_sound: The video has sound that could not be copied; known when the file is closed.

    Raises:
        OutputError: The file cannot be written; also of the methods. What was written is removed.
    """

    def __init__(self, path: Path, image: NDArray[np.uint8], timing: Timing, sound_of: Path | None = None) -> None:
        self._path, self._size = path, image.shape[:2]
        self._origin = timing.seconds  # later than 0 where only a part of the video is copied
        self._sound = None if sound_of is None else (sound_of, timing.start + timing.seconds)
        self.lacks_sound = False
        self._rate = timing.rate
        # The clock is exact for videos with a constant frame rate, and accurate to a millisecond for others.
        self._ticks = -(-1000 // self._rate) if self._rate < 1000 else 1
        if self._rate.numerator * self._ticks > _HIGHEST_TICKS:
            self._rate = self._rate.limit_denominator(1001)
        time_base = 1 / (self._rate * self._ticks)
        self._temporary, self._last = temporary_name(path), -1
        self._video: H264Writer | None = None
        with self._output_errors():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._video = H264Writer(self._temporary, image.shape, self._rate, time_base, WHOLE)

    def write(self, image: NDArray[np.uint8], timing: Timing) -> None:
        """Append a frame. One of another size, as some streams have, is scaled to that of the first.

        Args:
            image: BGR uint8 (H, W, 3).
            timing: When it is shown.

        Raises:
            OutputError: It cannot be written.
            ValueError: The video is closed.
        """
        if image.shape[:2] != self._size:
            image = cv2.resize(image, self._size[::-1]).astype(np.uint8)
        if self._video is None:
            raise ValueError("the video is closed")
        self._last = max(self._last + 1, self._pts(timing))
        with self._output_errors():
            self._video.write(image, self._last)

    def close(self) -> None:
        """Finish the file."""
        with self._output_errors():
            if self._video is not None:
                self._video.close()
                self._add_sound()
                self._temporary.replace(self._path)
                self._video = None

    def _add_sound(self) -> None:
        """Replace the file by one with sound; if that fails, the silent one is the copy."""
        if self._sound is None:
            return
        with_sound = self._temporary.with_name(self._temporary.name + ".sound")
        try:
            added = add_sound(self._temporary, *self._sound, with_sound)
            self.lacks_sound = added is False
            if added:
                with_sound.replace(self._temporary)
        finally:
            with_sound.unlink(missing_ok=True)

    def _pts(self, timing: Timing) -> int:
        seconds = timing.seconds - self._origin
        index = round(seconds * self._rate)
        if abs(seconds - index / self._rate) <= timing.tick:  # the source's clock is too coarse to tell
            return index * self._ticks
        return round(seconds * self._rate * self._ticks)

    @contextmanager
    def _output_errors(self) -> Iterator[None]:
        """Errors of FFmpeg and of the operating system end the video, and are `OutputError`."""
        from av.error import FFmpegError

        try:
            yield
        except (FFmpegError, OSError) as error:
            if self._video is not None:
                self._video.abandon()
                self._video = None
            with suppress(OSError):
                self._temporary.unlink()
            reason = getattr(error, "strerror", None) or str(error)
            raise OutputError(self._path, f"not writable ({reason})") from error
