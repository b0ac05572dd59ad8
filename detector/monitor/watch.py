"""Finds the faces in the newest frame of every camera, and passes the results to store, alerts and recordings."""

import ctypes
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.device import available_cores
from detector.errors import SourceError
from detector.inference.detector import Detector
from detector.monitor.alerts.camera_rules import CameraRules
from detector.monitor.alerts.daily_cap import DailyCap
from detector.monitor.alerts.delivery import Delivery
from detector.monitor.alerts.rules import AlertRules
from detector.monitor.camera_worker import MOST_FAILURES, CameraWorker, FrameResult
from detector.monitor.cameras.camera import Camera, CameraFrame, CameraStatus, CameraTimeouts
from detector.monitor.config.watch import WatchConfig
from detector.monitor.home_assistant.publisher import HomeAssistant
from detector.monitor.prometheus import PrometheusServer
from detector.monitor.recording.clips import CameraClips, Clips
from detector.monitor.recording.recorder import Recorder, Recording
from detector.monitor.recording.video_thread import VideoThread
from detector.monitor.scheduler import FrameScheduler
from detector.monitor.status import CameraActivity, Notice, WatchStatus
from detector.monitor.store import EventStore
from detector.people.face_tracker import WEAKEST_SCORE
from detector.people.people_tracker import check_class_names
from detector.people.states import Alert, Direction, LineCrossing, State
from detector.people.zones import Zones

logger = logging.getLogger(__name__)

_TICK_SECONDS = 0.25
_PUBLISH_SECONDS = 1.0  # the counts are written so often: a kill loses at most the last ones
_TRIM_SECONDS = 60.0
_WARM_UP_SHAPE = (540, 960, 3)
# Seconds that each part may take to end. Hurried: after a signal, two seconds in all. Unhurried: after all files were
# read. The parts end one after the other, but recordings end at the same time as the others.
_HURRIED = {"workers": 0.5, "delivery": 0.25, "store": 0.4, "cameras": 0.1, "recordings": 1.5}
_UNHURRIED = {"workers": 5.0, "delivery": 5.0, "store": 5.0, "cameras": 1.0, "recordings": 60.0}
_CLOSING_SECONDS = 1.0  # the last part of the time of a recording, for its last frame and closing the file


