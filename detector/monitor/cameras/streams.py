"""Reads the frames of a camera: by address, by number, or from a video file."""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detector.errors import SourceError
from detector.media.cameras import CameraReader, plausible_rate
from detector.media.video_frames import as_shown
from detector.media.videos import decode_video
from detector.monitor.cameras.diagnosis import explain_refusal
from detector.monitor.cameras.stills import StillPictures

_POLL_SECONDS = 0.1
_MOST_BEHIND = 1.0
_LONGEST_STEP = 10.0
_STILL = "_pipe"  # the end of the names that FFmpeg has for single pictures: jpeg_pipe, png_pipe


@dataclass(frozen=True, slots=True)
class StreamFrame:
    """One frame of a camera.

    Attributes:
        image: A function that gives it as BGR uint8 (H, W, 3), to be called by one thread at a time. None where the
            cap drops the frame, which is then not converted and, if possible, not decoded.
        rate: Frames per second of the source, as it claims.
        seconds: Its time from the start of a video file; None for what is live.
        is_still: The source gives single pictures on request, which may stay the same.
    """

    image: Callable[[], NDArray[np.uint8]] | None
    rate: float
    seconds: float | None = None
    is_still: bool = False


StreamFrames: TypeAlias = Generator[StreamFrame, None, None]
"""The frames of a source; those that a cap drops come without an image."""


class RateCap:
    """Lets at most `fps` frames per second through. It is a token bucket of two tokens, which tolerates jitter.

    Args:
        fps: The cap; None lets all through.
    """

    def __init__(self, fps: float | None) -> None:
        self._fps, self._tokens, self._last = fps, 2.0, 0.0

    def admits(self, clock: float) -> bool:
        """Whether a frame that comes at this time, in seconds, is let through."""
        if self._fps is None:
            return True
        self._tokens = min(2.0, self._tokens + max(0.0, clock - self._last) * self._fps)
        self._last = clock
        if self._tokens < 1 - 1e-6:  # sums of times are not exact
            return False
        self._tokens -= 1
        return True


class Backlog:
    """Notices when packets of a stream come faster than they are decoded, and decides which packets to leave out.

    Packets that are not read in time wait in network buffers, so frames would become older and older. For each packet,
    the delay of the reader grows by the time that it was busy with it, and shrinks by the time that the packet covers
    in the stream. When the delay is over a second, packets are left out until the buffers are empty and a key frame
    comes.
    """

    def __init__(self) -> None:
        self._behind = 0.0
        self._skipping = self._emptied = False

    def skips(self, step: float, busy: float, waited: float, *, is_key: bool) -> bool:
        """Whether to leave out the packet that came now.

        Args:
            step: Seconds of the stream between the packet before and this one.
            busy: Seconds that the reader worked on the packet before.
            waited: Seconds that it then waited for this one.
            is_key: Whether this one can be decoded without those before.
        """
        empty = waited > step / 2  # shorter waits happen with full buffers too
        self._behind = max(0.0, self._behind + busy + (0.0 if empty else waited) - step)
        if self._skipping:
            self._emptied |= empty
            if self._emptied and is_key:
                self._skipping, self._behind = False, 0.0
        elif self._behind > _MOST_BEHIND:
            self._skipping, self._emptied = True, False
        return self._skipping


def kind_of(source: str) -> Literal["number", "address", "file"]:
    """The kind of a source."""
    if source.isdecimal():
        return "number"
    return "address" if "://" in source else "file"


def read_address(address: str, cap: RateCap, open_seconds: float, stall_seconds: float) -> StreamFrames:
    """Frames of an RTSP or HTTP stream, of anything else that FFmpeg reads, or of an address that gives one picture.

    Args:
        address: With credentials, if it needs them.
        cap: Which frames are wanted.
        open_seconds: How long it may take to open.
        stall_seconds: How long it may be silent.

    Yields:
        Its frames; those that the cap drops come without an image.

    Raises:
        SourceError: It cannot be opened, is silent for too long, or has ended.
    """
    import av
    from av.error import FFmpegError

    # RTSP over TCP: lost packets of UDP damage images. The other options keep FFmpeg from holding frames back.
    options = {"rtsp_transport": "tcp", "fflags": "nobuffer", "analyzeduration": "1000000"}
    began = time.monotonic()
    try:
        container = av.open(address, options=options, timeout=(open_seconds, stall_seconds))
    except (FFmpegError, OSError, ValueError) as error:
        silent = time.monotonic() - began >= 0.9 * open_seconds
        why = explain_refusal(address, error, _reason(error, open_seconds), silent=silent)
        raise SourceError("stream", f"cannot be opened ({why})") from None
    if container.format.name.endswith(_STILL) and address.lower().startswith("http"):
        container.close()
        yield from _stills(address, cap, stall_seconds)
    with container:
        if not container.streams.video:
            raise SourceError("stream", "has no pictures")
        try:
            yield from _frames(container, container.streams.video[0], cap, stall_seconds)
        except (FFmpegError, OSError) as error:
            raise SourceError("stream", f"broke off ({_reason(error, stall_seconds)})") from None
    raise SourceError("stream", "ended")


