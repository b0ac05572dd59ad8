"""Metrics for Prometheus, over HTTP."""

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from detector.errors import UsageError
from detector.monitor.cameras.status import CameraState
from detector.people.states import Direction, State

if TYPE_CHECKING:
    from detector.monitor.status import WatchStatus


class PrometheusServer:
    """Answers `GET /metrics` in threads of its own, with the metrics of that moment.

    Args:
        host: Where to listen.
        port: 0 takes a free one.
        status: Gives the status of the watch.

    Attributes:
        port: The port.

    Raises:
        UsageError: It is not possible to listen there.
    """

    def __init__(self, host: str, port: int, status: Callable[[], "WatchStatus"]) -> None:
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(WatchCollector(status))
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UsageError(f"metrics on {host}:{port}", f"not possible ({reason})", "a free port") from error
        self.port = int(self._server.server_port)

    def close(self) -> None:
        """Stop listening; returns at once."""
        threading.Thread(target=self._close, daemon=True).start()

    def _close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class WatchCollector:
    """The metrics of a watch, for a registry of prometheus_client.

    Args:
        status: Gives the status of the watch.
    """

    def __init__(self, status: Callable[[], "WatchStatus"]) -> None:
        self._status = status

    def describe(self) -> list[Any]:
        """Describe nothing: the status must not be asked for before the cameras run."""
        return []

    def collect(self) -> Iterator[Any]:
        """The metrics of this moment."""
        status = self._status()
        yield from _cameras(status)
        yield from _alerts(status)
        yield _gauge("store_rows_waiting", "Rows not written yet.", status.store.waiting)
        yield _counter("store_rows_dropped", "Rows given up.", status.store.dropped)
        yield _gauge("store_up", "1 where the store can be written to.", float(status.store.problem is None))


def _cameras(status: "WatchStatus") -> Iterator[Any]:
    by = ("camera",)
    rows = [(camera.status.camera, camera) for camera in status.cameras]
    yield _counter("frames", "Frames looked at.", {(name,): each.frames for name, each in rows}, by)
    unchanged = {(name,): each.unchanged for name, each in rows}
    yield _counter("frames_unchanged", "Of these, those that needed no look: nothing moved.", unchanged, by)
    received = {(name,): each.status.received for name, each in rows}
    yield _counter("frames_received", "Frames that came, looked at or not.", received, by)
    yield _gauge("frames_per_second", "Frames looked at, lately.", {(name,): each.fps for name, each in rows}, by)
    known = {(name,): float(each.known) for name, each in rows}
    yield _gauge("states_known", "1 where frames come fast enough to know states.", known, by)
    delays = {(name,): each.delay for name, each in rows if each.delay is not None}
    yield _gauge("delay_seconds", "Median from a frame's arrival to its answer, lately.", delays, by)
    up = {(name,): float(each.status.state is CameraState.UP) for name, each in rows}
    yield _gauge("camera_up", "1 where pictures come.", up, by)
    yield _counter("camera_losses", "How often it went down.", {(name,): each.status.losses for name, each in rows}, by)
    dropped = {(name,): each.recording_dropped for name, each in rows}
    yield _counter("recording_frames_dropped", "Frames missing from the video.", dropped, by)
    yield _counter("clips", "Clips written.", {(name,): each.clips for name, each in rows}, by)
    failed = {(name,): each.clips_failed for name, each in rows}
    yield _counter("clips_failed", "Clips that could not be written, or not to their end.", failed, by)
    restarts = {(name,): each.restarts for name, each in rows}
    yield _counter("camera_restarts", "How often a frame could not be processed.", restarts, by)
    people = {(name, state.value): each.people[state] for name, each in rows for state in State}
    yield _gauge("people", "In view now, by state.", people, (*by, "state"))
    zones = {
        (name, zone, state.value): counts[state]
        for name, each in rows
        for zone, counts in each.zones.items()
        for state in State
    }
    yield _gauge("zone_people", "In a counting zone now, by state.", zones, (*by, "zone", "state"))
    yield from _lines(status)
    events = {(name, state.value): status.events.get((name, state), 0) for name, _ in rows for state in State}
    yield _counter("events", "Changes of state, by the new state.", events, (*by, "state"))


def _lines(status: "WatchStatus") -> Iterator[Any]:
    lines = {(each.status.camera, name): count for each in status.cameras for name, count in each.lines.items()}
    crossings = {
        (*line, direction.value, state.value): number
        for line, count in lines.items()
        for direction in Direction
        for state, number in count.by_state(direction).items()
    }
    labels = ("camera", "line", "direction", "state")
    yield _counter("line_crossings", "People who crossed a line, by direction and state.", crossings, labels)
    inside = {line: count.inside for line, count in lines.items()}
    yield _gauge("line_inside", "People inside a line, at least: in minus out since the start.", inside, labels[:2])


def _alerts(status: "WatchStatus") -> Iterator[Any]:
    yield _counter("alerts", "Alerts raised.", status.alerts, ("rule", "camera"))
    outcomes = {
        (sink, outcome): getattr(delivery, outcome)
        for sink, delivery in status.sinks.items()
        for outcome in ("delivered", "failed", "dead")
    }
    help_text = "Alerts delivered and given up (dead), and attempts that failed."
    yield _counter("alert_deliveries", help_text, outcomes, ("sink", "outcome"))
    waiting = {(sink,): delivery.waiting for sink, delivery in status.sinks.items()}
    yield _gauge("alerts_waiting", "Alerts not delivered yet.", waiting, ("sink",))


def _gauge(name: str, text: str, values: Any, labels: tuple[str, ...] = ()) -> Any:
    from prometheus_client.core import GaugeMetricFamily

    return _filled(GaugeMetricFamily(f"mask_detector_{name}", text, labels=labels), values)


def _counter(name: str, text: str, values: Any, labels: tuple[str, ...] = ()) -> Any:
    from prometheus_client.core import CounterMetricFamily

    return _filled(CounterMetricFamily(f"mask_detector_{name}", text, labels=labels), values)


def _filled(family: Any, values: Any) -> Any:
    for key, value in values.items() if isinstance(values, dict) else [((), values)]:
        family.add_metric(key, value)
    return family
