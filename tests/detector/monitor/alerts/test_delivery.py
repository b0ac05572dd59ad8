import errno
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import pytest
from pydantic import SecretStr

from detector.errors import DeliveryError
from detector.monitor.alerts.dead_letters import DeadLetters
from detector.monitor.alerts.delivery import Delivery
from detector.monitor.alerts.outbox import DeliveryStatus, MemoryOutbox
from detector.monitor.alerts.sink import AlertSink
from detector.monitor.alerts.sink_worker import Retry
from detector.people.states import Alert, count_states
from support.waiting import wait_until

QUICK = Retry(attempts=4, first_wait=0.01, longest_wait=0.04)
DELIVERED, PENDING, DEAD = DeliveryStatus.DELIVERED, DeliveryStatus.PENDING, DeliveryStatus.DEAD


def alert(number: int = 0, rule: str = "rule", snapshot: bytes | None = None) -> Alert:
    time = datetime(2026, 11, 21, 8, 0, number % 60, tzinfo=UTC)
    return Alert(rule, "door", time, f"alert {number}", 1, count_states([]), snapshot, id=f"id{number}")


class ListSink(AlertSink):
    """Takes alerts into a list; `send` may do something else first."""

    def __init__(self, before: Callable[[Alert], None] | None = None) -> None:
        self.name, self.secrets = "list", [SecretStr("geheim")]
        self.taken: list[str] = []
        self._before = before

    def send(self, alert: Alert) -> None:
        if self._before is not None:
            self._before(alert)
        self.taken.append(alert.id)


class Failing:
    """Fails so many times for each alert."""

    def __init__(self, times: int, permanent: bool = False) -> None:
        self.times, self.permanent = times, permanent
        self.tried: list[tuple[str, float]] = []

    def __call__(self, alert: Alert) -> None:
        self.tried.append((alert.id, time.monotonic()))
        if sum(tried == alert.id for tried, _ in self.tried) <= self.times:
            raise DeliveryError("list", "server at http://me:geheim@host is down", permanent=self.permanent)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., tuple[Delivery, MemoryOutbox]]]:
    made: list[Delivery] = []

    def start(
        outbox: MemoryOutbox | None = None, retry: Retry = QUICK, **sinks: AlertSink
    ) -> tuple[Delivery, MemoryOutbox]:
        outbox = outbox or MemoryOutbox()
        for name, sink in sinks.items():
            sink.name = name
        delivery = Delivery(sinks, {"rule": list(sinks), "silent": []}, outbox, tmp_path / "dead.jsonl", retry)
        delivery.start()
        made.append(delivery)
        return delivery, outbox

    yield start
    for delivery in made:
        delivery.close(0)


def test_an_alert_goes_to_the_sinks_of_its_rule(make: Callable) -> None:
    one, two = ListSink(), ListSink()
    delivery, outbox = make(one=one, two=two)
    delivery.submit(alert(1))
    delivery.submit(alert(2, rule="silent"))
    delivery.submit(alert(3, rule="unknown"))
    wait_until(lambda: len(one.taken) == len(two.taken) == 1)
    wait_until(lambda: set(outbox.marks.values()) == {(DELIVERED, 1, None)})
    assert outbox.marks.keys() == {("id1", "one"), ("id1", "two")}


def test_a_sink_that_hangs_holds_up_neither_the_caller_nor_the_others(make: Callable) -> None:
    release = threading.Event()
    stuck, well = ListSink(lambda _: (release.wait(30), None)[1]), ListSink()
    delivery, _ = make(stuck=stuck, well=well)
    began = time.monotonic()
    for i in range(500):
        delivery.submit(alert(i))
    assert time.monotonic() - began < 10
    wait_until(lambda: len(well.taken) == 500)
    assert stuck.taken == []
    assert delivery.status()["stuck"].waiting == 500
    began = time.monotonic()
    delivery.close(0.2)
    assert time.monotonic() - began < 10
    release.set()


def test_failures_are_tried_again_with_growing_waits(make: Callable) -> None:
    failing = Failing(3)
    sink = ListSink(failing)
    delivery, outbox = make(retry=Retry(attempts=4, first_wait=0.05, longest_wait=0.1), sink=sink)
    delivery.submit(alert(1))
    wait_until(lambda: sink.taken == ["id1"])
    times = [when for _, when in failing.tried]
    waits = [later - sooner for sooner, later in pairwise(times)]
    assert len(waits) == 3
    assert waits[0] >= 0.05
    assert waits[1] >= 0.1
    assert waits[2] >= 0.1
    wait_until(lambda: outbox.marks["id1", "sink"] == (DELIVERED, 4, None))
    status = delivery.status()["sink"]
    assert (status.waiting, status.delivered, status.failed, status.dead, status.error) == (0, 1, 3, 0, None)


def test_the_waits_double_up_to_the_longest() -> None:
    retry = Retry(attempts=2000, first_wait=1, longest_wait=300)
    assert [retry.wait(i) for i in (1, 2, 3, 9, 10, 1999)] == [1, 2, 4, 256, 300, 300]


