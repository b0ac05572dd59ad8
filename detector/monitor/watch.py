"""Finds the faces in the newest frame of every camera, and passes the results to store, alerts and recordings."""

import ctypes
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.device import available_cores
from detector.errors import SourceError
from detector.inference.detector import Detector
from detector.monitor.camera_worker import MOST_FAILURES, CameraWorker, FrameResult
from detector.monitor.cameras.camera import Camera, CameraTimeouts
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.status import CameraStatus
from detector.monitor.config.watch import WatchConfig
from detector.monitor.prometheus import PrometheusServer
from detector.monitor.publisher import Publisher
from detector.monitor.recording.videos import Videos
from detector.monitor.scheduler import FrameScheduler
from detector.monitor.status import CameraActivity, Notice, WatchStatus
from detector.people.face_tracker import WEAKEST_SCORE
from detector.people.identity import Xyxy
from detector.people.people_tracker import check_class_names
from detector.people.states import State

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
        self._publisher = Publisher(config, notify)
        self._videos = Videos(config)
        self._threads: list[threading.Thread] = []
        self._prometheus: PrometheusServer | None = None

    def __enter__(self) -> "Watch":
        """Open the store and start everything."""
        config = self.config
        self._warm_up()
        with ExitStack() as on_failure:
            self._publisher.open()
            on_failure.callback(self._publisher.close, _CLOSING_SECONDS, _CLOSING_SECONDS)
            on_failure.callback(self._abandon_videos)
            self._videos.start()
            if config.metrics.port is not None:
                self._prometheus = PrometheusServer(config.metrics.host, config.metrics.port, self.status)
                on_failure.callback(self._prometheus.close)
            self._publisher.start()
            on_failure.callback(self._stop_threads)
            self._start_threads()
            on_failure.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop everything; events, counts and video so far are written."""
        seconds = _UNHURRIED if self._done.is_set() and self._error is None else _HURRIED
        began = time.monotonic()
        self._stop_threads()
        self._videos.finish(seconds["recordings"] - _CLOSING_SECONDS)
        _join(self._threads, seconds["workers"])
        self._ended.set()
        if self._prometheus is not None:
            self._prometheus.close()
        self._publisher.publish_minutes(self._cameras, last=True)
        self._publisher.close(seconds["delivery"], seconds["store"])
        _join([worker.camera for worker in self._cameras], seconds["cameras"])
        self._videos.join(began + seconds["recordings"] - time.monotonic())

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
        return self._publisher.status([self._activity(worker) for worker in self._cameras])

    def totals(self) -> dict[str, dict[State, int]]:
        """The number of people seen so far, by camera and by their last state."""
        return {worker.camera.name: worker.totals() for worker in self._cameras}

    def _activity(self, worker: CameraWorker) -> CameraActivity:
        name, (fps, delay) = worker.camera.name, worker.speed()
        return CameraActivity(
            worker.camera.status,
            fps,
            delay,
            worker.in_view(),
            worker.frames,
            self._publisher.last_alert(name),
            self._videos.dropped(name),
            worker.restarts,
            worker.is_known(),
            worker.unchanged,
            *self._videos.clips(name),
            worker.in_zones(),
            worker.at_lines(),
        )

    def _abandon_videos(self) -> None:
        self._videos.finish(0)
        self._videos.join(_CLOSING_SECONDS)

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
        part = worker.needs_look(frame, image)
        faces = None if part is None else self._detect_changed(image, worker.faces, part)
        if self._ended.is_set():  # the network took longer than the end waits for it
            return
        try:
            result = worker.process(frame, image, faces)
            result, alerts = self._videos.link(result, self._publisher.raised_by(result.people))
        except Exception as error:  # one camera's defect does not stop the others
            self._restart(worker, frame, error)
            return
        self._publisher.publish(result.people, alerts)
        self._videos.put(result, wait=not worker.camera.is_live)
        if self._on_result is not None:
            self._on_result(result)

    def _detect(self, image: NDArray[np.uint8]) -> Detections:
        # With one camera, all cores work on one frame. With more, each core has a frame of its own: more frames in all.
        if len(self._cameras) == 1:
            return self._detector.predict(image)
        return self._detector.predict([image])[0]

    def _detect_changed(self, image: NDArray[np.uint8], before: Detections, part: Xyxy) -> Detections:
        return self._detector.predict_changed(image, before, part, many=len(self._cameras) > 1)

    def _restart(self, worker: CameraWorker, frame: CameraFrame, error: Exception) -> None:
        """Give a camera's people new numbers, or give the camera up after too many failures in a row."""
        kind, name = type(error).__name__, worker.camera.name
        logger.error("%s: a frame could not be processed (%s)", name, kind, exc_info=error)
        if not worker.restart(frame):
            worker.camera.give_up(f"given up: {MOST_FAILURES} frames in a row could not be processed ({kind})")

    def _tick(self) -> None:
        """Do what is due from time to time."""
        due, trim_at = 0.0, time.monotonic() + _TRIM_SECONDS
        while not self._closing.wait(_TICK_SECONDS):
            for worker in self._cameras:
                worker.camera.check()
            self._publisher.check_cameras((worker.health() for worker in self._cameras), time.monotonic())
            if time.monotonic() >= due:
                due = time.monotonic() + _PUBLISH_SECONDS
                self._publisher.publish_minutes(self._cameras)
                self._publisher.publish_status(self.status().cameras)
            if time.monotonic() >= trim_at:
                trim_at = time.monotonic() + _TRIM_SECONDS
                _trim_memory()


def make_detector(config: WatchConfig) -> Detector:
    """The detector of a configuration. It finds weaker boxes too, which the tracker needs.

    Raises:
        UsageError: There is no such device, or a setting does not suit the weights.
        WeightsError: The weights could not be found or loaded.
    """
    settings = config.detector
    return Detector.from_settings(replace(settings, conf=min(settings.conf, WEAKEST_SCORE)))


def _trim_memory() -> None:
    """Return free memory to the system: glibc keeps ever more where one thread frees what another has allocated."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # there are other C libraries
            ctypes.CDLL(None).malloc_trim(0)


def _join(threads: Sequence[threading.Thread | Camera], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
