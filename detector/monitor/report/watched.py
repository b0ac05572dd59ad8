"""Computes the time in which a camera was watched, and the gaps."""

from dataclasses import replace
from datetime import datetime, timedelta

from detector.monitor.report.figures import Gap

_MINUTE = timedelta(minutes=1)


class WatchedTime:
    """Follows the minutes of one camera.

    A program writes every minute of each camera that it watches, those without a picture included. So in a minute that
    is not in the store, no program watched.

    Args:
        camera: Its name.
        start: From when on it could have delivered.
    """

    def __init__(self, camera: str, start: datetime) -> None:
        self.camera, self.start = camera, start
        self.seconds = 0.0
        self._until = start  # the time before is counted already
        self._gaps: list[Gap] = []

    def add(self, minute: datetime, seconds_up: float) -> None:
        """Take note of the next minute, in the order of time."""
        self._miss(minute, running=False)
        if seconds_up > 0:
            self.seconds += seconds_up
            self._until = max(self._until, minute + _MINUTE)
        else:
            self._miss(minute + _MINUTE, running=True)

    def gaps(self, end: datetime) -> tuple[Gap, ...]:
        """Whole minutes without a picture until `end`, which is after the last minute began."""
        self._miss(end, running=False)
        within = (replace(gap, end=min(gap.end, end)) for gap in self._gaps)
        return tuple(gap for gap in within if gap.length >= _MINUTE)

    def _miss(self, until: datetime, *, running: bool) -> None:
        if until <= self._until:
            return
        start = self._until
        if self._gaps and (last := self._gaps[-1]).end == start and last.running == running:
            start = self._gaps.pop().start
        self._gaps.append(Gap(self.camera, start, until, running))
        self._until = until
