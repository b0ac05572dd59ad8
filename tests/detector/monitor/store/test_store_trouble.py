"""Full disks, locked files, lost answers and databases that hang: detection goes on, and nothing is lost in silence."""

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.store import EventReader, EventStore
from detector.monitor.store.database import Database
from detector.monitor.store.records import Run
from detector.people.states import Alert
from support.paths import TESTS
from support.store_samples import NOON, WITH, alert, at, change, minute
from support.waiting import MANY_SECONDS, wait_until


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "events.db")


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Another program is in a transaction that writes."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def about(path: str, caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged of a store; threads of the tests before may still have to say something of theirs."""
    return [record for record in caplog.records if path in record.getMessage()]


def tracks(path: str) -> list[int]:
    with EventReader.open(path) as reader:
        return [event.change.track_id for event in reader.events()]


def test_a_locked_file_is_waited_for_by_the_writer_alone(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with EventStore.open(path) as store:
        with locked(path):
            started = time.monotonic()
            for i in range(200):
                store.add_change(change(at(i), track_id=i))
                store.add_minute(minute(NOON, "m", seconds_up=0.1))
            assert time.monotonic() - started < 10
            wait_until(lambda: store.status.problem)
            assert store.status.problem == "database is locked"
            assert store.status.waiting == 400
            assert not store.flush(0.1)
            assert tracks(path) == []  # readers read on
            time.sleep(1.5)  # more than one try
        assert store.flush(MANY_SECONDS)
        wait_until(lambda: store.status.problem is None)
        assert (store.status.waiting, store.status.dropped) == (0, 0)
    assert tracks(path) == list(range(200))
    with EventReader.open(path) as reader:
        assert [m.people for m in reader.minutes()] == [200]
    assert [record.getMessage() for record in about(path, caplog)] == [
        f"{path}: cannot be written (database is locked); keeping what comes in memory",
        f"{path}: written again, 0 rows still waiting",
    ]


def test_a_full_disk_is_waited_for(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with EventStore.open(path) as store:
        most = 60  # pages of the file, as if the disk ended there

        @event.listens_for(store._database.engine, "begin")
        def full(connection: Connection) -> None:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

        for i in range(100):
            store.add_change(change(at(i), track_id=i, snapshot=b"x" * 5000))
        wait_until(lambda: store.status.problem)
        assert store.status.problem == "database or disk is full"
        store.add_change(change(at(100), track_id=100))
        assert tracks(path) == []
        most = 1_000_000
        assert store.flush(MANY_SECONDS)
    assert tracks(path) == list(range(101))
    assert [record.levelname for record in about(path, caplog)] == ["ERROR", "WARNING"]


FILLS_ITS_DISK = """
import resource, sys, time
from support.store_samples import at, change
from detector.monitor.store import EventReader, EventStore
store = EventStore.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, -1))
for i in range(200):
    store.add_change(change(at(i), track_id=i, snapshot=b"x" * 5000))
end = time.monotonic() + 60
while store.status.problem is None and time.monotonic() < end:
    time.sleep(0.02)
print(store.status.problem)
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
print(store.flush(60))
print(store.status)
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes on Windows")
def test_a_file_that_may_not_grow_is_waited_for(path: str) -> None:
    here = {"PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-c", FILLS_ITS_DISK, path]
    child = subprocess.run(command, env=here, capture_output=True, text=True, check=False)
    assert child.stdout.splitlines() == [
        child.stdout.splitlines()[0],
        "True",
        "StoreStatus(waiting=0, dropped=0, problem=None)",
    ], child.stderr
    assert child.stdout.splitlines()[0] in ("disk I/O error", "database or disk is full")
    assert tracks(path) == list(range(200))
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_what_does_not_fit_into_memory_is_dropped_counted_and_said_once(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with EventStore.open(path, memory=100_000) as store:
        with locked(path):
            for i in range(300):
                store.add_change(change(at(i), track_id=i, snapshot=b"x" * 9000))
            assert store.status.dropped == 290
            wait_until(lambda: store.status.problem)
        assert store.flush(MANY_SECONDS)
        store.add_change(change(at(300), track_id=300))
    assert tracks(path) == [*range(10), 300]
    with EventReader.open(path) as reader:
        assert [run.dropped for run in reader.runs()] == [290]
    assert sum("rows are dropped" in record.getMessage() for record in about(path, caplog)) == 1


def test_a_bad_row_does_not_hold_up_the_others(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with EventStore.open(path) as store:
        store.add_change(change(at(1), track_id=1))
        store.add_change(change(at(2), track_id=2, confidence=float("nan")))  # for SQLite that is NULL
        store.add_change(change(at(3).replace(tzinfo=None), track_id=3))
        store.add_change(change(at(4), track_id=4))
        assert store.flush(MANY_SECONDS)
        assert (store.status.dropped, store.status.problem) == (2, None)
        store.add_change(change(at(5), track_id=5))
    assert tracks(path) == [1, 4, 5]
    (message,) = [record.getMessage() for record in about(path, caplog)]
    assert "refused a row (NOT NULL constraint failed: events.confidence)" in message


def test_a_batch_whose_answer_was_lost_is_not_written_twice(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real, lost = Database.begin, []

    @contextmanager
    def loses_its_first_answer(self: Database) -> Iterator[Connection]:
        with real(self) as connection:
            yield connection
        if threading.current_thread().name == "event store" and not lost:
            lost.append(True)
            raise OperationalError("COMMIT", {}, ConnectionError("server closed the connection"))

    with EventStore.open(path) as store:
        monkeypatch.setattr(Database, "begin", loses_its_first_answer)
        store.add_change(change())
        store.add_minute(minute(NOON, "mw"))
        assert store.flush(MANY_SECONDS)
        assert lost
        store.add_minute(minute(NOON, "m"))
    with EventReader.open(path) as reader:
        assert len(list(reader.events())) == 1
        assert [m.people for m in reader.minutes()] == [3]


def test_a_file_that_was_removed_is_made_anew(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with EventStore.open(path) as store:
        store.add_change(change(at(1), track_id=1))
        assert store.flush(MANY_SECONDS)
        for name in (path, path + "-wal", path + "-shm"):
            Path(name).unlink(missing_ok=True)
        store.add_change(change(at(2), track_id=2))
        store.add_change(change(at(3), track_id=3))
        assert store.flush(MANY_SECONDS)
    assert tracks(path) == [2, 3]
    with EventReader.open(path) as reader:
        (run,) = reader.runs()
        assert (run.id, run.ended is None) == (store.run, False)
    assert "was removed or replaced" in caplog.text


def test_alerts_are_looked_for_in_the_file_that_was_made_anew(path: str) -> None:
    old, new = alert(at(0)), alert(at(1))
    with EventStore.open(path) as store:
        for one in (old, new):
            store.outbox.add(one, ["ops"])
            assert store.flush(MANY_SECONDS)
            assert [item.alert for item in store.outbox.pending("ops", 5)] == [one]
            for file in Path(path).parent.iterdir():
                file.unlink()


def test_closing_does_not_wait_for_a_database_that_hangs(path: str, caplog: pytest.LogCaptureFixture) -> None:
    store = EventStore.open(path)
    release = threading.Event()

    @event.listens_for(store._database.engine, "begin")
    def hang(_: Connection) -> None:
        release.wait(MANY_SECONDS)

    store.add_change(change())
    started = time.monotonic()
    store.close(0.5)
    assert time.monotonic() - started < 10
    assert store.status.dropped == 2  # the change, and the end of the run
    assert "closed before 2 rows could be written" in caplog.text
    release.set()


def test_closing_while_the_file_is_locked_says_what_is_lost(path: str, caplog: pytest.LogCaptureFixture) -> None:
    store = EventStore.open(path)
    with locked(path):
        store.add_change(change())
        wait_until(lambda: store.status.problem)
        store.close(5)
    assert store.status.dropped == 2
    assert "closed before 2 rows could be written; they are lost" in caplog.text
    store.close()
    store.add_change(change())
    assert store.status.dropped == 3


def test_alerts_wait_for_the_next_run(path: str) -> None:
    alerts = [alert(at(i), message=f"alert {i}", snapshot=b"jpeg") for i in range(5)]
    with EventStore.open(path) as store:
        for one in reversed(alerts):
            store.outbox.add(one, ["ops", "mail"])
        store.outbox.mark(alerts[1].id, "ops", DeliveryStatus.DELIVERED, 1)
        store.outbox.mark(alerts[2].id, "ops", DeliveryStatus.DEAD, 15, "no route")
        store.outbox.mark(alerts[3].id, "ops", DeliveryStatus.PENDING, 4, "timed out")
    with EventStore.open(path) as store:
        pending = store.outbox.pending("ops", 10)
        assert [(item.alert, item.attempts) for item in pending] == [(alerts[0], 0), (alerts[3], 4), (alerts[4], 0)]
        assert [item.alert for item in store.outbox.pending("mail", 2)] == alerts[:2]
        assert store.outbox.pending("nobody", 10) == []
    with EventReader.open(path) as reader:
        outcomes = [(o.status, o.attempts, o.error) for a in reader.alerts() for o in a.outcomes if o.sink == "ops"]
        assert outcomes == [
            ("pending", 0, None),
            ("delivered", 1, None),
            ("dead", 15, "no route"),
            ("pending", 4, "timed out"),
            ("pending", 0, None),
        ]


def test_alerts_of_a_run_that_is_alive_are_left_to_it(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.monitor.store.writer.HEARTBEAT_SECONDS", 0.1)
    raised = alert()

    def pending(store: EventStore) -> list[Alert]:
        return [item.alert for item in store.outbox.pending("ops", 5)]

    one, other, third = (EventStore.open(path) for _ in range(3))
    with one, other, third:
        one.outbox.add(raised, ["ops"])
        assert one.flush(MANY_SECONDS)
        written = first_run(path).written
        wait_until(lambda: first_run(path).written > written)  # though nothing comes that is to be stored
        assert pending(other) == []
        assert pending(one) == [raised]
        one.close(MANY_SECONDS)
        wait_until(lambda: pending(other) == [raised])
        assert pending(third) == []  # the first to ask has it


def test_alerts_of_a_run_that_was_killed_are_taken_over(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raised = alert()
    with EventStore.open(path, run="killed") as store:
        store.outbox.add(raised, ["ops"])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET ended = NULL")
    database.close()
    with EventStore.open(path) as store:
        assert store.outbox.pending("ops", 5) == []  # it may be alive
        monkeypatch.setattr("detector.monitor.store.alert_outbox._DEAD_AFTER", timedelta(0))
        assert [item.alert for item in store.outbox.pending("ops", 5)] == [raised]


def first_run(path: str) -> Run:
    with EventReader.open(path) as reader:
        return reader.runs()[0]


def test_the_outbox_gives_the_same_answers_while_nothing_can_be_written(path: str) -> None:
    first, second, third = (alert(at(i)) for i in range(3))
    with EventStore.open(path) as store:
        box = store.outbox
        box.add(first, ["ops"])
        assert store.flush(MANY_SECONDS)
        with locked(path):
            box.add(second, ["ops", "mail"])
            box.add(third, [])
            box.mark(first.id, "ops", DeliveryStatus.PENDING, 1, "refused")
            assert [(p.alert, p.attempts) for p in box.pending("ops", 10)] == [(first, 1), (second, 0)]
            box.mark(first.id, "ops", DeliveryStatus.DELIVERED, 2)
            box.mark(second.id, "ops", DeliveryStatus.DEAD, 1)
            assert box.pending("ops", 10) == []
            assert [p.alert for p in box.pending("mail", 10)] == [second]
        assert store.flush(MANY_SECONDS)
        assert box.pending("ops", 10) == []
        assert [p.alert for p in box.pending("mail", 10)] == [second]
        wait_until(lambda: not box._added and not box._marks)  # nothing is remembered for ever


def test_alerts_that_were_dropped_are_not_remembered(path: str) -> None:
    with EventStore.open(path, memory=1500) as store, locked(path):
        for i in range(5):
            store.outbox.add(alert(at(i)), ["ops"])
        assert len(store.outbox.pending("ops", 10)) == 1
        assert store.status.dropped == 4


def test_states_of_a_minute_may_be_incomplete(path: str) -> None:
    from dataclasses import replace

    with EventStore.open(path) as store:
        store.add_minute(replace(minute(NOON, "m"), counts={WITH: 1}))
    with EventReader.open(path) as reader:
        assert list(reader.minutes()) == [minute(NOON, "m")]


@pytest.mark.parametrize("with_log", [False, True])
def test_a_file_that_is_moved_keeps_its_events_and_the_new_one_has_the_later_ones(path: str, with_log: bool) -> None:
    moved = path.replace("events.db", "old.db")
    with EventStore.open(path) as store:
        for number in range(1, 501):
            store.add_change(change(at(number), track_id=number))
        assert store.flush(MANY_SECONDS)
        assert not store.outbox.pending("ops", 1)  # a connection of its own, which stays open
        Path(path).rename(moved)
        for end in ("-wal", "-shm") if with_log else ():
            Path(path + end).rename(moved + end)
        for number in range(501, 511):
            store.add_change(change(at(number), track_id=number))
        assert store.flush(MANY_SECONDS)
    assert tracks(moved) == list(range(1, 501))
    assert tracks(path) == list(range(501, 511))


def test_another_store_that_takes_the_place_gets_the_later_events(path: str, tmp_path: Path) -> None:
    other = str(tmp_path / "other.db")
    with EventStore.open(other) as store:
        store.add_change(change(at(1), track_id=1))
    with EventStore.open(path) as store:
        store.add_change(change(at(2), track_id=2))
        assert store.flush(MANY_SECONDS)
        Path(path).rename(tmp_path / "old.db")
        Path(other).rename(path)
        store.add_change(change(at(3), track_id=3))
        assert store.flush(MANY_SECONDS)
    assert tracks(path) == [1, 3]
    assert tracks(str(tmp_path / "old.db")) == [2]


def test_the_log_of_a_file_that_was_moved_after_a_kill_stays_out_of_the_new_file(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    Path(path + "-wal").write_bytes(b"rows")
    with EventStore.open(path) as store:
        store.add_change(change(at(1), track_id=1))
    assert tracks(path) == [1]
    assert Path(path + "-wal.old").read_bytes() == b"rows"
    assert "the log of a file that was moved" in caplog.text


def test_rows_are_in_the_file_itself_after_a_while(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.monitor.store.writer._CHECKPOINT_SECONDS", 0.0)
    with EventStore.open(path) as store:
        store.add_change(change(at(1), track_id=1))
        assert store.flush(MANY_SECONDS)
        wait_until(lambda: Path(path + "-wal").stat().st_size == 0)
