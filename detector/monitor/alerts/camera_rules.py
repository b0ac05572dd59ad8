"""Rules that raise an alert when a camera is down: lost, frozen, black, covered, or given up."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, tzinfo

from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.config.alerts import AlertConfig
from detector.people.states import Alert, count_states

_DOWN = (CameraState.DOWN, CameraState.FAILED)


class CameraRules:
    """The rules about cameras. Each raises one alert for each time that a camera is down.

    Args:
        alerts: As configured; those about people are left out.
        timezone_of: The time zone of a camera by its name: `WatchConfig.timezone_of`.
    """

    def __init__(
        self, alerts: Sequence[AlertConfig], timezone_of: Callable[[str], tzinfo | None] = lambda _: None
    ) -> None:
        self._alerts = [alert for alert in alerts if alert.when.camera is not None]
        self._timezone_of = timezone_of
        self._down_since: dict[str, float] = {}
        self._raised: dict[tuple[str, str], float] = {}  # the time of the last alert
        self._done: set[tuple[str, str]] = set()  # raised for this time of being down

    def check(self, cameras: Iterable[CameraStatus], clock: float) -> list[Alert]:
        """Check the rules; to be called from time to time.

        Args:
            cameras: The status of every camera.
            clock: The time in seconds, of a clock that is never set.

        Returns:
            The alerts that are raised.
        """
        return [alert for status in cameras for alert in self._check(status, clock)]

    def _check(self, status: CameraStatus, clock: float) -> list[Alert]:
        name = status.camera
        if status.state not in _DOWN:
            self._down_since.pop(name, None)
            self._done = {key for key in self._done if key[1] != name}
            return []
        seconds = clock - self._down_since.setdefault(name, clock)
        now = datetime.now(UTC)
        due = [alert for alert in self._alerts if self._is_due(alert, name, seconds, clock, now)]
        for alert in due:
            self._done.add((alert.name, name))
            self._raised[alert.name, name] = clock
        return [_alert(alert, status, now) for alert in due]

    def _is_due(self, alert: AlertConfig, camera: str, seconds: float, clock: float, now: datetime) -> bool:
        key, rule = (alert.name, camera), alert.when
        quiet_until = self._raised[key] + alert.quiet_seconds if key in self._raised else clock
        return (
            (rule.cameras is None or camera in rule.cameras)
            and key not in self._done
            and seconds >= rule.for_seconds
            and clock >= quiet_until
            and rule.holds_at(now.astimezone(self._timezone_of(camera)))
        )


def _alert(alert: AlertConfig, status: CameraStatus, now: datetime) -> Alert:
    why = f" ({status.reason})" if status.reason else ""
    message = f"{status.camera}: down for {alert.when.for_seconds:g} s{why}"
    return Alert(alert.name, status.camera, now, message, 0, count_states(()))
