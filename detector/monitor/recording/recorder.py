"""Annotated video of every camera, in files of some minutes each."""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from detector.monitor.annotated import DrawnFrame
from detector.monitor.config.video import RecordConfig
from detector.monitor.recording.video_file import VideoFile, path_for
from detector.monitor.recording.video_folder import VideoFolder
from detector.monitor.recording.video_thread import VideoThread

logger = logging.getLogger(__name__)

_RETRY_SECONDS = 30.0  # until a disk that failed is tried again


class Recorder:
    """A folder of recordings: `CAMERA_20261121T160000Z.mp4`, by the time of their first frame in UTC.

    Args:
        config: Where to, and for how long.
        cameras: Their names.

    Raises:
        UsageError: The folder cannot be written to.
    """

    def __init__(self, config: RecordConfig, cameras: Sequence[str]) -> None:
        if config.folder is None:
            raise ValueError("no folder to record to")
        self._config, self._folder = config, VideoFolder(config.folder, cameras)

    def begin(self, camera: str) -> "Recording":
        """Begin to record a camera, by its name."""
        recording = Recording(self._folder, self._folder.slugs[camera], self._config)
        recording.start()
        return recording


class Recording(VideoThread):
    """Writes the video of one camera."""

    def __init__(self, folder: VideoFolder, slug: str, config: RecordConfig) -> None:
        super().__init__(f"recording {slug}")
        self._folder, self._slug = folder, slug
        self._length, self._keep = timedelta(minutes=config.minutes), config.keep
        self._retry_at = 0.0

    def _write(self, frame: DrawnFrame) -> None:
        if time.monotonic() < self._retry_at:
            self.dropped += 1
            return
        image, at = frame.image(), frame.result.people.time
        if self._file is not None and not self._file.takes(image, at, self._length):
            self._close()
            self._clean()
        if self._file is None:
            path = path_for(self._folder.path, self._slug, at)
            self._file = VideoFile(path, at, image, frame.result.frame.stream_frame.rate)
        self._file.write(image, at)

    def _failed(self, reason: str) -> None:
        text = "%s: video cannot be written (%s); trying again in %.0f s"
        logger.error(text, self._folder.path, reason, _RETRY_SECONDS)
        self._retry_at = time.monotonic() + _RETRY_SECONDS

    def _clean(self) -> None:
        """Delete the files of this camera that are older than `keep`."""
        if self._keep is not None:
            self._folder.delete_before(datetime.now(UTC) - self._keep, self._slug)
