"""What `/metrics` tells Prometheus about the server."""

import time
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counts of one server.

    Attributes:
        registry: Where other parts of the program may add theirs.
        pictures: Pictures that were looked at, by outcome.
        faces: Faces that were found, by class.
        full: Requests that were refused because the queue was full.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"mask_detector_server_{name}", text, labels, registry=self.registry)

        self.requests = counter("requests", "Requests that were answered.", "method", "route", "status")
        self.pictures = counter("pictures", "Pictures that were sent, by outcome.", "outcome")
        self.faces = counter("faces", "Faces that were found.", "label")
        self.full = counter("refused", "Requests that were refused because there was no room.")
        self.seconds = Histogram(
            "mask_detector_server_request_seconds",
            "Time until a request was answered.",
            ("route",),
            registry=self.registry,
            buckets=_SECONDS,
        )

    def add_gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Add a value that is asked for when it is read."""
        Gauge(f"mask_detector_server_{name}", text, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class MeasuredRequests:
    """Counts and times the requests of an app.

    Args:
        app: What answers them.
        metrics: Where they are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its answer begins."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route's pattern, not the path: a client could make as many series as it can invent paths.
                route = getattr(scope.get("route"), "path", "other")
                self._metrics.requests.labels(_method(scope["method"]), route, message["status"]).inc()
                self._metrics.seconds.labels(route).observe(time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)


def _method(given: str) -> str:
    return given if given in ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT") else "other"