class Watch:
    """Watches cameras from the moment the `with` block is entered until it is left.

    Args:
        config: The configuration.
        realtime: Read video files at their own speed, and drop frames that come too fast, like live cameras.
        detector: By default one as configured.
        notify: Called with every notice, by any thread; must return at once.
        on_result: Called with the result of every frame, by any thread; must return at once.
        timeouts: How long cameras are waited for.

    Raises:
        UsageError: A setting is not possible on this machine, or does not suit the weights.
        WeightsError: The weights could not be loaded.
        StoreError: The store cannot be opened.
    """

    def __init__(
        self,
        config: WatchConfig,
        *,
        realtime: bool = False,
        detector: Detector | None = None,
        notify: Callable[[Notice], object] = lambda notice: None,
        on_result: Callable[[FrameResult], object] | None = None,
        timeouts: CameraTimeouts | None = None,
    ) -> None:
        self.config, self._notify, self._on_result = config, notify, on_result
        self._detector = detector or make_detector(config)
        check_class_names(self._detector.names)
        self._counts_lock = threading.Lock()
        self._closing, self._done, self._ended = threading.Event(), threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._cameras = [
            CameraWorker(
                camera,
                config,
                Camera(
                    camera,
                    realtime=realtime,
                    on_frame=lambda: self._schedule.wake(),
                    on_status=self._on_status,
                    timeouts=timeouts,
                ),
            )
            for camera in config.cameras
        ]
        self._schedule = FrameScheduler([worker.camera for worker in self._cameras])
        self._rules = AlertRules(config.alerts, config.timezone_of)
        self._camera_rules = CameraRules(config.alerts, config.timezone_of)
        self._daily_cap = DailyCap(config.alerts, config.timezone_of)
        self._last_alerts: dict[str, Alert] = {}
        self._events: Counter[tuple[str, State]] = Counter()
        self._alerts: Counter[tuple[str, str]] = Counter()
        self._crossings: Counter[tuple[str, str, Direction, State]] = Counter()
        self._threads: list[threading.Thread] = []
        self._recordings: list[Recording | None] = [None] * len(self._cameras)
        self._clips: list[CameraClips | None] = [None] * len(self._cameras)
        self._prometheus: PrometheusServer | None = None
        names = [camera.name for camera in config.cameras]
        home = config.home_assistant
        self._home = None if home.host is None else HomeAssistant(home, names, config.timezone_of)

    def __enter__(self) -> "Watch":
        """Open the store and start everything."""
        config = self.config
        self._warm_up()
        with ExitStack() as on_failure:
            self._store = EventStore.open(config.store.url.get_secret_value(), config.store.keep)
            on_failure.callback(self._store.close)
            self._delivery = Delivery.from_config(config, self._store.outbox)
            on_failure.callback(self._delivery.close)
            on_failure.callback(self._abandon_videos)
            self._start_recordings()
            self._start_clips()
            if config.metrics.port is not None:
                self._prometheus = PrometheusServer(config.metrics.host, config.metrics.port, self.status)
                on_failure.callback(self._prometheus.close)
            if self._home is not None:
                self._home.start()
                on_failure.callback(self._home.close)
            self._delivery.start()
            on_failure.callback(self._stop_threads)
            self._start_threads()
            on_failure.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything; events, counts and video so far are written."""
        seconds = _UNHURRIED if self._done.is_set() and self._error is None else _HURRIED
        began, videos = time.monotonic(), self._running_videos()
        self._stop_threads()
        for video in videos:
            video.finish(seconds["recordings"] - _CLOSING_SECONDS)
        _join(self._threads, seconds["workers"])
        self._ended.set()
        if self._prometheus is not None:
            self._prometheus.close()
        self._publish_minutes(last=True)
        self._send_digests(last=True)
        if self._home is not None:
            self._home.close()
        self._delivery.close(seconds["delivery"])
        self._store.close(seconds["store"])
        _join([worker.camera for worker in self._cameras], seconds["cameras"])
        _join(videos, began + seconds["recordings"] - time.monotonic())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all files are read, or all cameras given up; a live camera does not end by itself.

        Args:
            timeout: Seconds to wait at most; None: for ever.

        Returns:
            Whether it has ended.

        Raises:
            Exception: The error that ended a thread.
        """
        done = self._done.wait(timeout)
        if self._error is not None:
            raise self._error
        return done

    def status(self) -> WatchStatus:
        """The status of cameras, sinks and store, and the counts so far."""
        cameras = []
        for worker, recording, clips in zip(self._cameras, self._recordings, self._clips, strict=True):
            fps, delay = worker.speed()
            dropped = 0 if recording is None else recording.dropped
            last = self._last_alerts.get(worker.camera.name)
            cameras.append(
                CameraActivity(
                    worker.camera.status,
                    fps,
                    delay,
                    worker.in_view(),
                    worker.frames,
                    last,
                    dropped,
                    worker.restarts,
                    worker.is_known(),
                    worker.unchanged,
                    0 if clips is None else clips.written,
                    0 if clips is None else clips.failed,
                    worker.in_zones(),
                    tuple(line.name for line in worker.config.lines),
                )
            )
        with self._counts_lock:
            events, alerts, crossings = dict(self._events), dict(self._alerts), dict(self._crossings)
        return WatchStatus(tuple(cameras), self._delivery.status(), self._store.status, events, alerts, crossings)

    def totals(self) -> dict[str, dict[State, int]]:
        """The number of people seen so far, by camera and by their last state."""
        return {worker.camera.name: worker.totals() for worker in self._cameras}

    def _start_recordings(self) -> None:
        config = self.config
        if config.record.folder is None:
            return
        recorder = Recorder(config.record, [camera.name for camera in config.cameras])
        for i, worker in enumerate(self._cameras):
            blur = config.store.snapshots == "blur"
            self._recordings[i] = recorder.begin(worker.camera.name, _zones_of(worker), blur=blur)

    def _start_clips(self) -> None:
        config = self.config
        if config.clips.folder is None:
            return
        blur = config.store.snapshots == "blur"
        clips = Clips(config.clips, [camera.name for camera in config.cameras], config.store.keep, blur=blur)
        for i, worker in enumerate(self._cameras):
            self._clips[i] = clips.begin(worker.camera.name, _zones_of(worker))

    def _abandon_videos(self) -> None:
        videos = self._running_videos()
        for video in videos:
            video.finish(0)
        _join(videos, _CLOSING_SECONDS)

    def _start_threads(self) -> None:
        for worker in self._cameras:
            worker.camera.start()
        run = [self._work] * min(len(self._cameras), available_cores())
        for target in (*run, self._tick):
            thread = threading.Thread(target=self._run_thread, args=(target,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _stop_threads(self) -> None:
        self._closing.set()
        self._schedule.close()
        for worker in self._cameras:
            worker.camera.stop()

    def _run_thread(self, target: Callable[[], None]) -> None:
        """Run a function in a thread. If it fails before the watch has ended, `wait` raises its error."""
        try:
            target()
        except BaseException as error:
            if not self._ended.is_set():
                self._error = error
                self._done.set()

    def _running_videos(self) -> list[VideoThread]:
        return [video for video in (*self._recordings, *self._clips) if video is not None]

    def _warm_up(self) -> None:
        """Do what takes long the first time, so that no frame waits for it."""
        blank = np.zeros(_WARM_UP_SHAPE, np.uint8)
        self._detector.predict([blank] if len(self._cameras) > 1 else blank)

    def _on_status(self, status: CameraStatus) -> None:
        self._notify(status)
        self._schedule.wake()

    def _work(self) -> None:
        """Process frames, always of the camera that has waited longest."""
        while (index := self._schedule.next()) is not None:
            try:
                self._process(index)
            finally:
                self._schedule.release(index)
        if not self._closing.is_set():  # all cameras have ended
            self._done.set()

    def _process(self, index: int) -> None:
        worker = self._cameras[index]
        frame = worker.camera.take()
        if frame is None:
            return
        try:
            image = frame.image()
        except SourceError as error:
            logger.warning("%s: %s", worker.camera.name, error)
            return
        if not worker.camera.is_useful(frame, image, self._detect):
            return
        faces = self._detect(image) if worker.needs_look(frame, image) else None
        if self._ended.is_set():  # the network took longer than the end waits for it
            return
        try:
            result = worker.process(frame, image, faces)
            alerts = self._rules.update(result.people)
            if (clips := self._clips[index]) is not None:
                result, alerts = clips.link(result, alerts)
        except Exception as error:  # one camera's defect does not stop the others
            self._restart(worker, frame, error)
            return
        self._publish(result, alerts)
        for video in (self._recordings[index], clips):
            if video is not None:
                video.put(result, wait=not worker.camera.is_live)
        if self._on_result is not None:
            self._on_result(result)

    def _detect(self, image: NDArray[np.uint8]) -> Detections:
        # With one camera, all cores work on one frame. With more, each core has a frame of its own: more frames in all.
        if len(self._cameras) == 1:
            return self._detector.predict(image)
        return self._detector.predict([image])[0]

    def _restart(self, worker: CameraWorker, frame: CameraFrame, error: Exception) -> None:
        """Give a camera's people new numbers, or give the camera up after too many failures in a row."""
        kind, name = type(error).__name__, worker.camera.name
        logger.error("%s: a frame could not be processed (%s)", name, kind, exc_info=error)
        if not worker.restart(frame):
            worker.camera.give_up(f"given up: {MOST_FAILURES} frames in a row could not be processed ({kind})")

    def _publish(self, result: FrameResult, alerts: Sequence[Alert]) -> None:
        people = result.people
        with self._counts_lock:
            self._events.update((change.camera, change.after) for change in people.changes)
        for change in people.changes:
            self._store.add_change(change)
            self._notify(change)
        self._count_crossings(people.crossings)
        self._raise(alerts)

    def _count_crossings(self, crossings: Iterable[LineCrossing]) -> None:
        for crossing in crossings:
            with self._counts_lock:
                self._crossings[crossing.camera, crossing.line, crossing.direction, crossing.state] += 1
            self._store.add_crossing(crossing)
            self._notify(crossing)

    def _raise(self, alerts: Sequence[Alert]) -> None:
        with self._counts_lock:
            self._alerts.update((alert.rule, alert.camera) for alert in alerts)
            sent = [self._daily_cap.admits(alert) for alert in alerts]
        for alert, is_sent in zip(alerts, sent, strict=True):
            self._last_alerts[alert.camera] = alert
            self._delivery.submit(alert, send=is_sent)
            self._notify(alert)

    def _send_digests(self, *, last: bool = False) -> None:
        with self._counts_lock:
            digests = self._daily_cap.digests(datetime.now(UTC), last=last)
        for digest in digests:
            self._delivery.submit(digest)
            self._notify(digest)

    def _tick(self) -> None:
        """Do what is due from time to time."""
        due, trim_at = 0.0, time.monotonic() + _TRIM_SECONDS
        while not self._closing.wait(_TICK_SECONDS):
            for worker in self._cameras:
                worker.camera.check()
            self._raise(self._camera_rules.check((worker.health() for worker in self._cameras), time.monotonic()))
            if time.monotonic() >= due:
                due = time.monotonic() + _PUBLISH_SECONDS
                self._publish_minutes()
                self._send_digests()
                if self._home is not None:
                    self._home.publish(self.status().cameras)
            if time.monotonic() >= trim_at:
                trim_at = time.monotonic() + _TRIM_SECONDS
                _trim_memory()

    def _publish_minutes(self, *, last: bool = False) -> None:
        for worker in self._cameras:
            parts, whole = worker.take_minutes(last=last)
            for part in parts:
                self._store.add_minute(part)
                if self._home is not None:
                    self._home.add_minute(part)
            for minute in whole:
                self._notify(minute)
            if last:
                self._count_crossings(worker.last_crossings())


def make_detector(config: WatchConfig) -> Detector:
    """The detector of a configuration. It finds weaker boxes too, which the tracker needs.

    Raises:
        UsageError: There is no such device, or a setting does not suit the weights.
        WeightsError: The weights could not be found or loaded.
    """
    settings = config.detector
    return Detector.from_settings(replace(settings, conf=min(settings.conf, WEAKEST_SCORE)))


def _zones_of(worker: CameraWorker) -> Zones:
    return Zones(worker.config.zones, worker.config.lines)


def _trim_memory() -> None:
    """Return free memory to the system: glibc keeps ever more where one thread frees what another has allocated."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # there are other C libraries
            ctypes.CDLL(None).malloc_trim(0)


def _join(threads: Sequence[threading.Thread | Camera], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
