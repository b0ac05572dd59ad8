"""What a report says first: where and when masks were missing, and how it was in the period before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from detector.errors import StoreError, UsageError
from detector.monitor.report.charts import FEW
from detector.monitor.report.collect import collect
from detector.monitor.report.figures import CameraFigures, Counts, Figures
from detector.monitor.report.period import Period
from detector.monitor.store.event_reader import EventReader
from detector.people.states import State

_DAY = timedelta(days=1)
_SAME = 0.0005  # of shares that are shown with one decimal of a per cent


@dataclass(frozen=True, slots=True)
class Worst:
    """Where or when the share without mask was the highest.

    Attributes:
        name: A camera; or an hour of the day, such as 17:00.
        share: The share without mask, 0 to 1.
    """

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Headline:
    """The first sentences of a report.

    Attributes:
        camera: The camera with most of the time without mask; None where there is no choice of cameras.
        hour: The hour of the day; None where the period has few of them.
        before: The figures of the period of the same length before; None where the store has none.
        better: Compliance now minus before, -1 to 1; None where one of them says little.
        lowest: Compliance if nobody of whom no state is known wore a mask; None where nobody was seen.
        highest: Compliance if all of them did.
    """

    camera: Worst | None
    hour: Worst | None
    before: Figures | None
    better: float | None
    lowest: float | None
    highest: float | None

    @property
    def is_same(self) -> bool:
        """Whether compliance is as before, as far as it is shown."""
        return self.better is not None and abs(self.better) < _SAME


def headline(figures: Figures, before: Figures | None = None) -> Headline:
    """What to say first.

    Args:
        figures: The figures.
        before: Those of the period before.
    """
    cameras = [(camera.name, camera.counts) for camera in figures.cameras]
    hours = [(part.name, part.counts) for part in figures.by_hour]
    counts, earlier = figures.counts, before.counts if before is not None else Counts()
    comparable = min(counts.decided, earlier.decided) >= FEW
    better = (counts.compliance or 0) - (earlier.compliance or 0) if comparable else None
    lowest = counts.with_mask / counts.total if counts.total else None
    highest = (counts.total - counts.decided + counts.with_mask) / counts.total if counts.total else None
    return Headline(_worst(cameras), _worst(hours), before, better, lowest, highest)


def period_before(figures: Figures, reader: EventReader) -> Figures | None:
    """The figures of the same cameras in the period of the same length before; None where the store has none."""
    period, clock = figures.period, figures.period.clock
    length = period.end_shown - period.start
    start = clock.utc((clock.local(period.start) - length).replace(tzinfo=None))  # a day has 23 hours now and then
    try:
        names = [camera.name for camera in figures.cameras]
        found = collect(reader, clock, start, period.start, names, most_rows=0, now=figures.made)
    except (StoreError, UsageError):
        return None
    return found if found.counts.total else None


def by_need(cameras: Iterable[CameraFigures]) -> list[CameraFigures]:
    """Cameras with the lowest compliance first; last those without one."""
    return sorted(cameras, key=lambda camera: (camera.counts.compliance is None, camera.counts.compliance or 0))


def shows_hours(period: Period) -> bool:
    """Whether hours of the day say more than the chart over time."""
    return period.end - period.start > _DAY


def shows_weekdays(period: Period) -> bool:
    """Whether weekdays say more than the chart over time."""
    return period.end - period.start > 7 * _DAY


def _worst(parts: Iterable[tuple[str, Counts]]) -> Worst | None:
    """The part with the highest share without mask, of two or more that say something."""
    telling = [(name, counts.share(State.WITHOUT_MASK) or 0.0) for name, counts in parts if counts.decided >= FEW]
    name, share = max(telling, key=lambda part: part[1], default=("", 0.0))
    return Worst(name, share) if len(telling) > 1 and share > 0 else None