def test_a_sink_that_asks_for_a_pause_gets_nothing_meanwhile(make: Callable) -> None:
    tried: list[tuple[str, float]] = []

    def refuse_once(one: Alert) -> None:
        tried.append((one.id, time.monotonic()))
        if len(tried) == 1:
            raise DeliveryError("list", "answered 429", retry_after=0.5)

    sink = ListSink(refuse_once)
    delivery, _ = make(one=sink)
    delivery.submit(alert(1))
    wait_until(lambda: tried)
    delivery.submit(alert(2))
    wait_until(lambda: len(sink.taken) == 2)
    assert min(at for _, at in tried[1:]) - tried[0][1] >= 0.5


def test_an_alert_that_is_not_to_be_sent_is_kept(make: Callable) -> None:
    sink = ListSink()
    delivery, outbox = make(one=sink)
    delivery.submit(alert(1), send=False)
    delivery.submit(alert(2))
    wait_until(lambda: sink.taken == ["id2"])
    assert set(outbox._alerts) == {"id1", "id2"}


def test_one_bad_alert_does_not_hold_up_the_rest(make: Callable) -> None:
    def refuse_first(alert: Alert) -> None:
        if alert.id == "id0":
            raise DeliveryError("sink", "no")

    sink = ListSink(refuse_first)
    delivery, _ = make(retry=Retry(attempts=9, first_wait=30), sink=sink)
    for i in range(5):
        delivery.submit(alert(i))
    wait_until(lambda: sink.taken == ["id1", "id2", "id3", "id4"])


@pytest.mark.parametrize("permanent", [False, True])
def test_what_cannot_be_delivered_becomes_a_dead_letter(make: Callable, tmp_path: Path, permanent: bool) -> None:
    failing = Failing(99, permanent)
    delivery, outbox = make(sink=ListSink(failing))
    delivery.submit(alert(1, snapshot=b"\xff\xd8jpeg"))
    delivery.submit(alert(2))
    wait_until(lambda: delivery.status()["sink"].dead == 2 and delivery.status()["sink"].waiting == 0)
    attempts = 1 if permanent else 4
    assert len(failing.tried) == 2 * attempts
    letters = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    first = next(letter for letter in letters if letter["alert"]["id"] == "id1")
    assert (first["sink"], first["attempts"]) == ("sink", attempts)
    assert first["error"] == "list: server at http://host is down"
    assert first["alert"]["time"] == "2026-11-21T08:00:01+00:00"
    assert first["alert"]["snapshot"] == "/9hqcGVn"
    assert outbox.marks["id2", "sink"][:2] == (DEAD, attempts)


def test_a_defect_of_a_sink_is_a_failure_like_any_other(make: Callable) -> None:
    def defect(_: Alert) -> None:
        raise KeyError("token\nis geheim")

    delivery, _ = make(sink=ListSink(defect))
    delivery.submit(alert(1))
    wait_until(lambda: delivery.status()["sink"].dead == 1)
    assert delivery.status()["sink"].error == "sink: KeyError ('token\\nis ***')"


def test_what_a_killed_run_left_behind_is_delivered_by_the_next(make: Callable) -> None:
    outbox = MemoryOutbox()
    for i in range(3):
        outbox.add(alert(i), ["sink", "gone"])
    outbox.mark("id0", "sink", DELIVERED)
    outbox.mark("id1", "sink", PENDING, attempts=3, error="down")
    failing = Failing(1)
    sink = ListSink(failing)
    delivery, _ = make(outbox, sink=sink)
    wait_until(lambda: outbox.marks["id1", "sink"][0] is DEAD)  # attempts go on counting
    wait_until(lambda: sink.taken == ["id2"])
    assert outbox.marks["id2", "gone"][0] is PENDING
    delivery.submit(alert(7))
    wait_until(lambda: sink.taken == ["id2", "id7"])


