"""Clips: short videos around events and alerts."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.monitor.annotated import DrawnFrame
from detector.monitor.camera_worker import FrameResult
from detector.monitor.config.video import ClipsConfig
from detector.monitor.recording.latest_frames import LatestFrames
from detector.monitor.recording.video_file import VideoFile, free, path_for
from detector.monitor.recording.video_folder import VideoFolder
from detector.monitor.recording.video_thread import VideoThread
from detector.people.states import Alert

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 120.0
"""Events that follow each other share a clip for so long; then another one begins."""
_MOST_SILENT = 10.0  # a camera that sends nothing for so long gets no more frames into its clip


class Clips:
    """A folder of clips: `CAMERA_20261121T160000Z.mp4`, by the time of their first event in UTC.

    Args:
        config: Where to, how long, and for which events.
        cameras: Their names.
        keep: Older clips are deleted, as are the events; None keeps all.

    Raises:
        UsageError: The folder cannot be written to.
    """

    def __init__(self, config: ClipsConfig, cameras: Sequence[str], keep: timedelta | None) -> None:
        if config.folder is None:
            raise ValueError("no folder for clips")
        self._config, self._keep = config, keep
        self._folder = VideoFolder(config.folder.absolute(), cameras)

    def begin(self, camera: str) -> "CameraClips":
        """Begin to follow a camera, by its name."""
        clips = CameraClips(self._folder, self._folder.slugs[camera], self._config, self._keep)
        clips.start()
        return clips


@dataclass(slots=True)
class _Span:
    """A clip that is still taking frames, by the clock of the frames."""

    path: Path
    begun: float
    until: float

    def takes(self, clock: float) -> bool:
        return self.begun <= clock <= self.until


class CameraClips(VideoThread):
    """Writes the clips of one camera.

    Attributes:
        written: Clips that were written.
        failed: Clips that could not be written, or not to their end.
    """

    def __init__(self, folder: VideoFolder, slug: str, config: ClipsConfig, keep: timedelta | None) -> None:
        super().__init__(f"clips {slug}")
        self.written = self.failed = 0
        self._folder, self._slug, self._config, self._keep = folder, slug, config, keep
        self._linked: _Span | None = None  # as `link` has it; the thread is behind by what waits in the queue
        self._named: deque[Path] = deque(maxlen=100)  # the latest, which may not be written yet
        self._span: _Span | None = None
        self._latest = LatestFrames(config.before)
        self._start, self._shape = (0.0, datetime.now(UTC)), (0, 0)  # of the clip: clock and time of its first frame
        self._heard = time.monotonic()

    def link(self, result: FrameResult, alerts: Sequence[Alert]) -> tuple[FrameResult, list[Alert]]:
        """Name the clip in the events and alerts of a frame; to be called in the order of the frames, before `put`.

        Args:
            result: The result of the frame.
            alerts: What it raised.

        Returns:
            Both, with `clip` where there is one.
        """
        people, alerts = result.people, list(alerts)
        if not alerts and not any(change.after in self._config.state for change in people.changes):
            return result, alerts
        span = self._linked
        clock = result.frame.clock
        if span is None or not span.takes(clock) or clock > span.begun + LONGEST_SECONDS:
            path = free(path_for(self._folder.path, self._slug, people.time), self._named)
            self._named.append(path)
            span = _Span(path, clock, clock)
        span.until = clock + self._config.after
        self._linked, name = span, str(span.path)
        changes = tuple(replace(c, clip=name) if c.after in self._config.state else c for c in people.changes)
        alerts = [replace(alert, clip=name) for alert in alerts]
        return replace(result, people=replace(people, changes=changes), clip=span.path), alerts

    def _write(self, frame: DrawnFrame) -> None:
        result, image = frame.result, frame.image()
        clock = result.frame.clock
        self._heard = time.monotonic()
        if self._span is not None and not self._span.takes(clock):
            self._close()
        self._latest.add(clock, image)
        if result.clip is not None and (self._span is None or self._span.path != result.clip):
            self._begin(result.clip, result)
        elif self._file is not None:
            self._append(self._file, clock, image)
        if result.clip is not None and self._span is not None:
            self._span.until = clock + self._config.after

    def _begin(self, path: Path, result: FrameResult) -> None:
        """Begin a clip with the latest frames, of which the last is that of the event."""
        self._close()
        self._clean()
        clock, at, rate = result.frame.clock, result.people.time, result.frame.stream_frame.rate
        self._span = _Span(path, clock, clock + self._config.after)
        for each_clock, image in self._latest:
            if self._file is None:
                self._start = (each_clock, at - timedelta(seconds=clock - each_clock))
                self._shape = image.shape[:2]
                self._file = VideoFile(path, self._start[1], image, rate, joined=True)
            self._append(self._file, each_clock, image)

    def _append(self, file: VideoFile, clock: float, image: NDArray[np.uint8]) -> None:
        if image.shape[:2] != self._shape:  # the camera changed its resolution
            image = cv2.resize(image, self._shape[::-1]).astype(np.uint8)
        first_clock, at = self._start
        file.write(image, at + timedelta(seconds=clock - first_clock))

    def _idle(self) -> None:
        """Finish the clip of a camera that is lost."""
        if self._file is not None and time.monotonic() - self._heard > self._config.after + _MOST_SILENT:
            self._close()

    def _close(self) -> None:
        was_open, failed = self._file is not None, self.failed
        super()._close()
        self.written += was_open and self.failed == failed
        self._span = None

    def _failed(self, reason: str) -> None:
        self.failed += 1
        name = self._folder.path if self._span is None else self._span.path
        logger.error("%s: the clip cannot be written (%s); the next event tries again", name, reason)

    def _clean(self) -> None:
        """Delete what no event refers to any more: clips of killed runs, and of stores that other machines clean."""
        if self._keep is not None:
            spare = timedelta(seconds=LONGEST_SECONDS + self._config.after)  # between the first event and the last
            self._folder.delete_before(datetime.now(UTC) - self._keep - spare, self._slug)
