"""The recordings and clips of all cameras, each written in a thread of its own."""

import time
from collections.abc import Sequence

from detector.monitor.annotated import DrawnFrame
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.watch import WatchConfig
from detector.monitor.recording.clips import CameraClips, Clips
from detector.monitor.recording.recorder import Recorder, Recording
from detector.people.states import Alert
from detector.people.zones import Zones


class Videos:
    """What is written of all cameras, as configured; nothing before `start`.

    Args:
        config: The configuration.
    """

    def __init__(self, config: WatchConfig) -> None:
        self._config, self._blur = config, config.store.snapshots == "blur"
        self._zones = {camera.name: Zones(camera.zones, camera.lines) for camera in config.cameras}
        self._recordings: dict[str, Recording] = {}
        self._clips: dict[str, CameraClips] = {}

    def start(self) -> None:
        """Begin to write.

        Raises:
            UsageError: A folder cannot be written to.
        """
        config, names = self._config, [camera.name for camera in self._config.cameras]
        if config.record.folder is not None:
            recorder = Recorder(config.record, names)
            for name in names:  # one by one, so that those that run are ended when one cannot be started
                self._recordings[name] = recorder.begin(name)
        if config.clips.folder is not None:
            clips = Clips(config.clips, names, config.store.keep)
            for name in names:
                self._clips[name] = clips.begin(name)

    def link(self, result: FrameResult, alerts: Sequence[Alert]) -> tuple[FrameResult, Sequence[Alert]]:
        """Name the clip in the events and alerts of a frame, where there is one; see `CameraClips.link`."""
        clips = self._clips.get(result.people.camera)
        return (result, alerts) if clips is None else clips.link(result, alerts)

    def put(self, result: FrameResult, *, wait: bool) -> None:
        """Write a frame.

        Args:
            result: The result of the frame.
            wait: Wait for a slow disk, rather than leave the frame out.
        """
        camera = result.people.camera
        frame = DrawnFrame(result, self._zones[camera], blur=self._blur)
        for videos in (self._recordings, self._clips):
            if (video := videos.get(camera)) is not None:
                video.put(frame, wait=wait)

    def dropped(self, camera: str) -> int:
        """Frames missing from the recording of a camera."""
        return self._recordings[camera].dropped if camera in self._recordings else 0

    def clips(self, camera: str) -> tuple[int, int]:
        """How many clips of a camera were written, and how many failed."""
        clips = self._clips.get(camera)
        return (0, 0) if clips is None else (clips.written, clips.failed)

    def finish(self, seconds: float) -> None:
        """Write frames that wait for so many seconds at most, and close all files; `join` waits for that."""
        for video in self._threads():
            video.finish(seconds)

    def join(self, seconds: float) -> None:
        """Wait until everything is closed, for so many seconds at most."""
        deadline = time.monotonic() + seconds
        for video in self._threads():
            video.join(max(0.0, deadline - time.monotonic()))

    def _threads(self) -> list[Recording | CameraClips]:
        return [*self._recordings.values(), *self._clips.values()]
