"""Delivers alerts to one sink in a thread of its own, and tries again after failures."""

import heapq
import itertools
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from detector.errors import DeliveryError
from detector.monitor.alerts.dead_letters import DeadLetters
from detector.monitor.alerts.outbox import DeliveryStatus, Outbox, Pending
from detector.monitor.alerts.sink import AlertSink
from detector.monitor.config.redaction import scrub
from detector.people.states import Alert

log = logging.getLogger("detector.monitor.alerts")
"""The log of all deliveries."""

# Alerts that one sink keeps in memory; others are only in the outbox.
_MOST_WAITING = 1000
_LONGEST_ERROR = 300
_LONGEST_PAUSE = 24 * 3600.0  # that a sink may ask for
_REFILL_PAUSE = 10.0  # the pause before the outbox is read again, in times that the last reading took
_REFILL_SECONDS = 10.0  # the outbox is read again after this: reading may have failed, or another run left alerts


@dataclass(frozen=True, slots=True)
class Retry:
    """When an alert is tried again: after `first_wait` seconds, then after twice as long each time."""

    attempts: int = 15
    first_wait: float = 1.0
    longest_wait: float = 1800.0

    def wait(self, attempts: int) -> float:
        """Seconds to wait after so many attempts, 1 or more."""
        return float(min(self.first_wait * 2 ** min(attempts - 1, 60), self.longest_wait))


@dataclass(frozen=True, slots=True)
class SinkStatus:
    """The status of a sink in this run.

    Attributes:
        waiting: Alerts in memory that are not delivered; more may be in the outbox.
        delivered: Alerts that were delivered.
        failed: Attempts that failed.
        dead: Alerts that were given up.
        error: Why the last attempt failed; None when it succeeded.
    """

    waiting: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    error: str | None = None


@dataclass(order=True, slots=True)
class _QueuedAlert:
    due: float
    number: int
    alert: Alert = field(compare=False)
    attempts: int = field(compare=False)


