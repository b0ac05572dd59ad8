"""Recordings and clips of the same camera."""

from pathlib import Path

import numpy as np
import pytest

from detector.monitor import annotated as annotated_module
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.video import ClipsConfig, RecordConfig
from detector.monitor.config.watch import CameraConfig, WatchConfig
from detector.monitor.recording.videos import Videos
from detector.people.zones import Zones
from support.frame_results import frame_result


def test_a_frame_that_is_recorded_and_in_a_clip_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawings: list[float] = []
    original = annotated_module.annotated

    def count(result: FrameResult, zones: Zones, *, blur: bool) -> np.ndarray:
        drawings.append(result.frame.clock)
        return original(result, zones, blur=blur)

    monkeypatch.setattr(annotated_module, "annotated", count)
    config = WatchConfig(
        cameras=(CameraConfig(source="0", name="door"),),
        record=RecordConfig(folder=tmp_path / "record"),
        clips=ClipsConfig(folder=tmp_path / "clips"),
    )
    videos = Videos(config)
    videos.start()
    for i in range(20):
        videos.put(frame_result(i / 10), wait=True)
    videos.finish(60)
    videos.join(60)
    assert sorted(drawings) == [i / 10 for i in range(20)]
    assert len(list((tmp_path / "record").glob("*.mp4"))) == 1
