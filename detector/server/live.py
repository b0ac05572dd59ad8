"""`--watch`: a watch in the same process, and what the live view shows of it.

The cameras do not notice viewers: a frame is kept, not drawn, when it comes; it is drawn once, when the first viewer
asks for it, and at most a few times a second.
"""

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.errors import MaskDetectorError, StoreError
from detector.inference.detector import Detector
from detector.monitor.annotated import annotated, annotated_view
from detector.monitor.camera_worker import FrameResult
from detector.monitor.cameras.viewing import ViewStream
from detector.monitor.config.watch import WatchConfig
from detector.monitor.prometheus import WatchCollector
from detector.monitor.report import Clock, collect, write_html
from detector.monitor.status import Notice
from detector.monitor.store.event_reader import EventReader
from detector.monitor.watch import Watch
from detector.people.face_tracker import WEAKEST_SCORE
from detector.people.states import LineCrossing, MinuteCount
from detector.people.zones import Zones
from detector.server.live_json import camera_json, clip_address, event_json, today_json

_MOST_EVENTS = 50
_QUALITY = 80
_LONGEST_SIDE = 1280
_LONGEST_VIEW = 1920  # of pictures of `view`
_DRAW_SECONDS = 0.2  # between two drawings of one camera
_TODAY_SECONDS = 20.0  # between two looks into the store
_FIRST_SECONDS = 2.0  # until something of today is stored
_STATUS_SECONDS = 0.2


@dataclass(slots=True)
class _Shown:
    """What is shown of one camera."""

    zones: Zones
    view: ViewStream | None
    lock: threading.Lock
    result: FrameResult | None = None
    number: int = 0
    jpeg: bytes = b""
    drawn_number: int = 0
    drawn_at: float = 0.0