def test_more_than_fits_into_memory_waits_in_the_outbox_and_arrives_once(
    make: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.monitor.alerts.sink_worker._MOST_WAITING", 20)
    release = threading.Event()
    sink = ListSink(lambda _: (release.wait(30), None)[1])
    delivery, outbox = make(sink=sink)
    for i in range(200):
        delivery.submit(alert(i))
    assert delivery.status()["sink"].waiting == 20
    release.set()
    wait_until(lambda: len(sink.taken) == 200)
    for i in range(200, 220):
        delivery.submit(alert(i))
    wait_until(lambda: len(sink.taken) == 220)
    assert len(set(sink.taken)) == 220
    wait_until(lambda: all(status is DELIVERED for status, *_ in outbox.marks.values()))


def test_an_alert_that_is_found_in_the_outbox_before_it_is_handed_over_arrives_once(tmp_path: Path) -> None:
    class Slow(MemoryOutbox):
        def add(self, alert: Alert, sinks: Sequence[str]) -> None:
            super().add(alert, sinks)
            delivery.start()
            wait_until(lambda: sink.taken == ["id1"])

    sink = ListSink()
    delivery = Delivery({"list": sink}, {"rule": ["list"]}, Slow(), tmp_path / "dead.jsonl")
    delivery.submit(alert(1))
    delivery.close(5)
    assert sink.taken == ["id1"]


def test_a_store_that_does_not_take_marks_makes_no_alert_arrive_twice(
    make: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Forgetful(MemoryOutbox):
        def mark(self, *_: object) -> None:
            """Forget it."""

    monkeypatch.setattr("detector.monitor.alerts.sink_worker._MOST_WAITING", 20)
    sink = ListSink(lambda _: time.sleep(0.005))
    delivery, _ = make(Forgetful(), sink=sink)
    for i in range(20):
        delivery.submit(alert(i))
    delivery.submit(alert(20))  # one too many: the outbox is asked
    wait_until(lambda: len(sink.taken) >= 20)
    time.sleep(0.1)
    assert len(sink.taken) == len(set(sink.taken))


def test_closing_sends_what_was_never_tried_and_leaves_the_rest_pending(make: Callable) -> None:
    slow = ListSink(lambda _: time.sleep(0.02))
    failing = ListSink(Failing(99))
    delivery, outbox = make(retry=Retry(attempts=9, first_wait=60), slow=slow, failing=failing)
    for i in range(10):
        delivery.submit(alert(i))
    delivery.close(5)
    assert len(slow.taken) == 10
    assert [outbox.marks[f"id{i}", "failing"][:2] for i in range(10)] == [(PENDING, 1)] * 10


def test_a_broken_store_does_not_keep_alerts_from_people(make: Callable, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryOutbox):
        def add(self, *_: object) -> None:
            raise OSError("disk full")

        def pending(self, *_: object) -> list:
            raise OSError("locked")

        def mark(self, *_: object) -> None:
            raise OSError("disk full")

    sink = ListSink()
    delivery, _ = make(Broken(), sink=sink)
    delivery.submit(alert(1))
    wait_until(lambda: sink.taken == ["id1"])
    wait_until(lambda: "could not be marked" in caplog.text)
    assert "could not be stored" in caplog.text


def test_a_store_that_hangs_delays_alerts_at_most_once(make: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.monitor.alerts.sink_worker._REFILL_SECONDS", 0.0)
    asked: list[float] = []

    class Hanging(MemoryOutbox):
        def pending(self, *_: object) -> list:
            asked.append(time.monotonic())
            time.sleep(0.5)
            raise OSError("no answer")

    sink = ListSink()
    delivery, _ = make(Hanging(), sink=sink)
    for i in range(40):
        delivery.submit(alert(i))
        time.sleep(0.05)
    wait_until(lambda: len(sink.taken) == 40)
    wait_until(lambda: len(asked) == 2)
    assert asked[1] - asked[0] >= 5


def test_a_dead_letter_file_that_cannot_be_written_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    outbox = MemoryOutbox()
    sink = ListSink(Failing(99, permanent=True))
    delivery = Delivery({"list": sink}, {"rule": ["list"]}, outbox, tmp_path / "file" / "such.jsonl", QUICK)
    delivery.start()
    delivery.submit(alert(1))
    wait_until(lambda: delivery.status()["list"].waiting == 0)
    delivery.close()
    assert "such.jsonl: alert id1 could not be written (File exists)" in caplog.text
    assert outbox.marks["id1", "list"][0] is DEAD


def test_dead_letters_are_whole_lines_after_a_kill_and_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new folder" / "dead.jsonl"
    letters = DeadLetters(path)
    letters.write("sink", alert(1, snapshot=b"x" * 100_000), 1, "why")
    with path.open("a") as file:
        file.write('{"sink": "half a li')
    letters.write("sink", alert(2), 1, "why")
    kept = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", Mock(side_effect=OSError(errno.ENOSPC, "No space left on device")))
        letters.write("sink", alert(3), 1, "why")
    assert path.read_bytes() == kept
    letters.write("sink", alert(4), 1, "why")
    first, _, second, fourth = path.read_text().splitlines()
    assert [json.loads(line)["alert"]["id"] for line in (first, second, fourth)] == ["id1", "id2", "id4"]


def test_what_others_say_is_shown_and_kept_as_plain_text(make: Callable, caplog: pytest.LogCaptureFixture) -> None:
    delivery, outbox = make(sink=ListSink(Mock(side_effect=DeliveryError("list", "red \x1b[31m and \x00 nul\nline"))))
    delivery.submit(alert(1))
    wait_until(lambda: outbox.marks["id1", "sink"][0] is DEAD)
    assert outbox.marks["id1", "sink"][2] == "list: red \ufffd[31m and \ufffd nul line"
    assert "\x1b" not in caplog.text


def test_nothing_secret_is_logged(make: Callable, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    delivery, outbox = make(sink=ListSink(Failing(2)))
    delivery.submit(alert(1))
    wait_until(lambda: outbox.marks["id1", "sink"][0] is DELIVERED)
    assert "http://host is down" in caplog.text
    assert "geheim" not in caplog.text
    assert not any("geheim" in str(mark) for mark in outbox.marks.values())