class SinkWorker(threading.Thread):
    """Delivers alerts to one sink. Each alert has its own waiting time, so that a failed one does not delay others.

    Args:
        sink: The sink.
        outbox: Where alerts are kept until they are delivered.
        dead_letters: Where alerts go that are given up.
        retry: When to try again, and how often.
        secrets: Texts to remove from logs and errors, beside the secrets of the sink.
    """

    def __init__(
        self, sink: AlertSink, outbox: Outbox, dead_letters: DeadLetters, retry: Retry, secrets: Sequence[SecretStr]
    ) -> None:
        super().__init__(name=sink.name, daemon=True)  # a sink that hangs must not hold up the end of the program
        self._sink, self._outbox, self._dead_letters, self._retry = sink, outbox, dead_letters, retry
        self._secrets = [*sink.secrets, *secrets]
        self._wake = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: list[_QueuedAlert] = []  # a heap
        self._held: set[str] = set()  # ids of what is waiting or being sent
        self._done: deque[str] = deque(maxlen=_MOST_WAITING)
        self._not_before = 0.0  # the sink has asked for a pause until then
        self._refill_at = 0.0  # when the outbox is asked for alerts that are not held
        self._deadline: float | None = None
        self._status = SinkStatus()

    def submit(self, alert: Alert) -> None:
        """Deliver an alert soon; returns at once."""
        with self._wake:
            if alert.id in self._held or alert.id in self._done:
                return  # it was found in the outbox meanwhile
            if len(self._held) >= _MOST_WAITING:
                self._refill_at = 0.0
                return
            self._hold(Pending(alert))
            self._wake.notify()

    def give_up(self) -> None:
        """Break off what is being sent."""
        self._sink.close()

    def finish(self, deadline: float) -> None:
        """End, but try alerts first that were never tried, until this time of `time.monotonic()`."""
        with self._wake:
            self._deadline = deadline
            self._wake.notify()

    def status(self) -> SinkStatus:
        """The status of the sink."""
        with self._wake:
            return replace(self._status, waiting=len(self._held))

    def run(self) -> None:
        """Deliver until the end."""
        while (queued := self._next()) is not None:
            try:
                self._sink.send(queued.alert)
            except DeliveryError as error:
                self._failed(queued, str(error), error.permanent, error.retry_after)
            except Exception as error:  # a defect of a sink must not end its thread
                self._failed(queued, f"{self.name}: {type(error).__name__} ({error})", False)
            else:
                self._delivered(queued)

    def _next(self) -> _QueuedAlert | None:
        """The next alert that is due; None at the end."""
        while True:
            with self._wake:
                if self._deadline is not None:
                    return self._next_untried(self._deadline)
                now = time.monotonic()
                refill = self._refill_at <= now and len(self._held) <= _MOST_WAITING // 2
                if not refill:
                    due = max(self._waiting[0].due, self._not_before) if self._waiting else math.inf
                    if due <= now:
                        return heapq.heappop(self._waiting)
                    soonest = min(due, self._refill_at if self._refill_at > now else math.inf)
                    self._wake.wait(None if soonest == math.inf else soonest - now)
                    continue
                self._refill_at = now + _REFILL_SECONDS
            self._refill()
            with self._wake:  # a slow outbox takes only a part of the time
                asked = time.monotonic()
                self._refill_at = max(self._refill_at, asked + _REFILL_PAUSE * (asked - now))

    def _next_untried(self, deadline: float) -> _QueuedAlert | None:
        untried = [queued for queued in self._waiting if queued.attempts == 0]
        if not untried or not self._not_before <= time.monotonic() < deadline:
            return None
        self._waiting = [queued for queued in self._waiting if queued is not untried[0]]
        return untried[0]

    def _hold(self, pending: Pending, wait: float = 0.0) -> None:
        self._held.add(pending.alert.id)
        heapq.heappush(
            self._waiting, _QueuedAlert(time.monotonic() + wait, next(self._numbers), pending.alert, pending.attempts)
        )

    def _refill(self) -> None:
        """Take from the outbox what is not in memory."""
        try:
            pending = self._outbox.pending(self.name, _MOST_WAITING)
        except Exception as error:  # a store that cannot be read for a while
            log.warning("%s: pending alerts cannot be read (%s)", self.name, type(error).__name__)
            return
        with self._wake:
            new = [item for item in pending if item.alert.id not in self._held and item.alert.id not in self._done]
            for item in new:
                self._hold(item)
            if new and len(pending) >= _MOST_WAITING:  # there may be more
                self._refill_at = 0.0

    def _delivered(self, queued: _QueuedAlert) -> None:
        attempts = queued.attempts + 1
        with self._wake:
            self._release(queued)
            self._status = replace(self._status, delivered=self._status.delivered + 1, error=None)
        log.info("%s: alert %s delivered (try %d)", self.name, queued.alert.id, attempts)
        self._mark(queued, DeliveryStatus.DELIVERED, attempts)

    def _failed(self, queued: _QueuedAlert, reason: str, permanent: bool, retry_after: float = 0.0) -> None:
        reason = _one_line(scrub(reason, self._secrets))
        attempts = queued.attempts + 1
        dead = permanent or attempts >= self._retry.attempts
        with self._wake:
            status = self._status
            self._status = replace(status, failed=status.failed + 1, dead=status.dead + dead, error=reason)
        if dead:
            log.error("%s; alert %s given up after try %d", reason, queued.alert.id, attempts)
            self._dead_letters.write(self.name, queued.alert, attempts, reason)
            self._mark(queued, DeliveryStatus.DEAD, attempts, reason)
        else:
            pause = min(retry_after, _LONGEST_PAUSE)
            wait = max(self._retry.wait(attempts), pause)
            self._not_before = time.monotonic() + pause
            level = logging.WARNING if attempts == 1 else logging.INFO
            log.log(level, "%s; alert %s again in %.0f s (try %d)", reason, queued.alert.id, wait, attempts)
            self._mark(queued, DeliveryStatus.PENDING, attempts, reason)
        with self._wake:
            if dead:
                self._release(queued)
            else:
                self._hold(Pending(queued.alert, attempts), wait)

    def _release(self, queued: _QueuedAlert) -> None:
        self._held.discard(queued.alert.id)
        self._done.append(queued.alert.id)

    def _mark(self, queued: _QueuedAlert, status: DeliveryStatus, attempts: int, error: str | None = None) -> None:
        try:
            self._outbox.mark(queued.alert.id, self.name, status, attempts, error)
        except Exception as failure:  # as in `submit`
            log.error("alert %s could not be marked as %s (%s)", queued.alert.id, status, type(failure).__name__)


def _one_line(text: str) -> str:
    """A message from outside in one line, without characters that control terminals or that databases refuse."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))[
        :_LONGEST_ERROR
    ]
