import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from detector.monitor.alerts.delivery import Delivery
from detector.monitor.store import EventStore
from support.servers import Received, http_server, silent_server, unused_port
from support.waiting import wait_until

CONFIGURED = """
from detector.monitor.config.watch import config_from_sources

def configured(port, silent, store):
    return config_from_sources(["0"], {
        "store": {"url": f"sqlite:///{store}"},
        "alerts": [{"name": "rule", "to": ["hook", "stuck"]}],
        "sinks": {
            "hook": {"type": "webhook", "url": f"http://127.0.0.1:{port}/"},
            "stuck": {"type": "webhook", "url": f"http://127.0.0.1:{silent}/", "timeout": 60},
        },
    })
"""
CHILD = """
import sys, time
from datetime import UTC, datetime
from detector.monitor.alerts.delivery import Delivery
from detector.people.states import Alert, count_states
from detector.monitor.store import EventStore

config = configured(*sys.argv[1:])
store = EventStore.open(config.store.url.get_secret_value())
delivery = Delivery.from_config(config, store.outbox)
delivery.start()
for i in range(50):
    delivery.submit(Alert("rule", "door", datetime.now(UTC), str(i), 1, count_states([]), b"jpeg", f"id{i:02}"))
print("submitted", flush=True)
time.sleep(1.5)
while store.status.waiting:  # the machine is busy
    time.sleep(0.02)
print("ready", flush=True)
time.sleep(600)
"""


def test_alerts_of_a_killed_run_are_delivered_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second after it was raised, an alert survives SIGKILL with sinks that are down or hang."""
    monkeypatch.setattr("detector.monitor.store.alert_outbox._DEAD_AFTER", timedelta(seconds=2))
    monkeypatch.setattr("detector.monitor.alerts.sink_worker._REFILL_SECONDS", 0.5)
    store_path = tmp_path / "events.db"
    with silent_server() as silent:
        kill_with_alerts(silent, store_path)
        with http_server() as server:
            deliver_the_rest(server, silent, store_path)
    assert len({body for *_, body in server.requests}) == len(server.requests) == 50


def kill_with_alerts(silent: int, store_path: Path) -> None:
    command = [sys.executable, "-c", CONFIGURED + CHILD, str(unused_port()), str(silent), str(store_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "submitted\n"
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGKILL)


def deliver_the_rest(server: Received, silent: int, store_path: Path) -> None:
    names: dict = {}
    exec(CONFIGURED, names)
    config = names["configured"](server.port, silent, store_path)
    with EventStore.open(config.store.url.get_secret_value()) as store:
        delivery = Delivery.from_config(config, store.outbox)
        delivery.start()
        wait_until(lambda: delivery.status()["hook"].delivered == 50)
        assert len(store.outbox.pending("stuck", 100)) == 50
        assert store.outbox.pending("hook", 100) == []
        began = time.monotonic()
        delivery.close(0.3)
        assert time.monotonic() - began < 10
