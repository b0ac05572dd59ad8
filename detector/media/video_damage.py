"""Finds out whether a video that was decoded had damage, where, and how many frames are missing."""

from fractions import Fraction
from typing import Any

from converters.plurals import quantity

# Containers whose header says how long the video is. The duration of others is an estimate of FFmpeg's.
_DECLARING = ("mov", "avi", "matroska", "flv", "asf")
# A whole video may end this much before the time that it declares: containers round, and a last frame may stay longer.
_TOLERANCE_SECONDS = Fraction(1)
# Of a video with evenly spaced frames the end is known better.
_TOLERANCE_FRAMES = {"avi": 2}
_OTHER_TOLERANCE_FRAMES = 4
_EVEN = Fraction(1, 4)  # steps that differ by less than this part of a frame are rounded
# In a whole Matroska file little more than headers lies between packets.
_LARGEST_HEADER_BYTES = 256
_NEAR_PACKETS = 3  # a transport stream marks the packet at hand, and the parser gives it a little earlier
_LONGEST_JUMP_SECONDS = 60  # what jumps further is another recording


class VideoDamage:
    """Collects the signs of damage while a video is decoded.

    Recordings of streams begin anywhere. So what precedes their first whole frame is not judged.

    Args:
        container: The opened file, of PyAV.
        stream: Its pictures.
        rate: Frames per second.
    """

    def __init__(self, container: Any, stream: Any, rate: Fraction) -> None:
        self._rate = rate
        self._stream_index, self._frame_count = stream.index, stream.frames
        self._container_name: str = container.format.name.split(",")[0]
        self._declared = _declared_seconds(container, stream, rate) if self._container_name in _DECLARING else None
        self._place: Fraction | None = None  # of the first sign, in seconds
        self._reason = ""
        self._begun = self._container_name in _DECLARING
        self._key_seen = False
        self._is_even = True
        self._first: Fraction | None = None
        self._end = Fraction(0)
        self._last_time: Fraction | None = None
        self._skipped = self._usual_skip = self._last_byte = 0
        self._since_corrupt = _NEAR_PACKETS + 1  # packets
        self._jumps = 0  # frames, where the time jumps at a sign
        self._frames = 0

    def see_packet(self, packet: Any) -> None:
        """Take note of a packet, of any stream of the file."""
        self._see_position(packet)
        if packet.stream.index != self._stream_index or not packet.size:
            return
        self._key_seen = self._key_seen or packet.is_keyframe
        pts = packet.pts if packet.pts is not None else packet.dts
        if pts is None:
            return
        seconds = pts * Fraction(packet.time_base)
        self._first = seconds if self._first is None else min(self._first, seconds)
        self._see_corruption(packet, seconds)
        if packet.dts is not None:
            self._see_step(packet.dts * Fraction(packet.time_base))
        duration = packet.duration * Fraction(packet.time_base) if packet.duration else 1 / self._rate
        self._end = max(self._end, seconds + duration)

    def see_frame(self, frame: Any, seconds: Fraction) -> None:
        """Take note of a decoded frame, which is shown at `seconds`."""
        self._frames += 1
        if frame.is_corrupt:
            self._sign(seconds, "a frame is not whole")
        else:
            self._begun = self._begun or self._key_seen

    def see_error(self, reason: str, seconds: Fraction) -> None:
        """Take note of an error of reading or decoding."""
        self._sign(seconds, reason)

    @property
    def last_packet_end(self) -> Fraction:
        """When the last packet ends, in seconds since the first frame; 0 where there was none."""
        return self._end - (self._first or 0) if self._end else Fraction(0)

    def describe(self, end: Fraction, *, looked_at: int | None = None, until: Fraction | None = None) -> str | None:
        """What is damaged and how much is missing, or None.

        Args:
            end: When the last frame that was decoded ends, in seconds.
            looked_at: How many frames were, if not all.
            until: What is behind this time is not judged, because only a part of the video is wanted.
        """
        declared = self._declared
        if declared is not None and until is not None:
            declared = min(declared, until)
        if declared is not None and max(end, self._end_as_declared()) < declared - self._tolerance():
            missing = self._missing(declared, looked_at)
            return f"cut short: ends at {float(end):.2f} s of {float(declared):.2f} s; {missing}"
        if self._place is None or (until is not None and self._place >= until):
            return None
        return f"damaged after {float(self._place):.2f} s ({self._reason}); {self._missing(declared, looked_at)}"

    def _end_as_declared(self) -> Fraction:
        """The end of the last packet, counted as the container counts its duration."""
        counts_from_zero = self._container_name in ("matroska", "mov")  # others count from the first frame
        return self._end if counts_from_zero else self._end - (self._first or 0)

    def _tolerance(self) -> Fraction:
        frames = _TOLERANCE_FRAMES.get(self._container_name, _OTHER_TOLERANCE_FRAMES)
        return min(_TOLERANCE_SECONDS, frames / self._rate) if self._is_even else _TOLERANCE_SECONDS

    def _missing(self, declared: Fraction | None, looked_at: int | None) -> str:
        if looked_at is not None:
            return f"{quantity(looked_at, 'frame')} looked at"
        read = f"{quantity(self._frames, 'frame')} read"
        expected = round(declared * self._rate) if declared else self._frames + self._jumps
        if self._container_name == "avi":
            expected = max(expected, self._frame_count)
        if expected > self._frames:
            return f"{read} of about {expected}"
        return read if declared else f"{read}; the file does not say how many there were"

    def _see_position(self, packet: Any) -> None:
        if packet.pos is None or packet.pos < 0 or not packet.size:
            return
        if self._last_byte:
            self._skipped += max(packet.pos - self._last_byte, 0)
        self._last_byte = max(self._last_byte, packet.pos + packet.size)

    def _see_corruption(self, packet: Any, seconds: Fraction) -> None:
        self._since_corrupt += 1
        if not packet.is_corrupt:
            return
        if self._container_name == "mpegts":
            self._since_corrupt = 0
        else:
            self._sign(seconds - (self._first or 0), "a packet is not whole")

    def _see_step(self, now: Fraction) -> None:
        """A jump in time alone is no damage, since frame rates vary."""
        before, self._last_time = self._last_time, now
        skipped, self._skipped = self._skipped, 0
        step = Fraction(1) if before is None else (now - before) * self._rate  # in frames
        self._is_even = self._is_even and abs(step - 1) < _EVEN
        lost = round(step) - 1
        if not 0 < lost < _LONGEST_JUMP_SECONDS * self._rate:
            self._usual_skip = max(self._usual_skip, skipped)
        elif self._is_hole(skipped):
            self._sign(now - lost / self._rate - (self._first or 0), "a part of the file is not readable")
            self._jumps += lost

    def _is_hole(self, skipped: int) -> bool:
        """Whether data is missing before this packet.

        Packets of a transport stream are also marked as corrupt where two recordings were joined, with nothing missing.
        """
        if self._container_name == "mpegts":
            return self._since_corrupt <= _NEAR_PACKETS
        return self._container_name == "matroska" and skipped > max(_LARGEST_HEADER_BYTES, 2 * self._usual_skip)

    def _sign(self, seconds: Fraction, reason: str) -> None:
        if self._begun and self._place is None:
            self._place, self._reason = max(seconds, Fraction(0)), reason


def _declared_seconds(container: Any, stream: Any, rate: Fraction) -> Fraction | None:
    """How long the file says its pictures last."""
    name = container.format.name
    if name == "avi" and stream.frames:  # FFmpeg shortens the duration of a file that is cut
        return Fraction(stream.frames) / rate
    if name.startswith("mov") and not stream.frames:  # fragmented: each part declares only its own
        return None
    if stream.duration and stream.time_base:
        return Fraction(stream.duration) * Fraction(stream.time_base)
    if container.duration and len(container.streams) == 1:
        return Fraction(container.duration, 1_000_000)
    return None
