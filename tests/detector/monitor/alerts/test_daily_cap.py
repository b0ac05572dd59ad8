from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from detector.monitor.alerts.daily_cap import DailyCap
from detector.monitor.config.alerts import AlertConfig
from detector.people.states import Alert, count_states

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def alert(time: datetime, camera: str = "door", rule: str = "bare") -> Alert:
    return Alert(rule, camera, time, "somebody", 1, count_states(()))


def capped(most: int | None) -> DailyCap:
    return DailyCap([AlertConfig(name="bare", most_a_day=most)], lambda _: ZoneInfo("Europe/Berlin"))


def test_no_more_than_the_cap_are_sent_on_a_day_and_the_rest_is_told() -> None:
    cap = capped(2)
    sent = [cap.admits(alert(NOON + timedelta(minutes=i), "hall" if i == 3 else "door")) for i in range(6)]
    assert sent == [True, True, False, False, False, False]
    assert cap.digests(NOON + timedelta(hours=10)) == []  # 23:00 in Berlin
    (digest,) = cap.digests(NOON + timedelta(hours=11))
    assert digest.message == "4 more alerts on 2026-11-25, not sent one by one (door 3, hall 1)"
    assert (digest.rule, digest.camera) == ("bare", "door")
    assert cap.digests(NOON + timedelta(hours=12)) == []
    assert cap.admits(alert(NOON + timedelta(days=1)))


def test_a_day_without_more_is_not_told() -> None:
    cap = capped(2)
    assert cap.admits(alert(NOON))
    assert cap.digests(NOON + timedelta(days=1)) == []


def test_a_cap_of_none_sends_only_what_is_told_at_the_end() -> None:
    cap = capped(0)
    assert not cap.admits(alert(NOON))
    assert [digest.message for digest in cap.digests(NOON, last=True)] == [
        "1 more alert on 2026-11-25, not sent one by one (door 1)"
    ]


def test_without_a_cap_all_are_sent() -> None:
    cap = capped(None)
    assert all(cap.admits(alert(NOON)) for _ in range(100))
    assert cap.digests(NOON, last=True) == []
