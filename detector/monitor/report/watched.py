"""When cameras were watched, and why not."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from detector.monitor.report.figures import Gap
from detector.monitor.store.records import Run

_MINUTE = timedelta(minutes=1)


class WatchedTime:
    """Follows the minutes of one camera.

    Args:
        camera: Its name.
        start: From when on it could have delivered.
    """

    def __init__(self, camera: str, start: datetime) -> None:
        self.camera, self.start = camera, start
        self.seconds = 0.0
        self._until = start  # everything before is accounted for
        self._gaps: list[tuple[datetime, datetime]] = []

    def add(self, minute: datetime, seconds_up: float) -> None:
        """Take note of the next minute, in the order of time."""
        if seconds_up <= 0:
            return
        self.seconds += seconds_up
        if minute - self._until >= _MINUTE:
            self._gaps.append((self._until, minute))
        self._until = max(self._until, minute + _MINUTE)

    def gaps(self, end: datetime, runs: Sequence[Run]) -> tuple[Gap, ...]:
        """Whole minutes without a picture until `end`, split where the program was started or stopped."""
        found = [*self._gaps, (self._until, end)] if end - self._until >= _MINUTE else self._gaps
        running = list(_merged(runs))
        return tuple(gap for first, last in found for gap in self._split(first, last, running))

    def _split(self, start: datetime, end: datetime, running: Sequence[tuple[datetime, datetime]]) -> Iterator[Gap]:
        edges = sorted({time for run in running for time in run if start < time < end})
        parts: list[Gap] = []
        for first, last in zip([start, *edges], [*edges, end], strict=True):
            middle = first + (last - first) / 2
            down = any(begun <= middle < ended for begun, ended in running)
            if parts and (last - first < _MINUTE or parts[-1].running == down):
                parts[-1] = Gap(self.camera, parts[-1].start, last, parts[-1].running)
            elif parts and parts[-1].length < _MINUTE:
                parts[-1] = Gap(self.camera, parts[-1].start, last, down)
            else:
                parts.append(Gap(self.camera, first, last, down))
        yield from parts


def _merged(runs: Sequence[Run]) -> Iterator[tuple[datetime, datetime]]:
    """The times in which at least one of the runs was there, in order."""
    current: tuple[datetime, datetime] | None = None
    for begun, ended in sorted((run.started, run.ended or run.written) for run in runs):
        if current is not None and begun <= current[1]:
            current = (current[0], max(current[1], ended))
            continue
        if current is not None:
            yield current
        current = (begun, ended)
    if current is not None:
        yield current
