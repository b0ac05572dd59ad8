"""Sends no more than so many alerts of a rule a day, and says once a day how many were held back."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from converters.plurals import quantity
from detector.monitor.config.alerts import AlertConfig
from detector.people.states import Alert, count_states


@dataclass(slots=True)
class _Day:
    """The alerts of a rule on one day: those sent, and by camera those held back."""

    date: date
    zone: tzinfo | None
    sent: int = 0
    held: Counter[str] = field(default_factory=Counter)


class DailyCap:
    """Counts the alerts of every rule that has a cap. Its methods are called by one thread at a time.

    Args:
        alerts: As configured.
        timezone_of: The time zone of a camera by its name; its day counts.
    """

    def __init__(
        self, alerts: Sequence[AlertConfig], timezone_of: Callable[[str], tzinfo | None] = lambda _: None
    ) -> None:
        self._most = {alert.name: alert.most_a_day for alert in alerts if alert.most_a_day is not None}
        self._timezone_of = timezone_of
        self._days: dict[str, _Day] = {}

    def admits(self, alert: Alert) -> bool:
        """Whether to send an alert; one that is not sent is counted for the digest of its day."""
        most = self._most.get(alert.rule)
        if most is None:
            return True
        zone = self._timezone_of(alert.camera)
        day = self._days.setdefault(alert.rule, _Day(alert.time.astimezone(zone).date(), zone))
        if day.sent < most:
            day.sent += 1
            return True
        day.held[alert.camera] += 1
        return False

    def digests(self, now: datetime, *, last: bool = False) -> list[Alert]:
        """One alert for each rule that held alerts back on a day that is over.

        Args:
            now: The time.
            last: The program ends: of today too.
        """
        over = {rule: day for rule, day in self._days.items() if last or now.astimezone(day.zone).date() > day.date}
        for rule in over:
            del self._days[rule]
        return [_digest(rule, day) for rule, day in over.items() if day.held]


def _digest(rule: str, day: _Day) -> Alert:
    cameras = ", ".join(f"{camera} {number}" for camera, number in day.held.most_common())
    number = quantity(day.held.total(), "more alert")
    message = f"{number} on {day.date:%Y-%m-%d}, not sent one by one ({cameras})"
    camera = day.held.most_common(1)[0][0]
    return Alert(rule, camera, datetime.now(UTC), message, 0, count_states(()))
