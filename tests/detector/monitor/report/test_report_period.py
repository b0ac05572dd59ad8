import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from detector.errors import UsageError
from detector.monitor.report.period import Clock, Period, is_duration, parse_time

BERLIN = Clock.of("Europe/Berlin")
NOW = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-21", "2026-11-20T23:00+00:00", "2026-11-21T23:00+00:00"),
        ("20261121", "2026-11-20T23:00+00:00", "2026-11-21T23:00+00:00"),
        (" 2026-11-21 08:00 ", "2026-11-21T07:00+00:00", None),
        ("2026-11-21T08:00:30", "2026-11-21T07:00:30+00:00", None),
        ("2026-07-01 08:00", "2026-07-01T06:00+00:00", None),
        ("2026-11-21T08:00Z", "2026-11-21T08:00+00:00", None),
        ("2026-11-21 08:00+05:30", "2026-11-21T02:30+00:00", None),
        ("2026-10-24", "2026-10-23T22:00+00:00", "2026-10-24T22:00+00:00"),
        ("2026-10-25", "2026-10-24T22:00+00:00", "2026-10-25T23:00+00:00"),  # a day of 25 hours
        ("7d", "2026-11-14T15:30+00:00", None),
        ("90m", "2026-11-21T14:00+00:00", None),
    ],
)
def test_times_as_users_write_them(text: str, start: str, end: str | None) -> None:
    assert parse_time(text, "--from", BERLIN, NOW) == datetime.fromisoformat(start)
    assert parse_time(text, "--to", BERLIN, NOW, end=True) == datetime.fromisoformat(end or start)


@pytest.mark.parametrize("text", ["", "yesterday", "21.11.2026", "2026-13-01", "7", "-7d", "9999999999d", "9999-12-31"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--to: .*expected a date such as 2026-11-21"):
        parse_time(text, "--to", BERLIN, NOW, end=True)


def test_a_time_that_the_clock_cannot_show_is_refused() -> None:
    with pytest.raises(UsageError, match="--from: '0001-01-01T00:00Z'"):
        parse_time("0001-01-01T00:00Z", "--from", Clock.of("America/New_York"), NOW)


def test_durations_are_told_from_dates() -> None:
    assert [is_duration(text) for text in ("7d", "12h", "2026-11-21", "7")] == [True, True, False, False]


@pytest.mark.parametrize("name", ["Europe/Atlantis", "", "../etc/passwd", "Europe", "UTC+1"])
def test_unknown_time_zones_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--timezone"):
        Clock.of(name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows names its time zones differently")
@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        (":Asia/Kolkata", "Asia/Kolkata"),
        ("JST-9", "UTC+09:00"),  # a rule in place of a name
        ("", "UTC+00:00"),
    ],
)
def test_the_clock_of_the_machine(zone: str, name: str, tmp_path: Path) -> None:
    code = "from detector.monitor.report.period import Clock; print(Clock.of().name)"
    found = subprocess.run([sys.executable, "-c", code], env={"TZ": zone}, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == name


def test_a_machine_whose_zone_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.monitor.report.period._name_here", lambda: None)
    clock = Clock.of()
    assert clock.zone is None
    assert clock.name.startswith("UTC")
    wall = datetime(2026, 11, 21, 8, 0)
    assert clock.local(clock.utc(wall)).replace(tzinfo=None) == wall


@pytest.mark.parametrize(
    ("length", "unit", "number"),
    [
        (timedelta(minutes=5), "minute", 5),
        (timedelta(hours=12), "quarter of an hour", 48),
        (timedelta(days=3), "hour", 72),
        (timedelta(days=14), "day", 14),
        (timedelta(days=364), "week", 52),
        (timedelta(days=1000), "month", 33),
    ],
)
def test_a_period_is_divided_into_columns_for_a_chart(length: timedelta, unit: str, number: int) -> None:
    start = datetime(2026, 6, 1, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)  # a Monday
    period = Period(start, start + length, BERLIN)
    starts = period.divided()
    assert period.unit == unit
    assert number <= len(starts) <= number + 1
    assert starts[0] == start
    assert all(a < b for a, b in pairwise(starts))
    assert starts[-1] < period.end


def test_a_minute_that_has_begun_is_a_part_of_the_period() -> None:
    for seconds, minutes in ((17, 1), (60, 1), (60.5, 2)):
        period = Period(NOW, NOW + timedelta(seconds=seconds), BERLIN)
        assert period.end_shown == NOW + timedelta(minutes=minutes)


def test_days_begin_at_midnight_however_long_they_are() -> None:
    start, end = (datetime(2026, 10, day, 12, tzinfo=UTC) for day in (10, 28))
    starts = [BERLIN.local(time) for time in Period(start, end, BERLIN).divided()]
    assert {(time.hour, time.minute) for time in starts} == {(0, 0)}
    assert [time.day for time in starts] == list(range(10, 29))
    lengths = {(b.astimezone(UTC) - a.astimezone(UTC)) / timedelta(hours=1) for a, b in pairwise(starts)}
    assert lengths == {24, 25}


def test_the_hour_that_a_clock_shows_twice_is_two_hours() -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    starts = Period(start, start + timedelta(hours=25), BERLIN).divided()
    assert len(starts) == 25
    assert [BERLIN.local(time).hour for time in starts[:5]] == [0, 1, 2, 2, 3]


def test_hours_begin_at_full_hours_of_a_zone_with_half_hours() -> None:
    kolkata = Clock.of("Asia/Kolkata")
    start = kolkata.utc(datetime(2026, 11, 21, 9, 17))
    assert {kolkata.local(time).minute for time in Period(start, start + timedelta(days=2), kolkata).divided()} == {0}
    quarters = Period(start, start + timedelta(hours=5), kolkata).divided()
    assert [kolkata.local(time).minute for time in quarters[:3]] == [15, 30, 45]