def _stills(address: str, cap: RateCap, stall_seconds: float) -> StreamFrames:
    """Picture after picture of an address that gives one for each request, no faster than the cap."""
    stills = StillPictures(address, stall_seconds)
    if not stills.content_type().startswith("image/"):
        return
    while True:
        while not cap.admits(time.monotonic()):
            time.sleep(_POLL_SECONDS / 10)
        asked = time.monotonic()
        image = stills.next()
        rate = plausible_rate(1 / max(time.monotonic() - asked, 1e-3))
        yield StreamFrame(partial(np.asarray, image), rate, is_still=True)


def _frames(container: Any, stream: Any, cap: RateCap, stall_seconds: float) -> StreamFrames:
    from av.error import FFmpegError
    from av.video.reformatter import VideoReformatter

    stream.thread_type = "NONE"  # a thread for each frame would hold frames back
    reformatter = VideoReformatter()
    is_jpeg = stream.codec_context.name == "mjpeg"
    if is_jpeg:
        stream.codec_context.options = {"err_detect": "explode"}  # a damaged image is an error, not half an image
    rate = plausible_rate(float(stream.average_rate or stream.guessed_rate or 0))
    last, came = time.monotonic(), False
    skipping = False
    for packet, skips in _timely(container, stream, rate):
        if not packet.size:
            continue
        if skips and came:
            skipping, last = True, time.monotonic()
            yield StreamFrame(None, rate)
            continue
        if skipping:
            skipping = False
            stream.codec_context.flush_buffers()  # drop the frames before the gap, which later ones would refer to
        frames: list[Any] = []
        # A JPEG needs no other frame and may be left out undecoded, once the camera is known to send whole ones.
        if is_jpeg and came and not cap.admits(time.monotonic()):
            yield StreamFrame(None, rate)
            continue
        try:
            frames = [frame for frame in packet.decode() if not frame.is_corrupt]
        except FFmpegError:  # a damaged stretch
            frames = []
        now = time.monotonic()
        if not frames and now - last > stall_seconds:
            raise SourceError("stream", f"no whole picture for {stall_seconds:g} s")
        for frame in frames:
            last, came = now, True
            wanted = is_jpeg or cap.admits(now)
            yield StreamFrame(partial(as_shown, frame, reformatter) if wanted else None, rate)


def _timely(container: Any, stream: Any, rate: float) -> Generator[tuple[Any, bool]]:
    """The packets of a stream, and whether each is to be left out because the reader is behind."""
    backlog, before = Backlog(), None
    packets = container.demux(stream)
    came = time.monotonic()
    while True:
        ready = time.monotonic()
        if (packet := next(packets, None)) is None:
            return
        busy, waited = ready - came, time.monotonic() - ready
        came = ready + waited
        at = None if packet.dts is None else float(packet.dts * packet.time_base)
        step = 0.0 if at is None or before is None else at - before
        before = at
        plausible = step if 0 < step < _LONGEST_STEP else 1 / rate
        yield packet, backlog.skips(plausible, busy, waited, is_key=packet.is_keyframe)


def read_number(number: int, cap: RateCap) -> StreamFrames:
    """Frames of a camera of this machine, until it stops; otherwise as `read_address`.

    Raises:
        SourceError: There is no such camera, or it stopped delivering.
    """
    reader = CameraReader(number, cap.admits)
    try:
        while True:
            if (newest := reader.take(_POLL_SECONDS)) is not None:
                image = None if newest.image is None else partial(np.asarray, newest.image)
                yield StreamFrame(image, float(newest.timing.rate))
    finally:
        reader.stop()


def read_file(path: Path, cap: RateCap) -> StreamFrames:
    """Frames of a video file, as fast as they are taken; the cap counts frames per second of the video.

    Raises:
        SourceError: It is no video; or, after its last frame, it is damaged or cut short.
    """
    for image, timing in decode_video(path):
        seconds = float(timing.seconds)
        yield StreamFrame(image if cap.admits(seconds) else None, float(timing.rate), seconds)


def _reason(error: Exception, seconds: float) -> str:
    """The reason that FFmpeg gives, without the address that its own text repeats."""
    import av.error

    if isinstance(error, av.error.ExitError | TimeoutError):
        return f"no answer within {seconds:g} s"
    return getattr(error, "strerror", None) or type(error).__name__
