"""Delivers alerts to sinks in threads, so that cameras do not wait."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import SecretStr

from detector.monitor.alerts.dead_letters import DeadLetters
from detector.monitor.alerts.outbox import Outbox
from detector.monitor.alerts.sink import AlertSink
from detector.monitor.alerts.sink_worker import Retry, SinkStatus, SinkWorker, log
from detector.monitor.config.watch import WatchConfig
from detector.people.states import Alert

_LAST_WAIT = 0.1  # seconds for a sink after its `close`


class Delivery:
    """Delivers each alert to the sinks of its rule, with a thread for every sink.

    Args:
        sinks: By name.
        routes: The names of the sinks of every rule.
        outbox: Where alerts are kept until they are delivered.
        dead_letters: The file for alerts that are given up, a JSON object per line.
        retry: When to try again, and how often.
        secrets: Texts to remove from logs and errors, beside the secrets of the sinks.
    """

    def __init__(
        self,
        sinks: Mapping[str, AlertSink],
        routes: Mapping[str, Sequence[str]],
        outbox: Outbox,
        dead_letters: Path,
        retry: Retry | None = None,
        secrets: Sequence[SecretStr] = (),
    ) -> None:
        self._routes, self._outbox = routes, outbox
        letters = DeadLetters(dead_letters)
        retry = retry or Retry()
        self._workers = {name: SinkWorker(sink, outbox, letters, retry, secrets) for name, sink in sinks.items()}

    @classmethod
    def from_config(cls, config: WatchConfig, outbox: Outbox) -> "Delivery":
        """The sinks and rules of a configuration.

        Raises:
            ConfigError: A sink cannot work: its program or its certificates are missing.
        """
        from detector.monitor.alerts.sinks import make_sink

        sinks = {name: make_sink(name, sink) for name, sink in config.sinks.items()}
        routes = {alert.name: alert.to for alert in config.alerts}
        retry = Retry(config.delivery.attempts, longest_wait=config.delivery.longest_wait.total_seconds())
        return cls(sinks, routes, outbox, config.dead_letters, retry, config.secrets)

    def start(self) -> None:
        """Start the threads. What former runs could not deliver is tried first."""
        for worker in self._workers.values():
            worker.start()

    def submit(self, alert: Alert, *, send: bool = True) -> None:
        """Store an alert and begin to deliver it; returns at once, whatever the sinks do.

        Args:
            alert: The alert.
            send: False: it is only stored.
        """
        sinks = self._routes.get(alert.rule, ()) if send else ()
        try:
            self._outbox.add(alert, sinks)
        except Exception as error:  # the alert is delivered even where the store fails
            log.error("alert %s could not be stored (%s)", alert.id, type(error).__name__)
        for sink in sinks:
            self._workers[sink].submit(alert)

    def status(self) -> dict[str, SinkStatus]:
        """The status of every sink."""
        return {name: worker.status() for name, worker in self._workers.items()}

    def close(self, timeout: float = 1.0) -> None:
        """Stop. Alerts that were never tried are tried now; all sinks together have `timeout` seconds.

        Other alerts stay pending in the outbox for the next run.
        """
        deadline = time.monotonic() + timeout
        for worker in self._workers.values():
            worker.finish(deadline)
        for worker in self._workers.values():
            if worker.is_alive():
                worker.join(max(0.0, deadline - time.monotonic()))
                worker.give_up()
                worker.join(_LAST_WAIT)
            if waiting := worker.status().waiting:
                log.warning("%s: %d alerts not delivered yet; the next run tries again", worker.name, waiting)
