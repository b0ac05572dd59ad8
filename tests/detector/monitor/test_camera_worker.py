"""One camera's part of the work."""

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from detector.monitor import camera_worker
from detector.monitor.cameras.camera import CameraState
from support.camera_scenes import watching


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
