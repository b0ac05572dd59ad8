"""Which frames of a video are looked at."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from detector.errors import OptionError, check_range

_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?)")
_MOST_EVERY, _LOWEST_FPS, _HIGHEST_FPS = 1_000_000, 0.0001, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPart:
    """Which frames of a video are looked at.

    Attributes:
        every: Every so many frames, from the first of the part on.
        fps: At most so many frames per second of the video; None: all.
        start: The part begins at this time of the video, in seconds.
        end: It ends before this time; None: at the end of the video.

    Raises:
        UsageError: A value is out of range, or `every` and `fps` are both given.
    """

    every: int = 1
    fps: float | None = None
    start: float = 0.0
    end: float | None = None

    def __post_init__(self) -> None:
        check_range("every", self.every, 1, _MOST_EVERY)
        check_range("fps", self.fps, _LOWEST_FPS, _HIGHEST_FPS)
        check_range("start", self.start, 0, 1e9)
        check_range("end", self.end, 0, 1e9)
        if self.every != 1 and self.fps is not None:
            raise OptionError("every", "together with `fps`", "one of the two")
        if self.end is not None and self.end <= self.start:
            raise OptionError("end", f"{self.end:g} s", f"a time after `start`, {self.start:g} s")

    @property
    def is_whole(self) -> bool:
        """Whether every frame is looked at."""
        return self == WHOLE_VIDEO

    def rate(self, rate: Fraction) -> Fraction:
        """The frames that are looked at per second of the video.

        Args:
            rate: Frames per second of the whole video.
        """
        chosen = rate / self.every
        return chosen if self.fps is None else min(chosen, _exact(self.fps))


WHOLE_VIDEO = VideoPart()


class FrameChooser:
    """Chooses frames, which are shown to it in the order of their times.

    Args:
        part: Which frames.
        tick: The resolution of the video's clock, in seconds: a frame may be stamped so much too early.
    """

    def __init__(self, part: VideoPart, tick: Fraction = Fraction(0)) -> None:
        self._every, self._fps = part.every, None if part.fps is None else _exact(part.fps)
        self._start, self._end = _exact(part.start), None if part.end is None else _exact(part.end)
        self._tick = tick
        self._seen = 0  # frames in the part
        self._due = self._start

    def takes(self, seconds: Fraction) -> bool:
        """Whether a frame is looked at.

        Args:
            seconds: When it is shown.
        """
        now = seconds + self._tick
        if now < self._start or self.is_past(seconds):
            return False
        self._seen += 1
        if self._fps is None:
            return (self._seen - 1) % self._every == 0
        if now < self._due:
            return False
        self._due = self._start + (floor((now - self._start) * self._fps) + 1) / self._fps
        return True

    def is_past(self, seconds: Fraction) -> bool:
        """Whether the part ends before a time."""
        return self._end is not None and seconds + self._tick >= self._end + self._tick


def parse_time(text: str, name: str) -> float:
    """A time of a video in seconds.

    Args:
        text: Seconds, MM:SS or HH:MM:SS, with decimals or without.
        name: The parameter, for the error.

    Raises:
        UsageError: It is something else.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None or (match[2] and float(match[3]) >= 60) or (match[1] and int(match[2]) >= 60):
        raise OptionError(name, repr(text), "seconds, MM:SS or HH:MM:SS")
    hours, minutes, seconds = match.groups()
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)


def _exact(value: float) -> Fraction:
    """A decimal number as it is written: 0.1 is a tenth."""
    return Fraction(str(value))
