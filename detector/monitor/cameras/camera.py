"""Reads one camera in a thread of its own, which keeps only the newest picture and reconnects after a loss."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import MaskDetectorError
from detector.media.cameras import device_of
from detector.monitor.cameras.adjustment import PictureAdjustment
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.health import PictureHealth
from detector.monitor.cameras.status import FINISHED, CameraState, CameraStatus
from detector.monitor.cameras.streams import (
    RateCap,
    StreamFrame,
    StreamFrames,
    kind_of,
    read_address,
    read_file,
    read_number,
)
from detector.monitor.cameras.upside_down import UpsideDown
from detector.monitor.config.watch import CameraConfig
from detector.people.settings import Zone
from detector.people.zones import Zones

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CameraTimeouts:
    """How long a camera is waited for, in seconds.

    Attributes:
        opening: Until it is open.
        stall: Between two pictures.
        first_wait: Before it is opened again. The wait doubles each time.
        longest_wait: The limit of this doubling.
        stable: After it was up for so long, the waits begin at `first_wait` again.
    """

    opening: float = 10.0
    stall: float = 5.0
    first_wait: float = 1.0
    longest_wait: float = 60.0
    stable: float = 30.0


class Camera:
    """One camera and its thread.

    A live camera keeps only its newest picture, so that a slow reader gets a recent one. A file that is not
    read in real time waits until each picture has been taken.

    Args:
        config: What to read.
        realtime: Read a video file at its own speed, like a live camera.
        on_frame: Called in the camera's thread when a picture can be taken; must return at once.
        on_status: Called when the camera goes up or down, in any thread; must return at once.
        timeouts: How long it is waited for.
    """

    def __init__(
        self,
        config: CameraConfig,
        *,
        realtime: bool = False,
        on_frame: Callable[[], Any] = lambda: None,
        on_status: Callable[[CameraStatus], Any] = lambda status: None,
        timeouts: CameraTimeouts | None = None,
    ) -> None:
        self.name, self._source = config.name, config.source.get_secret_value()
        self.is_file = kind_of(self._source) == "file"
        self.is_live = realtime or not self.is_file
        # The default cap saves processor time. A file that waits for its reader is processed whole.
        self._fps = config.fps if self.is_live or "fps" in config.model_fields_set else None
        self._on_frame, self._on_status, self._timeouts = on_frame, on_status, timeouts or CameraTimeouts()
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._frame: CameraFrame | None = None
        self._status = CameraStatus(self.name, CameraState.CONNECTING, datetime.now(UTC))
        self._up: list[tuple[datetime, datetime]] = []
        self._last: datetime | None = None
        self._first_arrived = self._last_arrived = 0.0
        masks = [Zone(polygon=polygon, name="mask") for polygon in config.masks]
        self._zones = Zones([*config.zones, *masks], config.lines)
        self._adjustment = PictureAdjustment(config.rotate, config.gamma, masks)
        self._health = None if self.is_file else PictureHealth(config.frozen_seconds, config.covered_seconds)
        self._upside_down = UpsideDown(None if self.is_file else config.upside_down_seconds)
        self._useless = False  # pictures come, but show nothing new
        self._thread = threading.Thread(target=self._run, name=f"camera {self.name}", daemon=True)

    @property
    def rate_cap(self) -> float | None:
        """At most so many pictures a second are given out."""
        return self._fps

    @property
    def status(self) -> CameraStatus:
        """The status of the camera."""
        with self._changed:
            return self._status

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end; it is not waited for."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def give_up(self, reason: str) -> None:
        """Stop for good: the camera has failed, for a reason that is shown."""
        self.stop()
        self._set(CameraState.FAILED, reason)

    def join(self, timeout: float) -> bool:
        """Wait for the thread; False when it has not ended after `timeout` seconds."""
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def has_frame(self) -> bool:
        """Whether there is a picture to take."""
        return self._frame is not None and not self._stopping.is_set()

    def take(self) -> CameraFrame | None:
        """The newest picture not yet taken."""
        with self._changed:
            frame, self._frame = self._frame, None
            self._changed.notify_all()
            return frame

    def is_useful(
        self, frame: CameraFrame, image: NDArray[np.uint8], find: Callable[[NDArray[np.uint8]], Detections]
    ) -> bool:
        """Whether a picture that was taken shows something new, the right way up, of the size that zones are made for.

        While pictures do not, the camera is down; a video file with zones of another size has failed.

        Args:
            frame: The frame.
            image: Its picture, BGR uint8 (H, W, 3).
            find: Finds the faces in a picture; called rarely.
        """
        reason = self._zones.misfit(image.shape)
        if reason is None and self._health is not None:
            reason = self._health.update(image, frame.arrived, may_repeat=frame.stream_frame.is_still)
        if reason is None:
            reason = self._upside_down.update(image, frame.arrived, find)
        if reason is not None and self.is_file:
            self.give_up(reason)
        elif reason is not None:
            self._useless = True
            self._set(CameraState.DOWN, reason)
        elif self._useless:
            self._useless = False
            self._set(CameraState.UP)
        return reason is None

    def take_up_time(self) -> list[tuple[datetime, datetime]]:
        """The times since the last call in which pictures came."""
        with self._changed:
            spans, self._up = self._up, []
            return spans

    def check(self) -> None:
        """Notice a stall even when the thread hangs in a library; to be called from time to time."""
        with self._changed:
            silent = time.monotonic() - self._last_arrived
            stalled = self.is_live and self._status.state is CameraState.UP and silent > 1.2 * self._timeouts.stall
        if stalled:
            self._set(CameraState.DOWN, f"no picture for {silent:.0f} s")

    def _run(self) -> None:
        wait = self._timeouts.first_wait
        while not self._stopping.is_set():
            try:
                self._read()
            except MaskDetectorError as error:
                advice = f"; expected {error.expected}" if error.expected and not self.is_file else ""
                reason = error.found + advice
                if self.is_file or self._is_missing():
                    self._set(CameraState.FAILED, reason)
                    return
            except Exception as error:  # one camera must not stop the others
                logger.exception("%s: reading failed", self.name)
                reason = type(error).__name__
            else:
                if self.is_file and not self._stopping.is_set():
                    self._set(CameraState.ENDED)
                return
            if self._was_up_for() >= self._timeouts.stable:
                wait = self._timeouts.first_wait
            if self._stopping.is_set():
                return
            self._set(CameraState.DOWN, reason)
            self._stopping.wait(wait)
            wait = min(2 * wait, self._timeouts.longest_wait)

    def _is_missing(self) -> bool:
        """Whether this is a camera of this machine that never was there: trying again would hide a wrong number."""
        if kind_of(self._source) != "number" or self._status.received:
            return False
        device = device_of(int(self._source))
        return device is None or not device.exists()

    def _was_up_for(self) -> float:
        # Not from the status: a camera that hung is down by now, however long it was up.
        return self._last_arrived - self._first_arrived if self._last is not None else 0.0

    def _read(self) -> None:
        with self._changed:
            self._last = None
        began, began_clock = datetime.now(UTC), time.monotonic()
        with closing(self._open()) as stream_frames:
            for stream_frame in stream_frames:
                if self._stopping.is_set():
                    return
                seconds = stream_frame.seconds
                if self.is_live and seconds is not None:
                    self._stopping.wait(max(0.0, began_clock + seconds - time.monotonic()))
                at = datetime.now(UTC) if self.is_live or seconds is None else began + timedelta(seconds=seconds)
                self._receive(stream_frame, at)

    def _open(self) -> StreamFrames:
        cap, timeouts = RateCap(self._fps), self._timeouts
        match kind_of(self._source):
            case "number":
                return read_number(int(self._source), cap)
            case "address":
                return read_address(self._source, cap, timeouts.opening, timeouts.stall)
            case _:
                return read_file(Path(self._source), cap)

    def _receive(self, stream_frame: StreamFrame, at: datetime) -> None:
        """Note that a picture came, and keep it if it is wanted."""
        now = time.monotonic()
        with self._changed:
            last, self._last, self._last_arrived = self._last, at, now
            if last is None:
                self._first_arrived = now
            close = last is not None and (not self.is_live or (at - last).total_seconds() <= 2 * self._timeouts.stall)
            if last is not None and close and not self._useless:
                self._note_up(last, at)
            self._status = replace(self._status, received=self._status.received + 1)
        if self._status.state is not CameraState.UP and not self._useless:
            self._set(CameraState.UP)
        if stream_frame.image is None:
            return
        with self._changed:
            if not self.is_live:
                self._changed.wait_for(lambda: self._frame is None or self._stopping.is_set())
            read = stream_frame.image
            self._frame = CameraFrame(stream_frame, at, time.monotonic(), lambda: self._adjustment.apply(read()))
        self._on_frame()

    def _note_up(self, start: datetime, end: datetime) -> None:
        if self._up and self._up[-1][1] == start:
            start = self._up.pop()[0]
        if end > start:  # not where the clock was set back
            self._up.append((start, end))

    def _set(self, state: CameraState, reason: str | None = None) -> None:
        with self._changed:
            before = self._status
            if before.state is state:
                self._status = replace(before, reason=reason)
                return
            if before.state in FINISHED and state is not CameraState.FAILED:
                return
            lost = state is CameraState.DOWN and before.state is CameraState.UP
            if state is not CameraState.UP:
                self._frame = self._frame if self.is_file else None  # an old picture is not shown as the present one
            status = CameraStatus(self.name, state, datetime.now(UTC), reason, before.received, before.losses + lost)
            self._status = status
        self._on_status(status)
