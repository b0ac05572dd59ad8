"""One camera's part of the work."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from detector.monitor import camera_worker
from detector.monitor.cameras.status import CameraState
from support.camera_scenes import watching
from support.frame_results import frame_result


@pytest.mark.parametrize(
    ("seconds", "goes_on"), [((0, 1, 2, 3), True), ((0, 1, 2, 3, 4), False), ((*range(4), 40), True)]
)
def test_failures_in_a_row_end_a_camera_and_half_a_minute_between_them_does_not(
    seconds: tuple[float, ...], goes_on: bool, tmp_path: Path
) -> None:
    config = watching(tmp_path, [{"name": "door", "source": "clip.mp4"}])
    camera: Any = SimpleNamespace(is_live=True, rate_cap=10.0)
    worker = camera_worker.CameraWorker(config.cameras[0], config, camera)
    answers = [worker.restart(frame_result(at).frame) for at in seconds]
    assert answers == [True] * (len(seconds) - 1) + [goes_on]


@pytest.mark.parametrize(("state", "minutes"), [(CameraState.ENDED, {1, 2}), (CameraState.DOWN, {6, 7})])
def test_minutes_go_on_for_a_camera_that_is_down_but_not_for_a_file_that_was_read(
    state: CameraState, minutes: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = watching(tmp_path, [{"name": "door", "source": "clip.mp4"}])
    camera: Any = SimpleNamespace(is_live=True, rate_cap=10.0, take_up_time=list)
    worker = camera_worker.CameraWorker(config.cameras[0], config, camera)
    camera.status = SimpleNamespace(state=state, since=worker._started)

    class InFiveMinutes(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(minutes=5)

    monkeypatch.setattr(camera_worker, "datetime", InFiveMinutes)
    _, whole = worker.take_minutes(last=True)
    assert len(whole) in minutes
