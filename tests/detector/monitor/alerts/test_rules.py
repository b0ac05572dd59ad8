from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from detector.monitor.alerts.rules import AlertRules
from detector.monitor.config.watch import AlertConfig
from detector.people.states import Alert, PeopleInView, State, StateChange

BARE, MASK, WRONG, OPEN = (
    State.WITHOUT_MASK,
    State.WITH_MASK,
    State.MASK_WORN_INCORRECTLY,
    State.UNDECIDED,
)
START = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday


class Watch:
    """Rules over one camera that is looked at every half second."""

    def __init__(self, *, quiet: float = 60, start: datetime = START, camera: str = "door", **when: Any) -> None:
        config = AlertConfig(name="rule", when=when, quiet_seconds=quiet)  # type: ignore[arg-type]
        self.rules = AlertRules([config], lambda camera: {"tokyo": ZoneInfo("Asia/Tokyo")}.get(camera, UTC))
        self.time, self.camera = start, camera

    def see(self, *states: State, seconds: float = 0.5, **people: State) -> list[Alert]:
        """Alerts while people 1, 2, ... (or p7=...) are in these states."""
        held = dict(enumerate(states, 1)) | {int(name[1:]): state for name, state in people.items()}
        alerts = []
        for _ in range(round(seconds * 2)):
            alerts += self.rules.update(PeopleInView(self.camera, self.time, held))
            self.time += timedelta(seconds=0.5)
        return alerts


def test_a_state_must_be_held_by_one_person_without_a_break() -> None:
    watch = Watch(for_seconds=3)
    assert watch.see(BARE, seconds=3) == []
    (alert,) = watch.see(BARE, seconds=1)
    assert (alert.rule, alert.camera, alert.people) == ("rule", "door", 1)
    assert alert.time == START + timedelta(seconds=3)
    assert alert.message == "door: 1 person without a mask for 3 s"
    assert alert.states == {MASK: 0, BARE: 1, WRONG: 0, OPEN: 0}
    interrupted = Watch(for_seconds=3)
    for _ in range(5):
        assert interrupted.see(BARE, seconds=2.5) == []
        assert interrupted.see(MASK) == []
    in_turns = Watch(for_seconds=3)
    for i in range(5):  # always somebody, never the same
        assert in_turns.see(**{f"p{i}": BARE}, seconds=2.5) == []


def test_one_frame_is_enough_only_where_no_time_is_asked_for() -> None:
    assert len(Watch(for_seconds=0).see(BARE)) == 1
    assert Watch(for_seconds=0.1).see(BARE) == []


def test_nobody_is_alerted_to_for_the_other_states() -> None:
    assert Watch(for_seconds=0).see(MASK, WRONG, OPEN, seconds=10) == []


def test_several_states_are_held_together_and_named() -> None:
    watch = Watch(for_seconds=2, state=["without_mask", "mask_worn_incorrectly"])
    assert watch.see(BARE, seconds=1) == []
    (alert,) = watch.see(WRONG, seconds=2)
    assert alert.message == "door: 1 person without a mask or with a mask worn incorrectly for 2 s"


def test_enough_people_at_the_same_time() -> None:
    watch = Watch(for_seconds=1, people=2)
    assert watch.see(BARE, seconds=5) == []
    assert watch.see(BARE, MASK, seconds=5) == []
    (alert,) = watch.see(BARE, MASK, BARE, seconds=5)
    assert (alert.people, alert.message) == (2, "door: 2 people without a mask for 1 s")
    assert alert.states[MASK] == 1


def test_each_person_raises_a_rule_once_and_again_after_a_change() -> None:
    watch = Watch(for_seconds=1, quiet=0)
    assert len(watch.see(BARE, seconds=100)) == 1
    assert len(watch.see(BARE, BARE, seconds=100)) == 1
    watch.see(MASK, BARE, seconds=5)
    assert len(watch.see(BARE, BARE, seconds=100)) == 1


def test_the_quiet_time_holds_alerts_back_but_forgets_nobody_who_is_there() -> None:
    watch = Watch(for_seconds=1, quiet=60)
    assert len(watch.see(BARE, seconds=5)) == 1
    assert watch.see(p1=BARE, p2=BARE, seconds=10) == []
    assert watch.see(p2=BARE, seconds=45) == []
    (alert,) = watch.see(p2=BARE, seconds=5)
    assert alert.time == START + timedelta(seconds=61)
    assert watch.see(p3=BARE, seconds=30) == []  # who has left by then is not alerted to
    assert watch.see(MASK, seconds=60) == []


