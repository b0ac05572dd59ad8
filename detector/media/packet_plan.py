"""Decides which packets of a video have to be decoded, where only some of its frames are looked at.

Frames depend on others since the last clean point, from which decoding can begin. So of each group, the packets
from one clean point to the next, nothing is decoded behind the last frame that is looked at.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from detector.media.video_part import FrameChooser

# A group that is larger is decoded whole: its packets wait in memory until it is complete.
_MOST_PACKETS = 2000
_MOST_BYTES = 100_000_000
_CONTAINERS = ("mov", "matroska")  # their packets have exact times, one packet a frame
# Types of NAL units with which decoding can begin, and where a packet's units have them.
_CLEAN = {"h264": lambda head: head & 0x1F == 5, "hevc": lambda head: 16 <= head >> 1 & 0x3F <= 21}
_UNIT_SIZE_AT = {"h264": 4, "hevc": 21}  # in the header of the stream


class Planned(NamedTuple):
    """A packet that is decoded; whether its own frame is looked at, or needed by others at most."""

    packet: Any
    is_chosen: bool


class PacketPlan:
    """Takes the packets of a stream, and gives those that are to be decoded.

    Args:
        container: The opened file, of PyAV.
        stream: Its pictures.
        chooser: Which frames are looked at.
        skip: Leave out packets; otherwise all are decoded.
    """

    def __init__(self, container: Any, stream: Any, chooser: FrameChooser, *, skip: bool) -> None:
        self._chooser, self._tick = chooser, Fraction(stream.time_base or 0)
        self._codec: str = stream.codec_context.name
        self._unit_size = _unit_size(stream)
        is_known = container.format.name.split(",")[0] in _CONTAINERS and bool(self._unit_size and self._tick)
        self._skips = skip and is_known
        self._waiting: list[list[Any]] = []  # groups: one that is complete, and one that grows
        self._waiting_bytes = 0
        self._planned: dict[int, tuple[int, bool]] = {}  # by time of the frame: its number, whether it is chosen
        self._next = 0  # the number of the next frame
        self.start: Fraction | None = None
        self.is_past = False

    def add(self, packet: Any) -> Iterator[Planned]:
        """Take the next packet of the stream; the empty one at the end too."""
        if not self._skips:
            yield Planned(packet, True)
        elif not packet.size:
            yield from self._close()
            yield Planned(packet, True)
        elif packet.pts is None or (not self._waiting and not self._is_clean(packet)):
            yield from self._give_up()
            yield Planned(packet, True)
        else:
            yield from self._wait(packet)

    def number(self, frame: Any, seconds: Fraction) -> tuple[int, bool]:
        """The number of a decoded frame in the video, and whether it is looked at."""
        if frame.pts in self._planned:
            return self._planned.pop(frame.pts)
        number, self._next = self._next, self._next + 1
        self.is_past = self._chooser.is_past(seconds)
        return number, self._chooser.takes(seconds)

    def _wait(self, packet: Any) -> Iterator[Planned]:
        if self._is_clean(packet):
            if len(self._waiting) == 2:
                yield from self._decide(self._waiting.pop(0), self._waiting[0])
            if self._skips:
                self._waiting.append([])
        if not self._skips:  # given up meanwhile
            yield Planned(packet, True)
            return
        self._waiting[-1].append(packet)
        self._waiting_bytes += packet.size
        if sum(map(len, self._waiting)) > _MOST_PACKETS or self._waiting_bytes > _MOST_BYTES:
            yield from self._give_up()

    def _close(self) -> Iterator[Planned]:
        while self._skips and self._waiting:
            group = self._waiting.pop(0)
            yield from self._decide(group, self._waiting[0] if self._waiting else [])

    def _decide(self, group: list[Any], following: list[Any]) -> Iterator[Planned]:
        """The packets of a group that are to be decoded."""
        self._waiting_bytes -= sum(packet.size for packet in group)
        shown = sorted(packet.pts for packet in group if not packet.is_discard)
        if len(set(shown)) < len(shown) or (self.start is None and _leading(group)):
            self._waiting.insert(0, group)
            yield from self._give_up()
            return
        self.start = min(shown) * self._tick if self.start is None and shown else self.start
        planned = {}
        for pts in shown:
            seconds = pts * self._tick - (self.start or 0)
            planned[pts] = (self._next, self._chooser.takes(seconds))
            self.is_past = self._chooser.is_past(seconds)
            self._next += 1
        chosen = [i for i, packet in enumerate(group) if planned.get(packet.pts, (0, False))[1]]
        # Frames of the next group that are shown before its clean point need this group to its end.
        last = len(group) - 1 if _leading(following) else max(chosen, default=-1)
        for packet in group[: last + 1]:
            if packet.pts in planned:
                self._planned[packet.pts] = planned[packet.pts]
            yield Planned(packet, planned.get(packet.pts, (0, True))[1])

    def _give_up(self) -> Iterator[Planned]:
        """Decode everything from here on."""
        self._skips = False
        waiting, self._waiting = self._waiting, []
        for group in waiting:
            yield from (Planned(packet, True) for packet in group)

    def _is_clean(self, packet: Any) -> bool:
        if not packet.is_keyframe:
            return False
        data, place, size = bytes(packet), 0, self._unit_size
        while place + size < len(data):
            if _CLEAN[self._codec](data[place + size]):
                return True
            place += size + int.from_bytes(data[place : place + size], "big")
        return False


def _leading(group: list[Any]) -> bool:
    """Whether a group has frames that are shown before its first."""
    return any(packet.pts is None or packet.pts < group[0].pts for packet in group)


def _unit_size(stream: Any) -> int:
    """In how many bytes a packet states the size of each unit; 0 where this is not known."""
    place = _UNIT_SIZE_AT.get(stream.codec_context.name)
    header = stream.codec_context.extradata
    if place is None or not header or len(header) <= place or header[0] != 1:
        return 0
    return int(header[place] & 3) + 1
