"""Passes on what is found: to the store, the sinks of alerts, Home Assistant, and the caller."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime

from detector.monitor.alerts.camera_rules import CameraRules
from detector.monitor.alerts.daily_cap import DailyCap
from detector.monitor.alerts.delivery import Delivery
from detector.monitor.alerts.rules import AlertRules
from detector.monitor.camera_worker import CameraWorker
from detector.monitor.cameras.status import CameraStatus
from detector.monitor.config.watch import WatchConfig
from detector.monitor.home_assistant.publisher import HomeAssistant
from detector.monitor.status import CameraActivity, Notice, WatchStatus
from detector.monitor.store import EventStore
from detector.people.states import Alert, LineCrossing, PeopleInView, State


class Publisher:
    """Passes on what is found. Its methods may be called from any thread; none waits for a database or a sink.

    Args:
        config: The configuration.
        notify: Called with every event, alert, crossing and minute.
    """

    def __init__(self, config: WatchConfig, notify: Callable[[Notice], object]) -> None:
        self._config, self._notify = config, notify
        self._rules = AlertRules(config.alerts, config.timezone_of)
        self._camera_rules = CameraRules(config.alerts, config.timezone_of)
        self._daily_cap = DailyCap(config.alerts, config.timezone_of)
        self._lock = threading.Lock()
        self._last_alerts: dict[str, Alert] = {}
        self._events: Counter[tuple[str, State]] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        home = config.home_assistant
        self._home = None if home.host is None else HomeAssistant(home, config.cameras, config.timezone_of)

    def open(self) -> None:
        """Open the store.

        Raises:
            StoreError: It cannot be opened.
            UsageError: A sink is not possible on this machine.
        """
        with ExitStack() as on_failure:
            self._store = EventStore.open(self._config.store.url.get_secret_value(), self._config.store.keep)
            on_failure.callback(self._store.close)
            self._delivery = Delivery.from_config(self._config, self._store.outbox)
            on_failure.pop_all()

    def start(self) -> None:
        """Begin to deliver."""
        if self._home is not None:
            self._home.start()
        self._delivery.start()

    def close(self, delivery_seconds: float, store_seconds: float) -> None:
        """Deliver and write what waits, for so many seconds at most."""
        if self._home is not None:
            self._home.close()
        self._delivery.close(delivery_seconds)
        self._store.close(store_seconds)

    def raised_by(self, people: PeopleInView) -> Sequence[Alert]:
        """The alerts that a frame raises; to be called in the order of the frames of a camera."""
        return self._rules.update(people)

    def publish(self, people: PeopleInView, alerts: Sequence[Alert]) -> None:
        """Pass on the events, crossings and alerts of a frame."""
        with self._lock:
            self._events.update((change.camera, change.after) for change in people.changes)
        for change in people.changes:
            self._store.add_change(change)
            self._notify(change)
        self._publish_crossings(people.crossings)
        self._publish_alerts(alerts)

    def check_cameras(self, cameras: Iterable[CameraStatus], clock: float) -> None:
        """Pass on the alerts of cameras that are down, or come back."""
        self._publish_alerts(self._camera_rules.check(cameras, clock))

    def publish_minutes(self, workers: Iterable[CameraWorker], *, last: bool = False) -> None:
        """Pass on the counts since the last time, and digests of capped alerts that are due.

        Args:
            workers: All cameras.
            last: This is the last time.
        """
        for worker in workers:
            parts, whole = worker.take_minutes(last=last)
            for part in parts:
                self._store.add_minute(part)
                if self._home is not None:
                    self._home.add_minute(part)
            for minute in whole:
                self._notify(minute)
            if last:
                self._publish_crossings(worker.last_crossings())
        self._publish_digests(last=last)

    def publish_status(self, cameras: Iterable[CameraActivity]) -> None:
        """Pass on how cameras are, to Home Assistant."""
        if self._home is not None:
            self._home.publish(cameras)

    def last_alert(self, camera: str) -> Alert | None:
        """The newest alert of a camera."""
        return self._last_alerts.get(camera)

    def status(self, cameras: Iterable[CameraActivity]) -> WatchStatus:
        """The status of a watch with these cameras."""
        with self._lock:
            events, alerts = dict(self._events), dict(self._alerts)
        return WatchStatus(tuple(cameras), self._delivery.status(), self._store.status, events, alerts)

    def _publish_crossings(self, crossings: Iterable[LineCrossing]) -> None:
        for crossing in crossings:
            self._store.add_crossing(crossing)
            self._notify(crossing)

    def _publish_alerts(self, alerts: Sequence[Alert]) -> None:
        with self._lock:
            self._alerts.update((alert.rule, alert.camera) for alert in alerts)
            sent = [self._daily_cap.admits(alert) for alert in alerts]
        for alert, is_sent in zip(alerts, sent, strict=True):
            self._last_alerts[alert.camera] = alert
            self._delivery.submit(alert, send=is_sent)
            self._notify(alert)

    def _publish_digests(self, *, last: bool) -> None:
        with self._lock:
            digests = self._daily_cap.digests(datetime.now(UTC), last=last)
        for digest in digests:
            self._delivery.submit(digest)
            self._notify(digest)
