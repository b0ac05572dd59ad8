"""The figures of a report, against a store whose figures are known."""

import csv
import json
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detector import Detections
from detector.errors import StoreError, UsageError
from detector.monitor.alerts.outbox import DeliveryStatus
from detector.monitor.minutes import Minutes
from detector.monitor.report import Clock, Counts, Figures, collect, to_dict, write_csv, write_html, write_json
from detector.monitor.report.watched import WatchedTime
from detector.monitor.store import EventReader, EventStore
from detector.people.people_tracker import PeopleTracker
from detector.people.states import PeopleInView, State
from support.store_samples import UNDECIDED, WITH, WITHOUT, WRONG, alert, change, minute

BERLIN = Clock.of("Europe/Berlin")
# A Friday, half past eight in the evening in Berlin; 22:30 UTC is past midnight there.
START = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def set_runs(path: str, begun: datetime, ended: datetime) -> None:
    """Move all runs of the program in a store to another time."""
    times = [time.strftime("%Y-%m-%d %H:%M:%S.%f") for time in (begun, ended, ended)]
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET started = ?, written = ?, ended = ?", times)
    database.close()


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Two cameras, from 20:30 on a Friday until 00:30 on Saturday in Berlin."""
    path = str(tmp_path / "events.db")
    with EventStore.open(path, run="first") as store:
        for i in range(240):
            door = {0: "mmmw", 1: "mi", 100: "uuu", 210: "w"}.get(i, "")
            store.add_minute(minute(at(i), door, camera="door", seconds_up=0 if 30 <= i < 90 else 60))
            if i >= 120:
                store.add_minute(minute(at(i), "mm" if i == 130 else "", camera="hall", seconds_up=30))
        store.add_change(change(at(0.2), WITH, track_id=1))
        store.add_change(change(at(0.3), WITH, track_id=2, snapshot=b"\xff\xd8 two"))
        store.add_change(change(at(0.4), WITHOUT, track_id=3))
        store.add_change(change(at(0.9), WRONG, track_id=3, before=WITHOUT))
        store.add_change(change(at(1.5), WITH, track_id=3, before=WRONG))
        store.add_change(change(at(2), UNDECIDED, track_id=3, before=WITH))
        store.add_change(change(at(130.5), WITHOUT, track_id=1, camera="hall"))
        one, two = alert(at(0.5)), alert(at(131), camera="hall", rule="crowd")
        store.outbox.add(one, ["ops", "mail"])
        store.outbox.add(two, ["ops"])
        store.outbox.mark(one.id, "ops", DeliveryStatus.DELIVERED, 1)
        store.outbox.mark(one.id, "mail", DeliveryStatus.DEAD, 15, "refused")
    with EventStore.open(path, run="second") as store:
        store.add_change(change(at(131), WITH, track_id=1, camera="hall"))
    set_runs(path, START, at(240))
    return path


def figures_of(path: str, **settings: Any) -> Figures:
    with EventReader.open(path) as reader:
        return collect(reader, settings.pop("clock", BERLIN), **{"now": at(10_000)} | settings)


def counts(with_mask: int = 0, without: int = 0, wrong: int = 0, undecided: int = 0) -> Counts:
    return Counts(with_mask, without, wrong, undecided)


def test_every_minute_of_every_person_counts(path: str) -> None:
    figures = figures_of(path)
    assert figures.counts == counts(6, 2, 1, 3)
    assert (figures.counts.decided, figures.counts.total) == (9, 12)
    assert figures.counts.compliance == 6 / 9
    assert figures.counts.share(WRONG) == 1 / 9
    door, hall = figures.cameras
    assert (door.name, door.counts) == ("door", counts(4, 2, 1, 3))
    assert (hall.name, hall.counts) == ("hall", counts(2))
    assert (figures.period.start, figures.period.end) == (START, at(240))


def test_compliance_is_the_share_of_time_and_not_of_last_states(tmp_path: Path) -> None:
    """Somebody wears a mask for the last five seconds of every minute, seen by a camera at ten frames per second."""
    path, tracker, minutes = str(tmp_path / "events.db"), PeopleTracker(), Minutes("door", START)
    with EventStore.open(path) as store:
        for i in range(10 * 60 * 10):
            seconds, end = i / 10, START + timedelta(seconds=i / 10)
            face = Detections([[10, 10, 60, 60]], [0.9], [0 if seconds % 60 >= 55 else 1], [1])
            seen = tracker.update(seconds, face, (480, 640))
            minutes.add_frame(PeopleInView("door", end, seen.states, (), seen.seconds, seen.known))
        for part in minutes.take_minutes(at(10), last=True)[0]:
            store.add_minute(part)
    figures = figures_of(path)
    assert figures.counts.compliance == pytest.approx(5 / 60, abs=0.01)
    assert figures.counts.total == pytest.approx(10, abs=0.01)
    with EventReader.open(path) as reader:
        assert [minute.counts[WITH] for minute in reader.minutes()][:9] == [1] * 9  # by the last state of each minute


def test_what_is_not_known_is_in_no_share_and_said(tmp_path: Path) -> None:
    path = str(tmp_path / "events.db")
    nobody = dict.fromkeys(State, 0.0)
    with EventStore.open(path) as store:
        store.add_minute(minute(at(0), "mw", camera="door"))
        store.add_minute(replace(minute(at(0), "uu", camera="slow"), frames=120, seconds=nobody, seconds_not_known=120))
    figures = figures_of(path)
    door, slow = figures.cameras
    assert figures.counts == Counts(1, 1, not_known=2)
    assert (door.counts.compliance, slow.counts.compliance) == (0.5, None)
    assert (door.looks, slow.looks) == (10, 2)
    assert to_dict(figures)["cameras"][1]["person_minutes"]["not_known"] == 2
    write_page(path, tmp_path / "page.html")
    page = " ".join((tmp_path / "page.html").read_text(encoding="utf-8").split())
    assert re.search(r"<h3><bdi>slow</bdi></h3><p class=\"value\">not known</p>|slow.{0,40}not known", page)
    assert "50.0 % of the time that people were in view, it is not known how they wore masks" in page


def write_page(path: str, out: Path) -> None:
    with EventReader.open(path) as reader:
        write_html(out, collect(reader, BERLIN, now=at(10_000)), reader)


def test_minutes_of_version_0_1_are_apart_and_marked(tmp_path: Path) -> None:
    path = str(tmp_path / "events.db")
    with EventStore.open(path) as store:
        store.add_minute(replace(minute(at(0), "mmmw"), seconds=None))
        store.add_minute(minute(at(1), "w"))
    figures = figures_of(path)
    assert figures.counts == Counts(0, 1)
    assert figures.last_states == Counts(3, 1)
    write_page(path, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "stored by version 0.1, which noted only the last state" in page
    assert "with mask 75.0\u00a0%" in page


def test_counts_by_time_follow_the_clock_of_the_report(path: str) -> None:
    figures = figures_of(path)
    assert figures.period.unit == "quarter of an hour"
    assert len(figures.over_time) == 16
    seen = {part.name: part.counts for part in figures.over_time if part.counts.total}
    assert seen == {
        "2026-11-20 20:30": counts(4, 1, 1),
        "2026-11-20 22:00": counts(undecided=3),
        "2026-11-20 22:30": counts(2),
        "2026-11-21 00:00": counts(without=1),
    }
    assert {part.name: part.counts for part in figures.by_hour if part.counts.total} == {
        "00:00": counts(without=1),
        "20:00": counts(4, 1, 1),
        "22:00": counts(2, undecided=3),
    }
    assert {part.name: part.counts for part in figures.by_weekday if part.counts.total} == {
        "Friday": counts(6, 1, 1, 3),
        "Saturday": counts(without=1),
    }
    in_utc = figures_of(path, clock=Clock.of("UTC"))
    assert [part.name for part in in_utc.by_weekday if part.counts.total] == ["Friday"]
    assert [part.name for part in in_utc.by_hour if part.counts.total] == ["19:00", "21:00", "23:00"]


def test_all_ways_to_divide_the_counts_add_up(path: str) -> None:
    figures = figures_of(path)
    for parts in (figures.cameras, figures.over_time, figures.by_hour, figures.by_weekday):
        for state in (WITH, WITHOUT, WRONG, UNDECIDED):
            assert sum(part.counts[state] for part in parts) == figures.counts[state]
        assert sum(part.seconds_watched for part in parts) == pytest.approx(180 * 60 + 120 * 30)


def test_people_are_distinct_in_camera_and_run(path: str) -> None:
    figures = figures_of(path)
    assert figures.people.number == 5  # three at the door, and number 1 of two runs in the hall
    assert figures.people.first == counts(3, 2)
    assert figures.people.last == counts(4, 1)
    assert figures.people.changes == ((WITHOUT, WRONG, 1), (WRONG, WITH, 1))
    assert figures.events == 8
    assert [camera.people for camera in figures.cameras] == [counts(3), counts(1, 1)]


def test_alerts_and_what_became_of_them(path: str) -> None:
    figures = figures_of(path)
    assert (figures.alerts.total, figures.alerts.by_rule) == (2, {"no mask": 1, "crowd": 1})
    assert figures.alerts.deliveries == {
        "mail": {"pending": 0, "delivered": 0, "dead": 1},
        "ops": {"pending": 1, "delivered": 1, "dead": 0},
    }
    assert [raised.alert.rule for raised in figures.alerts.rows] == ["crowd", "no mask"]
    assert [camera.alerts for camera in figures.cameras] == [1, 1]


def test_the_time_that_was_watched(path: str) -> None:
    figures = figures_of(path)
    door, hall = figures.cameras
    assert [(gap.start, gap.end, gap.running) for gap in door.gaps] == [(at(30), at(90), True)]
    assert door.watched == 180 / 240
    assert hall.gaps == ()  # it was not there before; half a minute's pictures are no gap
    assert (hall.since, hall.watched) == (at(120), 0.5)
    assert figures.watched == (180 + 60) / (240 + 120)
    longer = figures_of(path, since=at(-60), until=at(300))
    assert [(gap.start, gap.end, gap.running) for gap in longer.cameras[0].gaps] == [
        (at(30), at(90), True),
        (at(240), at(300), False),
    ]
    assert longer.cameras[0].since == START


def test_minutes_in_which_the_program_starts_or_ends_are_no_gaps(tmp_path: Path) -> None:
    path = str(tmp_path / "short.db")
    with EventStore.open(path) as store:
        for i, seconds in enumerate((0.0, 60.0, 15.0)):
            store.add_minute(minute(at(i), "m", seconds_up=seconds))
    set_runs(path, at(0.75), at(2.25))
    figures = figures_of(path)
    assert (figures.period.start, figures.period.end) == (START, at(2.25))
    assert (figures.gaps, figures.watched) == ((), 75 / 90)
    assert figures_of(path, until=at(3)).period.end == at(3)


def gaps(minutes: str, start: float = 0, end: float = 10) -> list[tuple[Any, ...]]:
    """One letter for each minute: u up, d down, s up for a second, and a dot for one that is not stored."""
    watched = WatchedTime("door", at(start))
    for i, letter in enumerate(minutes):
        if letter != ".":
            watched.add(at(i), {"u": 60.0, "d": 0.0, "s": 1.0}[letter])
    minute_of = lambda time: (time - START) / timedelta(minutes=1)  # noqa: E731
    return [(minute_of(g.start), minute_of(g.end), g.running) for g in watched.gaps(at(end))]


def test_gaps_tell_a_camera_that_was_down_from_a_program_that_was() -> None:
    assert gaps("uuuuuuuuuu") == gaps("suusuussss") == []
    assert gaps("") == gaps("..........") == [(0, 10, False)]
    assert gaps("dddddddddd") == [(0, 10, True)]
    assert gaps("uudd..dduu") == [(2, 4, True), (4, 6, False), (6, 8, True)]
    assert gaps("us......su") == [(2, 8, False)]
    assert gaps("uduuuuu...") == [(1, 2, True), (7, 10, False)]
    assert gaps("dddddddddd", start=0.5, end=9.5) == [(0.5, 9.5, True)]
    assert gaps("duuuuuuuud", start=0.5, end=9.5) == []  # parts of a minute
    assert gaps("uuuuuuuuu", end=9.5) == []


def test_a_camera_that_no_program_watches_any_more_is_not_down(tmp_path: Path) -> None:
    path = str(tmp_path / "two.db")
    with EventStore.open(path) as store:
        for i in range(60):  # its program, and every minute of the other camera, are in the store all the time
            store.add_minute(minute(at(i), camera="hall"))
            if i < 20:
                store.add_minute(minute(at(i), camera="clip.mp4"))
    set_runs(path, START, at(60))
    clip, hall = figures_of(path).cameras
    assert [(gap.start, gap.end, gap.running) for gap in clip.gaps] == [(at(20), at(60), False)]
    assert hall.gaps == ()


def test_what_is_still_to_come_was_not_missed(path: str) -> None:
    figures = figures_of(path, since=at(0), until=at(2000), now=at(250))
    assert figures.period.end == at(250)
    assert [(gap.start, gap.end) for gap in figures.cameras[1].gaps] == [(at(240), at(250))]
    ahead = figures_of(path, since=at(0), until=at(2000), now=at(100))  # a video, read faster than it plays
    assert (ahead.period.end, ahead.events) == (at(240), 8)
    set_runs(path, at(0), at(239.5))  # in the middle of the last minute that was counted
    assert figures_of(path, since=at(0), until=at(2000), now=at(239.6)).period.end == at(239.6)
    with pytest.raises(StoreError, match="nothing from 2026-11-21 20:30"):
        figures_of(path, since=at(24 * 60), until=at(48 * 60), now=at(250))


def test_a_change_counts_in_the_time_in_which_it_was_made(path: str) -> None:
    people = figures_of(path, since=at(1), until=at(2)).people
    assert (people.number, people.first, people.changes) == (1, counts(1), ((WRONG, WITH, 1),))


def test_a_part_of_the_time_and_of_the_cameras(path: str) -> None:
    figures = figures_of(path, since=at(100), until=at(200), cameras=["hall"])
    assert [camera.name for camera in figures.cameras] == ["hall"]
    assert (figures.chosen, figures.counts, figures.events, figures.alerts.total) == (True, counts(2), 2, 1)
    assert figures.people.last == counts(1, 1)
    assert figures_of(path, since=at(1), until=at(2), cameras=["hall", "door"]).counts == counts(1, 0, 1)


def test_only_so_many_rows_are_given_but_all_are_counted(path: str) -> None:
    figures = figures_of(path, most_rows=2)
    assert (figures.events, len(figures.newest), figures.alerts.total, len(figures.alerts.rows)) == (8, 2, 2, 2)
    assert [event.change.time for event in figures.newest] == [at(131), at(130.5)]
    assert figures_of(path, most_rows=0).newest == ()


def test_what_cannot_be_reported(path: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--camera: 'attic', 'roof'; expected cameras of .*: 'door', 'hall'"):
        figures_of(path, cameras=["roof", "door", "attic"])
    with pytest.raises(UsageError, match=r"--to: 2026-11-20 20:30, not after 2026-11-20 21:30"):
        figures_of(path, since=at(60), until=at(0))
    held = r"expected a time between 2026-11-20 20:30 and 2026-11-21 00:30"
    with pytest.raises(
        StoreError, match=rf"nothing from 2026-11-21 01:30 to 2026-11-21 02:30 \(Europe/Berlin\).*{held}"
    ):
        figures_of(path, since=at(300), until=at(360))
    with pytest.raises(StoreError, match=rf"nothing from 2026-11-21 01:30 .*{held}"):
        figures_of(path, since=at(300))
    with pytest.raises(StoreError, match=r"nothing from .* of hall; expected a time between 2026-11-20 22:30"):
        figures_of(path, until=at(60), since=at(0), cameras=["hall"])
    empty = str(tmp_path / "empty.db")
    EventStore.open(empty).close()
    with pytest.raises(StoreError, match=r"empty\.db: no events yet"):
        figures_of(empty)


def test_quiet_times_have_no_compliance(tmp_path: Path) -> None:
    path = str(tmp_path / "quiet.db")
    with EventStore.open(path) as store:
        for i in range(5):
            store.add_minute(minute(at(i), ""))
        store.add_minute(minute(at(5), "uu"))
    nobody, undecided = figures_of(path, until=at(5)), figures_of(path)
    assert (nobody.counts.compliance, nobody.watched, nobody.people.number) == (None, 1.0, 0)
    assert (undecided.counts.compliance, undecided.counts.total) == (None, 2)
    for figures, said in ((nobody, "Nobody was seen"), (undecided, "of none could it be decided")):
        with EventReader.open(path) as reader:
            write_html(tmp_path / "report.html", figures, reader)
        text = (tmp_path / "report.html").read_text()
        assert said in text
        assert "No state changed" in text
        assert "No alert was raised" in text
        assert json.loads(json.dumps(to_dict(figures), allow_nan=False))["person_minutes"]["compliance"] is None


def test_rows_that_were_dropped_are_said(path: str, tmp_path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("UPDATE runs SET dropped = 1200 WHERE id = 'first'")
    database.close()
    figures = figures_of(path)
    assert figures.dropped == 1200
    with EventReader.open(path) as reader:
        write_html(tmp_path / "report.html", figures, reader)
    assert "1,200 rows could not be kept" in (tmp_path / "report.html").read_text()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_page_tables_and_json_have_the_same_figures(path: str, tmp_path: Path) -> None:
    figures = figures_of(path)
    with EventReader.open(path) as reader:
        write_html(tmp_path / "report.html", figures, reader)
        write_csv(tmp_path / "tables", figures, reader)
        write_csv(tmp_path / "figures.csv", figures, reader)
        write_json(tmp_path / "report.json", figures)
    data = json.loads((tmp_path / "report.json").read_text())
    table = rows(tmp_path / "figures.csv")
    assert rows(tmp_path / "tables" / "figures.csv") == table

    named = {(row["figure"], row["name"]): row for row in table}
    in_json = {("person_minutes", "all"): data["person_minutes"]}
    in_json |= {("by_camera", camera["name"]): camera["person_minutes"] for camera in data["cameras"]}
    in_json |= {("people_decided_last", camera["name"]): camera["people"] for camera in data["cameras"]}
    in_json |= {(f"people_decided_{which}", "all"): data["people"][which] for which in ("first", "last")}
    for figure in ("over_time", "by_hour", "by_weekday"):
        in_json |= {(figure, part["name"]): part["person_minutes"] for part in data[figure]}
    assert len(table) == len(named) == len(in_json) == 1 + 2 + 2 + 2 + 16 + 24 + 7
    for key, numbers in in_json.items():
        written = {name: "" if value is None else str(value) for name, value in numbers.items()}
        assert written.items() <= named[key].items()

    # The table of the page; less than a day has none by hour and by weekday.
    page = (tmp_path / "report.html").read_text()
    number = r"<td>(\d+)</td>\s*"
    cells = re.findall(rf"<tr>\s*<th>[^<]*</th>\s*{3 * number}<td>([^<]*)</td>\s*{number}</tr>", page)
    parts = [part["person_minutes"] for part in data["over_time"]]
    order = ("with_mask", "mask_worn_incorrectly", "without_mask")
    assert [(*cell[:3], cell[4]) for cell in cells] == [
        (*(str(part[name]) for name in order), str(part["undecided"])) for part in parts
    ]
    shares = ["66.7 %", "100 %", "0.0 %"]
    assert [cell[3].replace("\xa0", " ") for cell in cells if cell[3] != "–"] == shares

    events = rows(tmp_path / "tables" / "events.csv")
    assert len(events) == data["events"]["total"] == len(data["events"]["newest"]) == 8
    shown = [
        {name: "" if value is None else str(value) for name, value in event.items()}
        for event in data["events"]["newest"]
    ]
    assert events[::-1] == shown
    alerts = rows(tmp_path / "tables" / "alerts.csv")
    assert [(row["rule"], row["delivered"], row["pending"], row["dead"]) for row in alerts] == [
        ("no mask", "ops", "", "mail"),
        ("crowd", "", "ops", ""),
    ]
    assert [row["time"] for row in alerts] == [raised["time"] for raised in data["alerts"]["newest"]][::-1]
    (gap,) = rows(tmp_path / "tables" / "gaps.csv")
    assert gap == {
        "camera": "door",
        "start": "2026-11-20T21:00:00+01:00",
        "end": "2026-11-20T22:00:00+01:00",
        "seconds": "3600",
        "why": "camera down",
    }
    assert data["cameras"][0]["gaps"] == [{"start": gap["start"], "end": gap["end"], "running": True}]
    assert data["period"] == {
        "start": "2026-11-20T20:30:00+01:00",
        "end": "2026-11-21T00:30:00+01:00",
        "timezone": "Europe/Berlin",
        "unit": "quarter of an hour",
    }


def test_tables_hold_all_events_whatever_the_page_shows(path: str, tmp_path: Path) -> None:
    figures = figures_of(path, most_rows=1)
    with EventReader.open(path) as reader:
        write_csv(tmp_path, figures, reader)
        write_html(tmp_path / "report.html", figures, reader)
    assert len(rows(tmp_path / "events.csv")) == 8
    assert len(rows(tmp_path / "alerts.csv")) == 2
    page = (tmp_path / "report.html").read_text()
    assert "The newest 1 of 8 changes of state" in page
    assert "The newest 1 of 2 alerts" in page


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "a=1"])
def test_names_are_no_formulas_for_a_spreadsheet(name: str, tmp_path: Path) -> None:
    store = str(tmp_path / "events.db")
    with EventStore.open(store) as written:
        written.add_change(change(START, camera=name))
        for start in (at(0), at(2)):
            written.add_minute(minute(start, "w", camera=name))
        raised = alert(START, camera=name, rule=name, message=f"{name}: 1 person")
        written.outbox.add(raised, [name])
    with EventReader.open(store) as reader:
        figures = collect(reader, Clock.of("UTC"))
        write_csv(tmp_path, figures, reader)
    shown = name if name == "a=1" else f"'{name}"
    (event,), (told,) = rows(tmp_path / "events.csv"), rows(tmp_path / "alerts.csv")
    assert (event["camera"], event["x1"]) == (shown, "10.5")
    assert (told["camera"], told["rule"], told["message"]) == (shown, shown, f"{shown}: 1 person")
    assert told["pending"] == shown
    assert {row["camera"] for row in rows(tmp_path / "gaps.csv")} == {shown}
    assert shown in {row["name"] for row in rows(tmp_path / "figures.csv") if row["figure"] == "by_camera"}
    assert to_dict(figures)["cameras"][0]["name"] == name


def test_the_last_event_of_a_file_that_was_read_fast_is_in_the_report(tmp_path: Path) -> None:
    store = str(tmp_path / "events.db")
    with EventStore.open(store) as written:
        for start in (at(0), at(1)):
            written.add_minute(minute(start, "w"))
        for time in (at(0.5), at(1.5)):
            written.add_change(change(time))
            written.outbox.add(alert(time), ["ops"])
    set_runs(store, at(0), at(1.2))
    with EventReader.open(store) as reader:
        figures = collect(reader, Clock.of("UTC"))
    assert (figures.events, figures.alerts.total) == (2, 2)
    assert figures.period.end_shown == at(2)