def test_the_quiet_time_is_that_of_a_rule_and_a_camera() -> None:
    rules = AlertRules([AlertConfig(name=name, when={"for_seconds": 0}) for name in "ab"])  # type: ignore[arg-type]
    alerts = [
        (alert.rule, alert.camera)
        for camera in ("one", "two", "one")
        for alert in rules.update(PeopleInView(camera, START, {1: BARE}))
    ]
    assert alerts == [("a", "one"), ("b", "one"), ("a", "two"), ("b", "two")]


def test_the_share_of_decided_people_without_a_mask() -> None:
    watch = Watch(share_without=0.5, people=4, for_seconds=2, quiet=0)
    assert watch.see(BARE, BARE, BARE, OPEN, OPEN, seconds=5) == []  # three decided
    assert watch.see(BARE, WRONG, MASK, MASK, seconds=5) == []  # a quarter: worn incorrectly is not without
    assert watch.see(BARE, BARE, WRONG, MASK, OPEN, seconds=2) == []
    (alert,) = watch.see(BARE, BARE, WRONG, MASK, OPEN, seconds=10)
    assert (alert.people, alert.message) == (2, "door: 2 of 4 people without a mask (50%)")
    watch.see(MASK, MASK, MASK, MASK)
    assert len(watch.see(BARE, BARE, BARE, BARE, seconds=5)) == 1


@pytest.mark.parametrize(
    ("camera", "hour", "alerts"),
    [("door", 7, 0), ("door", 8, 1), ("door", 17, 1), ("door", 18, 0), ("tokyo", 22, 0), ("tokyo", 23, 1)],
)
def test_hours_are_those_of_the_camera(camera: str, hour: int, alerts: int) -> None:
    watch = Watch(start=START.replace(hour=hour), camera=camera, for_seconds=0, hours="08:00-18:00")
    assert len(watch.see(BARE)) == alerts


def test_weekdays_are_those_of_the_camera() -> None:
    for camera, expected in (("door", 1), ("tokyo", 0)):  # Saturday noon; in Tokyo it is nearly Sunday
        watch = Watch(start=START.replace(hour=16), camera=camera, for_seconds=0, weekdays=["sat"])
        assert len(watch.see(BARE)) == expected


def test_who_is_there_when_the_hours_begin_is_alerted_to() -> None:
    watch = Watch(start=START.replace(hour=7, minute=59), hours="08:00-18:00")
    (alert,) = watch.see(BARE, seconds=120)
    assert alert.time == START.replace(hour=8)


def test_other_cameras_are_left_alone() -> None:
    assert Watch(for_seconds=0, cameras=["door"], camera="exit").see(BARE) == []
    assert len(Watch(for_seconds=0, cameras=["door"]).see(BARE)) == 1


def test_the_snapshot_of_who_raised_it_goes_with_the_alert() -> None:
    rules = AlertRules([AlertConfig(name="rule", when={"for_seconds": 1}, quiet_seconds=0)])  # type: ignore[arg-type]

    def change(who: int, snapshot: bytes) -> StateChange:
        return StateChange("door", START, who, OPEN, BARE, 0.9, (0, 0, 1, 1), snapshot)

    rules.update(PeopleInView("door", START, {1: BARE}, (change(1, b"one"),)))
    (first,) = rules.update(
        PeopleInView("door", START + timedelta(seconds=1), {1: BARE, 2: BARE}, (change(2, b"two"),))
    )
    (second,) = rules.update(PeopleInView("door", START + timedelta(seconds=3), {1: BARE, 2: BARE}))
    assert (first.snapshot, second.snapshot) == (b"one", b"two")
    rules.update(PeopleInView("door", START + timedelta(seconds=4), {}))
    assert rules._snapshots == {"door": {}}


def test_a_clock_that_is_set_back_does_not_silence_a_rule() -> None:
    watch = Watch(for_seconds=3, quiet=10)
    assert len(watch.see(BARE, seconds=5)) == 1
    watch.time -= timedelta(hours=1)
    assert len(watch.see(MASK, BARE, seconds=20)) == 1


def test_nobody_in_view_raises_nothing() -> None:
    assert Watch(share_without=0.1, people=1, for_seconds=0).see(seconds=5) == []
