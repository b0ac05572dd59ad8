import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from detector.errors import StoreError, UsageError
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.store import EventReader, EventStore, schema
from detector.monitor.store.event_reader import Query
from detector.people.states import Direction, LineCrossing, State
from support.paths import TESTS
from support.store_samples import NOON, UNDECIDED, WITH, WITHOUT, WRONG, alert, at, change, minute
from support.waiting import MANY_SECONDS, wait_until


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "events.db")


def test_what_is_kept_is_what_is_read(path: str) -> None:
    changed = change(at(0.123456), WRONG, track_id=7, before=WITHOUT, snapshot=b"\xff\xd8 jpeg")
    counted = minute(NOON, "mmwiu", seconds_up=59.5)
    raised = alert(at(3), snapshot=b"\xff\xd8 other")
    with EventStore.open(path, run="first") as store:
        store.add_change(changed)
        store.add_minute(counted)
        store.outbox.add(raised, ["ops", "mail"])
        store.outbox.mark(raised.id, "ops", DeliveryStatus.DELIVERED, 2)
    with EventReader.open(path) as reader:
        (event,), (told,), (run,) = reader.events(), reader.alerts(), reader.runs()
        assert event.run == told.run == run.id == "first"
        assert event.change == change(at(0.123456), WRONG, track_id=7, before=WITHOUT)
        assert reader.snapshot(event.snapshot or 0) == changed.snapshot
        assert list(reader.minutes()) == [counted]
        assert told.alert == alert(at(3), id=raised.id)
        assert reader.snapshot(told.snapshot or 0) == raised.snapshot
        assert [(o.sink, o.status, o.attempts, o.error) for o in told.outcomes] == [
            ("mail", "pending", 0, None),
            ("ops", "delivered", 2, None),
        ]
        assert run.ended is not None
        assert run.ended >= run.started
        assert reader.snapshot(99) is None


def test_parts_of_a_minute_are_added_up_in_a_run_and_over_runs(path: str) -> None:
    for run in ("first", "second"):
        with EventStore.open(path, run=run) as store:
            store.add_minute(minute(NOON, "mw", seconds_up=20))
            assert store.flush(MANY_SECONDS)
            store.add_minute(minute(NOON, "mu", seconds_up=15))
            store.add_minute(minute(NOON, "i", camera="hall"))
            store.add_minute(minute(at(60), "w"))
    with EventReader.open(path) as reader:
        door, hall, later = reader.minutes()
        assert (door.people, door.frames, door.seconds_up) == (8, 700, 60.0)
        assert door.counts == {WITH: 4, WITHOUT: 2, WRONG: 0, UNDECIDED: 2}
        assert (hall.camera, hall.people, hall.seconds_up) == ("hall", 2, 60.0)
        assert (later.minute, later.people) == (at(60), 2)
    rows = sqlite3.connect(path).execute("SELECT run, camera, minute, people FROM minutes ORDER BY id").fetchall()
    assert len(rows) == 6
    assert rows[0] == ("first", "door", "2026-11-21 12:00:00.000000", 4)


