"""The store on a real PostgreSQL server, started for these tests where one is installed."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from detector.errors import StoreError
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.store import EventReader, EventStore, schema
from support import old_store
from support.store_samples import NOON, WITH, WITHOUT, alert, at, change, minute
from support.waiting import MANY_SECONDS, wait_until


def tool(name: str) -> str:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (debian and str(debian[-1]))
    if not found:
        pytest.skip(f"PostgreSQL is not installed: no {name}")
    return found


class Server:
    """A PostgreSQL server on a socket of its own; the one who runs it must not be root."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.user: dict[str, object] = {}
        if os.getuid() == 0:
            import pwd

            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.run("initdb", "--auth=trust", "--username=mask", "--no-sync", "--encoding=UTF8", "--no-locale")
        self.start()

    def run(self, name: str, *arguments: str) -> None:
        command = [tool(name), "-D", str(self.data), *arguments]
        log = self.folder / "log"
        with log.open("a") as output:  # no pipe: the server would keep it open
            done = subprocess.run(command, cwd=self.folder, stdout=output, stderr=output, check=False, **self.user)  # type: ignore[call-overload]
        assert done.returncode == 0, log.read_text()

    def start(self) -> None:
        settings = "-c listen_addresses='' -c fsync=off -c lock_timeout=60s"  # a lock left behind fails a test
        self.run("pg_ctl", "start", "-w", "-o", f"{settings} -k {self.folder}")

    def stop(self) -> None:
        self.run("pg_ctl", "stop", "-w", "-m", "immediate")

    def database(self, name: str) -> str:
        engine = create_engine(self.url("postgres").replace("://", "+psycopg://"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine.dispose()
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://mask:hunter2@/{name}?host={self.folder}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg")
    tool("initdb")
    # The path of a socket must be short, and the folders of pytest are closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        running = Server(folder)
        yield running
        with contextlib.suppress(AssertionError):  # a test may have stopped it
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server: Server, request: pytest.FixtureRequest) -> str:
    return server.database(request.node.name[:60])


def test_what_is_kept_is_what_is_read(url: str) -> None:
    raised = alert(at(3), snapshot=b"\x00\xff")
    with EventStore.open(url, run="first") as store:
        store.add_change(change(at(0.123456), WITHOUT, snapshot=b"\xff\xd8\x00 jpeg", camera="Tür 'ä'"))
        store.add_minute(minute(NOON, "mmwiu", seconds_up=30.5))
        store.add_minute(minute(NOON, "mu", seconds_up=10))
        store.outbox.add(raised, ["ops"])
        store.outbox.mark(raised.id, "ops", DeliveryStatus.PENDING, 2, "timed out")
        assert store.flush(MANY_SECONDS)
        assert [(p.alert, p.attempts) for p in store.outbox.pending("ops", 5)] == [(raised, 2)]
    with EventReader.open(url) as reader:
        (event,), (told,), (run,), (counted,) = reader.events(), reader.alerts(), reader.runs(), reader.minutes()
        assert event.change == change(at(0.123456), WITHOUT, camera="Tür 'ä'")
        assert reader.snapshot(event.snapshot or 0) == b"\xff\xd8\x00 jpeg"
        assert (counted.people, counted.counts[WITH], counted.seconds_up) == (7, 3, 40.5)
        assert [(o.sink, o.status, o.attempts, o.error) for o in told.outcomes] == [("ops", "pending", 2, "timed out")]
        assert (run.id, run.ended is not None, run.dropped) == ("first", True, 0)
        assert "hunter2" not in reader.name
        assert reader.cameras() == ["Tür 'ä'", "door"]
        assert reader.span() == (NOON, at(60))
        assert {e.change.time.tzinfo for e in reader.events()} == {UTC}


def test_a_reader_cannot_write_and_sees_one_state(url: str) -> None:
    with EventStore.open(url) as store:
        store.add_change(change(at(1)))
        assert store.flush(MANY_SECONDS)
        with EventReader.open(url) as reader:
            store.add_change(change(at(2)))
            assert store.flush(MANY_SECONDS)
            assert len(list(reader.events())) == 1
            with pytest.raises(DBAPIError, match="read-only"):
                reader._connection.execute(text("DELETE FROM events"))
        with EventReader.open(url) as reader:
            assert len(list(reader.events())) == 2


def test_a_server_that_goes_and_comes_back(server: Server, url: str, caplog: pytest.LogCaptureFixture) -> None:
    with EventStore.open(url) as store:
        store.add_change(change(at(0), track_id=0))
        assert store.flush(MANY_SECONDS)
        server.stop()
        started = time.monotonic()
        for i in range(1, 50):
            store.add_change(change(at(i), track_id=i))
            store.add_minute(minute(NOON, "m", seconds_up=1))
        store.outbox.add(alert(), ["ops"])
        assert time.monotonic() - started < 10
        wait_until(lambda: store.status.problem)
        assert len(store.outbox.pending("ops", 5)) == 1
        assert store.status.dropped == 0
        server.start()
        assert store.flush(MANY_SECONDS)
        wait_until(lambda: store.status.problem is None)
    with EventReader.open(url) as reader:
        assert [event.change.track_id for event in reader.events()] == list(range(50))
        assert [m.people for m in reader.minutes()] == [49]
    assert "hunter2" not in caplog.text
    mine = [record for record in caplog.records if "test_a_server_that_goes" in record.getMessage()]
    assert [record.levelname for record in mine] == ["ERROR", "WARNING"]


def test_connections_that_the_server_ends_are_made_anew(url: str) -> None:
    engine = create_engine(url.replace("://", "+psycopg://"))
    with EventStore.open(url) as store:
        for _ in range(5):
            store.add_minute(minute(NOON, "m", seconds_up=1))
            assert store.flush(MANY_SECONDS)
            with engine.begin() as connection:
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                connection.execute(text(f"{others} WHERE datname = current_database() AND pid <> pg_backend_pid()"))
            assert store.status.dropped == 0
    engine.dispose()
    with EventReader.open(url) as reader:
        assert [m.people for m in reader.minutes()] == [5]


def test_a_table_that_is_locked_is_said_and_waited_for(url: str) -> None:
    engine = create_engine(url.replace("://", "+psycopg://"))
    with EventStore.open(url) as store:
        with engine.begin() as connection:
            connection.execute(text("LOCK TABLE events"))
            store.add_change(change())
            wait_until(lambda: store.status.problem)
            assert "lock timeout" in (store.status.problem or "")
        assert store.flush(MANY_SECONDS)
    engine.dispose()


def test_a_bad_row_does_not_hold_up_the_others(url: str) -> None:
    with EventStore.open(url) as store:
        for track, camera in ((1, "door"), (2, "nul \x00"), (2**40, "door"), (3, "door")):
            store.add_change(change(track_id=track, camera=camera, snapshot=b"jpeg"))
        assert store.flush(MANY_SECONDS)
        assert (store.status.dropped, store.status.problem) == (2, None)
    with EventReader.open(url) as reader:
        assert [event.change.track_id for event in reader.events()] == [1, 3]


def test_old_rows_are_deleted(url: str) -> None:
    now = datetime.now(UTC)
    with EventStore.open(url) as store:
        for time_, number in ((now - timedelta(days=8), 1100), (now, 2)):
            for i in range(number):
                store.add_change(change(time_, track_id=i, snapshot=b"jpeg"))
            raised = alert(time_, snapshot=b"jpeg")
            store.outbox.add(raised, ["ops"])
        store.add_minute(minute(now - timedelta(days=8), "m"))
        assert store.flush(MANY_SECONDS)

    def left() -> list[int]:
        with engine.connect() as connection:
            tables = ("events", "minutes", "alerts", "deliveries", "snapshots")
            return [connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in tables]

    engine = create_engine(url.replace("://", "+psycopg://"))
    with EventStore.open(url, keep=timedelta(days=7)):
        wait_until(lambda: left() == [2, 0, 1, 1, 3])
    engine.dispose()


def test_programs_that_start_together_agree_on_the_tables(url: str) -> None:
    stores: list[EventStore] = []
    threads = [threading.Thread(target=lambda: stores.append(EventStore.open(url))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 6
    for store in stores:
        store.add_minute(minute(NOON, "m"))
        store.close(MANY_SECONDS)
    with EventReader.open(url) as reader:
        assert [m.people for m in reader.minutes()] == [6]


def test_a_store_of_version_0_1_is_brought_up_to_date_and_keeps_its_rows(url: str) -> None:
    engine = create_engine(url.replace("://", "+psycopg://"))
    with engine.begin() as connection:
        for statement in old_store.STATEMENTS:
            connection.execute(text(statement))
    engine.dispose()
    with pytest.raises(StoreError, match=rf"tables of version 2; expected version {schema.VERSION}"):
        EventReader.open(url)
    with EventStore.open(url, keep=None) as store:
        assert [item.alert.id for item in store.outbox.pending("ops", 5)] == ["a1"]  # is still sent
        store.add_change(change())
        store.add_minute(minute(at(60), "w"))
        assert store.flush(MANY_SECONDS)
    with EventReader.open(url) as reader:
        old, new = reader.minutes()
        event, later = reader.events()
        assert reader.snapshot(event.snapshot or 0) == b"jpeg"
        assert "old" in [run.id for run in reader.runs()]
    assert (old.people, old.frames, old.seconds) == (2, 600, None)  # for how long people were there is not known
    assert new == minute(at(60), "w")
    assert (event.change.track_id, event.change.after, event.change.xyxy) == (7, WITHOUT, (10, 20, 30, 40))
    assert later.change == change()


def test_alerts_that_were_left_behind_are_taken_over_by_one_run(url: str) -> None:
    left = [alert(at(i)) for i in range(20)]
    with EventStore.open(url) as store:
        for one in left:
            store.outbox.add(one, ["ops"])
    stores = [EventStore.open(url) for _ in range(4)]
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda store=store: found.extend(p.alert.id for p in store.outbox.pending("ops", 50)))
        for store in stores
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        assert store.flush(MANY_SECONDS)
    waiting = [[item.alert for item in store.outbox.pending("ops", 50)] for store in stores]
    assert sorted(waiting, key=len) == [[], [], [], left]
    assert len(found) == len(set(found))
    for store in stores:
        store.close(MANY_SECONDS)


def test_versions_and_databases_of_others(url: str) -> None:
    with pytest.raises(StoreError, match="a database without events"):
        EventReader.open(url)
    EventStore.open(url).close()
    engine = create_engine(url.replace("://", "+psycopg://"))
    with engine.begin() as connection:
        newer = schema.VERSION + 1
        steps = {schema.VERSION: lambda to: to.exec_driver_sql("ALTER TABLE events ADD COLUMN note TEXT")}
        schema.prepare(connection, "it", version=newer, steps=steps)
    for open_ in (EventReader.open, EventStore.open):
        with pytest.raises(StoreError, match=f"tables of version {newer}; expected version {schema.VERSION} or older"):
            open_(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE mask_detector_schema"))
    engine.dispose()
    with pytest.raises(StoreError, match="has tables of something else: alerts, crossings, deliveries, events"):
        EventStore.open(url)
