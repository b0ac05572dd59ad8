"""Sends a test alert to every sink, so that a wrong address is noticed before it matters."""

from collections.abc import Iterator
from datetime import UTC, datetime

from detector.errors import DeliveryError
from detector.monitor.alerts.sinks import make_sink
from detector.monitor.config.redaction import scrub
from detector.monitor.config.watch import WatchConfig
from detector.people.states import Alert, count_states

RULE = "test"


def send_test_alerts(config: WatchConfig) -> Iterator[tuple[str, str | None]]:
    """Send one alert to every sink, once.

    Yields:
        The name of a sink, and why it did not take the alert; None: it did.

    Raises:
        ConfigError: A sink cannot work: its program or its certificates are missing.
    """
    sinks = [make_sink(name, sink) for name, sink in config.sinks.items()]
    message = "This is a test of the alerts of mask-detector. Nothing happened."
    alert = Alert(RULE, config.cameras[0].name, datetime.now(UTC), message, 0, count_states(()))
    for sink in sinks:
        try:
            sink.send(alert)
        except DeliveryError as error:
            yield sink.name, scrub(error.found, [*sink.secrets, *config.secrets])
        else:
            yield sink.name, None