def test_times_of_any_zone_are_kept_in_utc(path: str) -> None:
    berlin = datetime(2026, 11, 21, 13, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    with EventStore.open(path) as store:
        store.add_change(change(berlin))
        store.add_change(change(NOON.astimezone(timezone(timedelta(hours=-9, minutes=-30)))))
    assert sqlite3.connect(path).execute("SELECT time FROM events").fetchall() == [("2026-11-21 12:00:00.000000",)] * 2
    with EventReader.open(path) as reader:
        assert {event.change.time.isoformat() for event in reader.events()} == {"2026-11-21T12:00:00+00:00"}


def test_queries_by_time_and_camera(path: str) -> None:
    with EventStore.open(path) as store:
        for second in range(10):
            camera = "door" if second % 2 else "hall"
            store.add_change(change(at(second), track_id=second, camera=camera))
            store.add_minute(minute(at(60 * second), "m", camera=camera))
            store.outbox.add(alert(at(second), camera=camera), [])
    with EventReader.open(path) as reader:

        def tracks(part: Query, **order: object) -> list[int]:
            return [event.change.track_id for event in reader.events(part, **order)]  # type: ignore[arg-type]

        assert tracks(Query(at(3), at(6))) == [3, 4, 5]
        assert tracks(Query(cameras=["door"])) == [1, 3, 5, 7, 9]
        assert tracks(Query(cameras=[])) == []
        assert tracks(Query(at(3), cameras=["hall", "door"]), newest_first=True, most=2) == [9, 8]
        assert [m.minute for m in reader.minutes(Query(until=at(180), cameras=["hall"]))] == [at(0), at(120)]
        assert [a.alert.time for a in reader.alerts(Query(since=at(8)))] == [at(8), at(9)]
        assert reader.cameras() == ["door", "hall"]
        assert reader.span() == (at(0), at(600))
        assert reader.span(["hall"]) == (at(0), at(540))
        assert reader.span(["roof"]) is None
        assert reader.first_minutes() == {"hall": at(0), "door": at(60)}


def test_a_reader_sees_one_state_of_a_store_that_is_written_to(path: str) -> None:
    with EventStore.open(path) as store:
        store.add_change(change(at(1)))
        assert store.flush(MANY_SECONDS)
        with EventReader.open(path) as reader:
            assert len(list(reader.events())) == 1
            store.add_change(change(at(2)))
            assert store.flush(MANY_SECONDS)
            assert len(list(reader.events())) == 1
        with EventReader.open(path) as reader:
            assert len(list(reader.events())) == 2


def test_many_threads_and_two_runs_write_at_once(path: str) -> None:
    def add(store: EventStore, camera: str) -> None:
        for i in range(50):
            store.add_change(change(at(i), track_id=i, camera=camera))
            store.add_minute(minute(NOON, "m", camera=camera, seconds_up=1))

    with EventStore.open(path) as one, EventStore.open(path) as other:
        threads = [threading.Thread(target=add, args=(store, c)) for store in (one, other) for c in ("a", "b", "c")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.flush(MANY_SECONDS)
        assert other.flush(MANY_SECONDS)
    with EventReader.open(path) as reader:
        assert len({(e.run, e.change.camera, e.change.track_id) for e in reader.events()}) == 300
        assert [m.people for m in reader.minutes()] == [100] * 3


@pytest.mark.slow
def test_old_rows_are_deleted_with_their_pictures_and_the_file_shrinks(path: str) -> None:
    now = datetime.now(UTC)
    old, young = now - timedelta(days=31), now - timedelta(days=29)
    with EventStore.open(path, run="old") as store:
        for time, number in ((old, 1200), (young, 3)):
            for i in range(number):
                store.add_change(change(time, track_id=i, snapshot=b"x" * 3000))
                store.add_minute(minute(time.replace(second=0, microsecond=0), "m", camera=f"camera {i % 700}"))
            raised = alert(time, snapshot=b"y" * 100)
            store.outbox.add(raised, ["ops"])
            store.outbox.mark(raised.id, "ops", DeliveryStatus.DELIVERED, 1)
        assert store.flush(MANY_SECONDS)
    before = Path(path).stat().st_size
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET written = '2026-01-01 00:00:00.000000'")
    database.close()

    with EventStore.open(path, keep=timedelta(days=30), run="new") as store:
        store.add_change(change(now))
        wait_until(lambda: "old" not in runs_in(path))
        wait_until(lambda: Path(path).stat().st_size < before / 5)
        store.add_change(change(now))
        assert store.flush(MANY_SECONDS)

    with EventReader.open(path) as reader:
        events = list(reader.events())
        assert [e.change.time >= young for e in events] == [True] * 5
        assert all(reader.snapshot(e.snapshot) == b"x" * 3000 for e in events if e.snapshot)
        assert sum(e.snapshot is not None for e in events) == 3
        assert {m.minute for m in reader.minutes()} == {young.replace(second=0, microsecond=0)}
        assert [len(a.outcomes) for a in reader.alerts()] == [1]
        assert [run.id for run in reader.runs()] == ["new"]
    counts = "SELECT (SELECT count(*) FROM snapshots), (SELECT count(*) FROM deliveries)"
    assert sqlite3.connect(path).execute(counts).fetchall() == [(4, 1)]


def test_a_clip_is_deleted_with_the_last_event_that_names_it(path: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    names = ("gone", "shared", "kept", "told")
    clips = {name: tmp_path / f"{name}.mp4" for name in names}
    other = tmp_path / "other.txt"
    for file in (*clips.values(), other):
        file.touch()
    with EventStore.open(path) as store:
        for age, clip in ((3600, "gone"), (3600, "shared"), (3530, "shared"), (0, "kept")):
            store.add_change(change(now - timedelta(seconds=age), clip=str(clips[clip])))
        store.add_change(change(now - timedelta(days=1), clip=str(tmp_path / "never made.mp4")))
        store.add_change(change(now - timedelta(days=1), clip=str(other)))
        store.outbox.add(alert(now - timedelta(hours=2), clip=str(clips["told"])), [])
    with EventStore.open(path, keep=timedelta(minutes=59, seconds=30)) as store:
        wait_until(lambda: not clips["gone"].exists() and not clips["told"].exists())
        assert store.flush(MANY_SECONDS)
    assert [name for name in names if clips[name].exists()] == ["shared", "kept"]
    assert other.exists()  # what this program cannot have written
    with EventReader.open(path) as reader:
        assert [event.change.clip for event in reader.events()] == [str(clips["shared"]), str(clips["kept"])]


def test_crossings_are_read_and_counted_by_line_direction_and_state(path: str) -> None:
    kept = [
        LineCrossing("door", at(seconds), line, direction, 7, state)
        for seconds, line, direction, state in (
            (0, "in front", Direction.IN, WITHOUT),
            (1, "in front", Direction.IN, WITHOUT),
            (2, "in front", Direction.OUT, WITH),
            (3, "behind", Direction.IN, UNDECIDED),
        )
    ]
    with EventStore.open(path, run="r") as store:
        for crossing in kept:
            store.add_crossing(crossing)
    with EventReader.open(path) as reader:
        assert [(each.run, each.crossing) for each in reader.crossings()] == [("r", crossing) for crossing in kept]
        assert reader.line_counts() == {
            ("door", "behind"): {(Direction.IN, UNDECIDED): 1},
            ("door", "in front"): {(Direction.IN, WITHOUT): 2, (Direction.OUT, WITH): 1},
        }
        assert reader.line_counts(Query(since=at(3))) == {("door", "behind"): {(Direction.IN, UNDECIDED): 1}}
    with EventStore.open(path, keep=timedelta(days=1)) as store:
        wait_until(lambda: not crossings_in(path))


def crossings_in(path: str) -> int:
    with EventReader.open(path) as reader:
        return len(list(reader.crossings()))


def runs_in(path: str) -> list[str]:
    with EventReader.open(path) as reader:
        return [run.id for run in reader.runs()]


def test_a_run_in_which_nothing_happens_stays(path: str) -> None:
    with EventStore.open(path, keep=timedelta(seconds=0.2), run="quiet") as store:
        store.add_change(change(datetime.now(UTC)))
        assert store.flush(MANY_SECONDS)
        time.sleep(1)  # by now the last thing that it wrote is old, and more than one round of deleting is over
        wait_until(lambda: not events_in(path))
        assert runs_in(path) == ["quiet"]


def events_in(path: str) -> int:
    with EventReader.open(path) as reader:
        return len(list(reader.events()))


def test_nothing_is_deleted_unless_told(path: str) -> None:
    with EventStore.open(path) as store:
        store.add_change(change(datetime(2001, 1, 1, tzinfo=UTC)))
    with EventReader.open(path) as reader:
        assert len(list(reader.events())) == 1


WRITES_UNTIL_KILLED = """
import sys, time
from datetime import datetime, UTC
from support.store_samples import change, minute
from detector.monitor.store import EventStore
store = EventStore.open(sys.argv[1])
for i in range(100_000):
    store.add_change(change(datetime.now(UTC), track_id=i, snapshot=b"x" * 2000))
    store.add_minute(minute(datetime.now(UTC).replace(second=0, microsecond=0), "m", seconds_up=0.01))
    print(i, time.time(), flush=True)
    time.sleep(0.01)
"""


def test_a_kill_loses_at_most_the_last_second(path: str) -> None:
    added: list[tuple[int, float]] = []
    here = {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_UNTIL_KILLED, path], stdout=subprocess.PIPE, text=True, env=here
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            number, when = line.split()
            added.append((int(number), float(when)))
            if added[-1][1] - added[0][1] > 3:
                child.send_signal(signal.SIGKILL)
                break
        # A machine that is too busy for the writer is too busy for the rest of the child as well.
        starved = max(b[1] - a[1] for a, b in pairwise(added))
        safe = added[-1][1] - 1 - starved
    with EventReader.open(path) as reader:
        events = list(reader.events())
        kept = {event.change.track_id for event in events}
        assert kept >= {number for number, when in added if when < safe}
        assert len(kept) == len(events) >= 20
        assert all(reader.snapshot(event.snapshot or 0) == b"x" * 2000 for event in events)
        # Both kinds of rows were added in turn; a batch may end between the two.
        assert abs(sum(m.people for m in reader.minutes()) - len(kept)) <= 1
        (run,) = reader.runs()
        assert run.ended is None
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with EventStore.open(path) as store:  # and goes on
        store.add_change(change())
        assert store.flush(MANY_SECONDS)


def make_store_and(path: str, *statements: str) -> None:
    EventStore.open(path).close()
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()


def test_older_tables_are_brought_up_to_date_step_by_step(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = schema.VERSION + 2
    with EventStore.open(path) as store:
        store.add_change(change())

    def note(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN note TEXT DEFAULT 'before notes'")

    def mood(connection: Connection) -> None:
        assert "note" in {column["name"] for column in inspect(connection).get_columns("events")}
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN mood TEXT")

    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema.prepare(connection, path, version=newer, steps={schema.VERSION: note, schema.VERSION + 1: mood})
        assert schema.version_of(connection, path) == newer
        assert connection.exec_driver_sql("SELECT note, mood FROM events").fetchall() == [("before notes", None)]
        schema.prepare(connection, path, version=newer, steps={})  # nothing left to do
    engine.dispose()

    for open_ in (EventReader.open, EventStore.open):
        with pytest.raises(
            StoreError,
            match=re.escape(f"{path}: tables of version {newer}; expected version {schema.VERSION} or older"),
        ):
            open_(path)
    monkeypatch.setattr(schema, "VERSION", newer + 1)
    with pytest.raises(StoreError, match=rf"tables of version {newer}; expected version {newer + 1}: `detector watch`"):
        EventReader.open(path)


def test_alerts_that_wait_in_a_store_of_version_1_are_still_sent(path: str) -> None:
    raised = alert()
    with EventStore.open(path) as store:
        store.outbox.add(raised, ["ops"])
    make_version_1(path)
    with pytest.raises(StoreError, match="tables of version 1; expected version 5"):
        EventReader.open(path)
    with EventStore.open(path) as store:
        assert [item.alert for item in store.outbox.pending("ops", 5)] == [raised]


def make_version_1(path: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE deliveries DROP COLUMN run")
        for column in schema.PERSON_SECONDS:
            database.execute(f"ALTER TABLE minutes DROP COLUMN {column}")
        database.execute("DROP TABLE crossings")
        for table in ("events", "alerts"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN clip")
        database.execute("UPDATE mask_detector_schema SET version = 1")
    database.close()


def test_minutes_of_version_1_are_kept_and_say_that_time_was_not_measured(path: str) -> None:
    with EventStore.open(path) as store:
        store.add_minute(minute(NOON, "mw"))
    make_version_1(path)
    with EventStore.open(path) as store:
        store.add_minute(minute(at(60), "w"))
    with EventReader.open(path) as reader:
        old, new = reader.minutes()
    assert (old.counts, old.seconds) == (minute(NOON, "mw").counts, None)
    assert new == minute(at(60), "w")


def test_a_step_that_fails_changes_nothing(path: str) -> None:
    make_store_and(path)

    def half(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE events ADD COLUMN note TEXT")
        connection.exec_driver_sql("ALTER TABLE no_such_table ADD COLUMN note TEXT")

    from detector.monitor.store.database import Database

    steps, version = {schema.VERSION: half}, schema.VERSION + 1
    database = Database(path, prepare=lambda connection: schema.prepare(connection, path, version=version, steps=steps))
    with pytest.raises(Exception, match="no_such_table"), database.begin():
        pass
    database.close()
    columns = [row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(events)")]
    assert "note" not in columns
    EventStore.open(path).close()


def test_every_step_is_there() -> None:
    assert sorted(schema.STEPS) == list(range(1, schema.VERSION))


def test_databases_of_others_are_left_alone(path: str, tmp_path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE events (concert TEXT)")
    database.close()
    with pytest.raises(StoreError, match="has tables of something else: events; expected an empty database"):
        EventStore.open(path)
    with pytest.raises(StoreError, match="a database without events"):
        EventReader.open(path)

    text = tmp_path / "notes.txt"
    text.write_text("no database " * 1000)
    for open_ in (EventReader.open, EventStore.open):
        with pytest.raises(StoreError, match="file is not a database"):
            open_(str(text))
    assert text.read_text() == "no database " * 1000

    make_store_and(str(tmp_path / "empty.db"), "DELETE FROM mask_detector_schema")
    with pytest.raises(StoreError, match="an empty table mask_detector_schema"):
        EventStore.open(str(tmp_path / "empty.db"))


def test_reading_makes_no_files(path: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"events\.db: no such file"):
        EventReader.open(path)
    with pytest.raises(StoreError, match="a folder"):
        EventReader.open(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    EventStore.open(path).close()
    with EventReader.open(f"sqlite:///{path}") as reader:
        assert (reader.name, reader.cameras(), reader.span()) == (path, [], None)
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_stores_in_places_that_cannot_be_written_to_are_read(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with EventStore.open(path) as store:
        store.add_change(change())
        assert store.flush(MANY_SECONDS)
        with EventReader.open(path) as reader:  # while somebody else writes
            assert len(list(reader.events())) == 1
    before = set(Path(path).parent.iterdir())
    with EventReader.open(path) as reader:
        assert len(list(reader.events())) == 1
        assert set(Path(path).parent.iterdir()) == before


def test_folders_of_a_new_store_are_made(tmp_path: Path) -> None:
    odd = tmp_path / "a folder" / "50% of ?#.db"
    with EventStore.open(str(odd)) as store:
        store.add_change(change())
    assert odd.is_file()
    with EventReader.open(str(odd)) as reader:
        assert len(list(reader.events())) == 1


def test_a_store_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file" / "events.db", tmp_path):
        with pytest.raises(StoreError, match="cannot be opened"):
            EventStore.open(str(place))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "in memory"),
        (":memory:", "in memory"),
        ("sqlite:///a.db?mode=ro", "a URL with options"),
        ("warehouse://me:hunter2@host/db", "no URL of a database that can be reached"),
        ("postgresql+nodriver://me:hunter2@host/db", "no URL of a database"),
        ("oracle://me:hunter2@host/db", "needs a driver"),
        ("postgresql://me:hunter2@host:port/db", "no URL of a database"),
        ("postgresql://me:p@hunter2@host/db", r"postgresql://\*\*\*: more than one @; expected .* %40"),
        ("oracle://host/db?password=hunter2", r"oracle://host/db\?\*\*\*: needs a driver"),
    ],
)
def test_urls_that_lead_nowhere(url: str, message: str) -> None:
    for open_ in (EventReader.open, EventStore.open):
        with pytest.raises(UsageError, match=message) as error:
            open_(url)
        assert "hunter2" not in str(error.value)


def test_an_unreachable_server_is_an_error_without_its_password() -> None:
    pytest.importorskip("psycopg")
    for open_ in (EventReader.open, EventStore.open):
        for url in ("postgresql://me:hunter2@127.0.0.1:1/db", "postgresql://127.0.0.1:1/db?user=me&password=hunter2"):
            with pytest.raises(StoreError, match=r"postgresql://127\.0\.0\.1:1/db(\?\*\*\*)?: cannot be") as error:
                open_(url)
            assert "hunter2" not in str(error.value)


def test_tables_suit_other_databases() -> None:
    for table in schema.metadata.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=mysql.dialect()))


def test_the_states_are_columns() -> None:
    for table in (schema.minutes, schema.alerts):
        assert {state.value for state in State} <= set(table.c.keys())
