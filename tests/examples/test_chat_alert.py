import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detector.errors import DeliveryError
from detector.monitor.alerts.command import CommandSink
from detector.monitor.config.watch import CommandConfig
from detector.people.states import Alert, State
from support.servers import http_server

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "chat_alert.py"
ALERT = Alert(
    id="a1",
    rule="bare face",
    camera="door",
    time=datetime(2026, 11, 26, 8, 0, tzinfo=UTC),
    message="2 people without a mask",
    people=2,
    states={State.WITHOUT_MASK: 2, State.WITH_MASK: 0},
    snapshot=None,
)


@pytest.fixture
def sink() -> CommandSink:
    return CommandSink("chat", CommandConfig(type="command", command=(sys.executable, str(EXAMPLE))))


def test_an_alert_arrives_in_the_chat_room(sink: CommandSink, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_server(200) as chat:
        monkeypatch.setenv("CHAT_URL", f"http://127.0.0.1:{chat.port}/room")
        sink.send(ALERT)
    ((method, path, _, body),) = chat.requests
    assert (method, path) == ("POST", "/room")
    assert json.loads(body) == {
        "text": "*door*, 2026-11-26T08:00 UTC: 2 people without a mask (2 without mask)",
    }


def test_a_room_that_refuses_is_a_failure_that_is_tried_again(
    sink: CommandSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with http_server(500) as chat:
        monkeypatch.setenv("CHAT_URL", f"http://127.0.0.1:{chat.port}/room")
        with pytest.raises(DeliveryError, match="not sent: HTTP Error 500"):
            sink.send(ALERT)


def test_without_an_address_the_log_says_so(sink: CommandSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHAT_URL", raising=False)
    with pytest.raises(DeliveryError, match="CHAT_URL is not the address"):
        sink.send(ALERT)
