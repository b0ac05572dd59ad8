"""Alerts about cameras that are down."""

from datetime import UTC, datetime
from typing import Any

from detector.monitor.alerts.camera_rules import CameraRules
from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.config.alerts import AlertConfig

UP, DOWN, FAILED, ENDED = CameraState.UP, CameraState.DOWN, CameraState.FAILED, CameraState.ENDED


def rules(quiet_seconds: float = 0, **when: Any) -> CameraRules:
    when = {"camera": "down", "for_seconds": 60} | when
    people = AlertConfig(name="people")
    return CameraRules([people, AlertConfig(name="lost", when=when, quiet_seconds=quiet_seconds)])  # type: ignore[arg-type]


def status(state: CameraState, reason: str | None = None, camera: str = "door") -> CameraStatus:
    return CameraStatus(camera, state, datetime.now(UTC), reason)


def raised(checked: CameraRules, states: dict[float, CameraState]) -> list[float]:
    return [clock for clock, state in states.items() if checked.check([status(state)], clock)]


def test_a_camera_that_is_down_for_long_raises_one_alert_each_time() -> None:
    states = {0.0: DOWN, 59.0: DOWN, 60.0: DOWN, 200.0: DOWN, 201.0: UP, 202.0: DOWN, 261.0: DOWN, 262.0: DOWN}
    assert raised(rules(), states) == [60, 262]
    assert raised(rules(), {0.0: FAILED, 60.0: FAILED}) == [60]
    assert raised(rules(), {0.0: UP, 60.0: UP, 120.0: ENDED, 400.0: ENDED}) == []
    assert raised(rules(), {0.0: DOWN, 50.0: UP, 55.0: DOWN, 100.0: DOWN}) == []


def test_it_says_why() -> None:
    checked = rules()
    checked.check([status(DOWN, "frozen")], 0)
    (alert,) = checked.check([status(DOWN, "frozen: the same picture for 60 s")], 61)
    assert alert.message == "door: down for 60 s (frozen: the same picture for 60 s)"
    assert (alert.rule, alert.camera, alert.people) == ("lost", "door", 0)
    assert not any(alert.states.values())


def test_cameras_are_judged_one_by_one_and_only_those_of_the_rule() -> None:
    checked = rules(cameras=["door", "hall"])
    three = [status(DOWN, camera=name) for name in ("door", "hall", "yard")]
    checked.check(three[:1], 0)
    checked.check(three, 30)
    assert [alert.camera for alert in checked.check(three, 60)] == ["door"]
    assert [alert.camera for alert in checked.check(three, 90)] == ["hall"]


def test_after_an_alert_there_is_a_quiet_time() -> None:
    states = {0.0: DOWN, 60.0: DOWN, 61.0: UP, 62.0: DOWN, 130.0: DOWN, 661.0: DOWN}
    assert raised(rules(quiet_seconds=600), states) == [60, 661]