class LiveView:
    """A watch, and what viewers see of it. Its methods may be called from any thread.

    Args:
        config: What is watched. Video files are read at their own speed, as if they were live.
        detector: By default one as configured.

    Raises:
        MaskDetectorError: The watch cannot be started.
    """

    def __init__(self, config: WatchConfig, detector: Detector | None = None) -> None:
        self._config = config
        self._blur = config.store.snapshots == "blur"
        self._shown = {
            camera.name: _Shown(
                Zones(camera.zones, camera.lines),
                None if camera.view is None else ViewStream(camera),
                threading.Lock(),
            )
            for camera in config.cameras
        }
        self._events: deque[dict[str, Any]] = deque(maxlen=_MOST_EVENTS)
        self._snapshots: dict[int, bytes] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._today: dict[str, Any] | None = None
        self._closing = threading.Event()
        self._status: tuple[float, dict[str, Any]] = (-_STATUS_SECONDS, {})
        self._clock = Clock.of(config.timezone)
        self._watch = Watch(config, realtime=True, detector=detector, notify=self._note, on_result=self._keep)
        self._watch.__enter__()
        threading.Thread(target=self._follow_today, name="today", daemon=True).start()

    def close(self) -> None:
        """End the watch."""
        self._closing.set()
        for shown in self._shown.values():
            if shown.view is not None:
                shown.view.close()
        self._watch.__exit__(None, None, None)

    def jpeg(self, camera: str) -> bytes | None:
        """The newest annotated picture of a camera; None before the first one, or where there is no such camera."""
        shown = self._shown.get(camera)
        if shown is None:
            return None
        with shown.lock:  # viewers that ask at once wait for one drawing
            result, number = shown.result, shown.number
            is_new = number != shown.drawn_number and time.monotonic() - shown.drawn_at >= _DRAW_SECONDS
            if result is not None and (is_new or not shown.jpeg):
                shown.jpeg = _drawn(result, shown, blur=self._blur)
                shown.drawn_number, shown.drawn_at = number, time.monotonic()
            return shown.jpeg or None

    def snapshot(self, number: int) -> bytes | None:
        """The small picture of an event."""
        return self._snapshots.get(number)

    def clip(self, name: str) -> Path | None:
        """The file of a clip; None where there is none of that name."""
        folder = self._config.clips.folder
        if folder is None or Path(name).name != name or not name.endswith(".mp4") or name.startswith("."):
            return None
        path = folder / name
        return path if path.is_file() else None

    def events(self, after: int) -> list[dict[str, Any]]:
        """The last events with a number above `after`, oldest first."""
        with self._lock:
            return [event for event in self._events if event["number"] > after]

    def status(self) -> dict[str, Any]:
        """The cameras, and the people that they see now. Computed once for all viewers."""
        made, status = self._status
        if time.monotonic() - made >= _STATUS_SECONDS:
            status = self._make_status()
            self._status = (time.monotonic(), status)
        return status

    def today(self) -> dict[str, Any] | None:
        """The compliance of today, and how much was watched; None while nothing of today is stored."""
        return self._today

    def report(self, since: datetime | None, until: datetime | None) -> str:
        """The report of a time as HTML.

        Raises:
            UsageError: The period ends before it begins.
            StoreError: The store holds nothing of that time, or cannot be read.
        """
        with self._open_store() as reader, TemporaryDirectory() as folder:
            figures = collect(reader, self._clock, since, until)
            write_html(path := Path(folder, "report.html"), figures, reader, clip_address=clip_address)
            return path.read_text(encoding="utf-8")

    @property
    def collector(self) -> WatchCollector:
        """The metrics of the watch."""
        return WatchCollector(self._watch.status)

    @property
    def clock(self) -> Clock:
        """The clock of the configuration."""
        return self._clock

    def _keep(self, result: FrameResult) -> None:
        shown = self._shown[result.people.camera]
        shown.result, shown.number = result, shown.number + 1

    def _note(self, notice: Notice) -> None:
        if isinstance(notice, MinuteCount | LineCrossing):
            return
        with self._lock:
            number = next(self._numbers)
            self._events.append({"number": number, **event_json(notice)})
            if jpeg := getattr(notice, "snapshot", None):
                self._snapshots[number] = jpeg
                self._events[-1]["snapshot"] = f"/v1/live/snapshots/{number}.jpg"
            oldest = self._events[0]["number"]
            for old in [each for each in self._snapshots if each < oldest]:
                del self._snapshots[old]

    def _make_status(self) -> dict[str, Any]:
        status = self._watch.status()
        problem = status.store.problem
        try:
            self._watch.wait(0)
        except Exception as error:  # of a thread of the watch, which is then over
            problem = f"the watch has ended: {error}"
        cameras = [camera_json(activity, self._shown[activity.status.camera].number) for activity in status.cameras]
        return {"cameras": cameras, "problem": None if problem is None else str(problem)}

    def _follow_today(self) -> None:
        """Look into the store from time to time, in a thread of its own: that may take long."""
        while not self._closing.is_set():
            self._today = self._make_today()
            self._closing.wait(_TODAY_SECONDS if self._today else _FIRST_SECONDS)

    def _make_today(self) -> dict[str, Any] | None:
        now = datetime.now(UTC)
        midnight = self._clock.local(now).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        try:
            with self._open_store() as reader:
                figures = collect(reader, self._clock, self._clock.utc(midnight), now, most_rows=0)
        except MaskDetectorError:  # nothing of today is stored yet; a store that fails is in the status
            return None
        return today_json(figures)

    def _open_store(self) -> EventReader:
        return EventReader.open(self._config.store.url.get_secret_value())


def sharing_network(config: WatchConfig, detector: Detector) -> Detector | None:
    """The detector of a watch, if that can share the network of another one; None if it needs its own."""
    wanted, have = config.detector, detector.settings
    free = ("conf", "tile", "multiscale")
    if any(getattr(wanted, each.name) != getattr(have, each.name) for each in fields(wanted) if each.name not in free):
        return None
    conf = min(wanted.conf, WEAKEST_SCORE)  # the tracker needs weaker boxes too
    return detector.with_options(conf=conf, tile=wanted.tile or "off", multiscale=wanted.multiscale)


def _drawn(result: FrameResult, shown: _Shown, *, blur: bool) -> bytes:
    view = None if shown.view is None else shown.view.picture(result.image.shape, result.frame.arrived)
    if view is None:
        return _encoded(_shrunk(annotated(result, shown.zones, blur=blur), _LONGEST_SIDE))
    return _encoded(annotated_view(_shrunk(view, _LONGEST_VIEW), result, shown.zones))


def _shrunk(image: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _encoded(image: NDArray[np.uint8]) -> bytes:
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise StoreError("live view", "a picture that cannot be encoded as JPEG")
    return jpeg.tobytes()
