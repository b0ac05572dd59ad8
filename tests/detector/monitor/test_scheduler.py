"""Whose frame is processed next."""

from types import SimpleNamespace
from typing import Any

from detector.monitor.cameras.status import CameraState
from detector.monitor.scheduler import FrameScheduler


def camera(state: CameraState = CameraState.UP, *, has_frame: bool = True) -> Any:
    return SimpleNamespace(status=SimpleNamespace(state=state), has_frame=lambda: has_frame)


def turns(schedule: FrameScheduler, number: int) -> list[int | None]:
    found = []
    for _ in range(number):
        index = schedule.next()
        found.append(index)
        assert index is not None
        schedule.release(index)
    return found


def test_cameras_with_frames_take_turns() -> None:
    schedule = FrameScheduler([camera(), camera(has_frame=False), camera()])
    assert turns(schedule, 6) == [0, 2, 0, 2, 0, 2]


def test_a_camera_has_one_frame_at_a_time() -> None:
    schedule = FrameScheduler([camera(), camera()])
    assert [schedule.next(), schedule.next()] == [0, 1]
    schedule.release(1)
    assert schedule.next() == 1


def test_it_ends_when_all_cameras_have_ended_and_their_frames_are_processed() -> None:
    last = camera(CameraState.ENDED)
    schedule = FrameScheduler([last, camera(CameraState.FAILED, has_frame=False)])
    assert schedule.next() == 0
    last.has_frame = lambda: False
    schedule.release(0)
    assert schedule.next() is None


def test_it_gives_no_turn_after_it_was_closed() -> None:
    schedule = FrameScheduler([camera()])
    schedule.close()
    assert schedule.next() is None
