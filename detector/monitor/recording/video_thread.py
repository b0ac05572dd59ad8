"""What recordings and clips share: a thread that writes the frames of one camera, so that the camera never waits."""

import logging
import queue
import threading
import time
from abc import ABC, abstractmethod

from detector.monitor.annotated import DrawnFrame
from detector.monitor.recording.video_file import VideoFile

logger = logging.getLogger(__name__)

# Frames that wait for a slow disk, at most; more are dropped. A frame of 4K is 25 MB, and there may be many cameras.
_WAITING_FRAMES = 30
_WAITING_BYTES = 64 * 2**20
_POLL_SECONDS = 0.1
_ROOM_POLL_SECONDS = 0.01


class VideoThread(threading.Thread, ABC):
    """Writes video of one camera.

    Args:
        name: Of the thread.

    Attributes:
        dropped: Frames that came faster than they could be written, while the disk failed, or too near the end.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.dropped = 0
        self._queue: queue.SimpleQueue[DrawnFrame] = queue.SimpleQueue()
        self._finishing = threading.Event()
        self._write_until = 0.0
        self._file: VideoFile | None = None

    def put(self, frame: DrawnFrame, *, wait: bool = False) -> None:
        """Give it a frame.

        Args:
            frame: The frame.
            wait: Wait until there is room for it, rather than drop it.
        """
        result = frame.result
        room = min(_WAITING_FRAMES, max(1, _WAITING_BYTES // result.image.nbytes))
        while self._queue.qsize() >= room and result.clip is None:  # the frame that a clip begins with is not dropped
            if not wait or self._finishing.is_set():
                self.dropped += 1
                return
            time.sleep(_ROOM_POLL_SECONDS)
        self._queue.put(frame)

    def finish(self, seconds: float) -> None:
        """Write waiting frames for so many seconds at most, and close the file; `join` waits for that."""
        self._write_until = time.monotonic() + seconds
        self._finishing.set()

    def run(self) -> None:
        """Write until the end."""
        self._clean()
        while True:
            try:
                frame = self._queue.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._finishing.is_set():
                    break
                self._idle()
                continue
            if self._finishing.is_set() and time.monotonic() > self._write_until:
                self.dropped += 1
                continue
            try:
                self._write(frame)
            except Exception as error:  # FFmpeg's errors are of many kinds; a full disk is the usual one
                self.dropped += 1
                self._abandon(error)
        self._close()

    @abstractmethod
    def _write(self, frame: DrawnFrame) -> None:
        """Write a frame."""

    @abstractmethod
    def _clean(self) -> None:
        """Delete old files."""

    @abstractmethod
    def _failed(self, reason: str) -> None:
        """Say that a file could not be written."""

    def _idle(self) -> None:
        """Do what is due while no frame comes."""

    def _close(self) -> None:
        """Finish the file, if there is one."""
        if self._file is None:
            return
        try:
            self._file.close()
        except Exception as error:
            self._abandon(error)
        self._file = None

    def _abandon(self, error: Exception) -> None:
        self._failed(getattr(error, "strerror", None) or type(error).__name__)
        file, self._file = self._file, None
        if file is not None:
            file.abandon()
