"""Turns the faces of one camera's frames into people, events and counts."""

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.monitor.cameras.camera import Camera
from detector.monitor.cameras.camera_frame import CameraFrame
from detector.monitor.cameras.status import FINISHED, CameraState, CameraStatus
from detector.monitor.config.watch import CameraConfig, WatchConfig
from detector.monitor.minutes import Minutes
from detector.monitor.motion import MotionFilter, whole
from detector.monitor.places import Places
from detector.monitor.snapshots import snapshot
from detector.people.face_tracker import FaceTracker
from detector.people.identity import Xyxy
from detector.people.people_tracker import PeopleSeen, PeopleTracker
from detector.people.states import LineCount, LineCrossing, MinuteCount, PeopleInView, State, StateChange

logger = logging.getLogger(__name__)

_STATES = tuple(State)
_METER_SECONDS = 5.0
_SLOW_SECONDS = 5.0  # a shorter time of few frames is not said in the log
MOST_FAILURES = 5
"""After so many frames in a row that could not be processed, a camera is given up."""
_STABLE = timedelta(seconds=30)  # a failure after so long without one is the first in a row


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What was found in one frame.

    Attributes:
        frame: The frame.
        image: Its picture, BGR uint8 (H, W, 3); not to be changed.
        faces: Everything found in it, weak boxes and ignored zones included.
        people: The people in view, in the zones that count.
        marked: The faces of these people, with their numbers as `tracker_id`, their states as names and no scores.
        delay: Seconds from the arrival of the frame until its result.
        looked: Whether the network looked at it; if not, it shows what the frame before did, and `faces` are those.
        clip: The clip that events or alerts of this frame name.
    """

    frame: CameraFrame
    image: NDArray[np.uint8]
    faces: Detections
    people: PeopleInView
    marked: Detections
    delay: float
    looked: bool = True
    clip: Path | None = None


class CameraWorker:
    """Follows the people in front of one camera. Its methods may be called from any thread.

    Args:
        config: The camera.
        watch: The whole configuration.
        camera: Reads the camera.
    """

    def __init__(self, config: CameraConfig, watch: WatchConfig, camera: Camera) -> None:
        self.camera, self._name = camera, config.name
        self._conf, self._snapshots = watch.detector.conf, watch.store.snapshots
        self._people_tracker = PeopleTracker(watch.votes, config.zones, config.name)
        self._places = Places(config)
        self._face_tracker = FaceTracker(watch.detector.conf, watch.votes.gap_seconds)
        self._motion_first = config.motion == "auto" and camera.is_live
        self._gap_seconds = watch.votes.gap_seconds
        self._motion = MotionFilter(self._gap_seconds)
        self._tracked = Detections.empty()
        self._slowness = _Slowness(config.name, watch.votes.min_fps)
        if (fps := camera.rate_cap) is not None and fps < watch.votes.min_fps:
            text = "%s: with fps %g, people are counted, but their states are not known; that takes %g or more"
            logger.warning(text, config.name, fps, watch.votes.min_fps)
        self._lock = threading.Lock()
        self._started, self._newest = datetime.now(UTC), datetime.min.replace(tzinfo=UTC)
        self._minutes = Minutes(config.name, self._started)
        self._meter: deque[tuple[float, float]] = deque()
        self._people: PeopleInView | None = None
        self._failures, self._failed_at = 0, self._newest
        self.frames = self.unchanged = self.restarts = 0

    def needs_look(self, frame: CameraFrame, image: NDArray[np.uint8]) -> Xyxy | None:
        """Where the network has to look in the next frame, in pixels (`motion.py`); None: nowhere.

        Args:
            frame: The frame.
            image: Its picture, BGR uint8 (H, W, 3).
        """
        return self._motion.needs_look(image, frame.clock) if self._motion_first else whole(image)

    @property
    def faces(self) -> Detections:
        """Everything found in the last frame, weak boxes and ignored zones included."""
        return self._tracked

    def process(self, frame: CameraFrame, image: NDArray[np.uint8], found: Detections | None) -> FrameResult:
        """Take the faces of a frame, in the order of the frames.

        Args:
            frame: The frame.
            image: Its picture, BGR uint8 (H, W, 3).
            found: Its faces, weak boxes included; None: those of the frame before, since it needed no look.
        """
        if found is None:
            self._face_tracker.stay(frame.clock)
        else:
            self._tracked = self._face_tracker.update(found, frame.clock, image.shape)
        tracked = self._tracked
        faces = tracked[tracked.confidence > self._conf]
        with self._lock:
            if found is None:
                seen = self._people_tracker.stay(frame.clock)
            else:
                seen = self._people_tracker.update(frame.clock, faces, image.shape)
                self._motion.note_look([*_without_number(faces), *self._people_tracker.open_faces()])
            self._slowness.note(frame.clock, seen)
            people = _in_view(self._name, frame.time, seen)
            marked = _marked(faces, self._people_tracker.numbers(), people)
            people = replace(people, crossings=self._places.update(frame, image.shape, marked, people))
            if self._snapshots != "off" and people.changes:
                blur = self._snapshots == "blur"
                pictured = (replace(each, snapshot=snapshot(image, each.xyxy, blur=blur)) for each in people.changes)
                people = replace(people, changes=tuple(pictured))
            self._minutes.add_frame(people)
            now = time.monotonic()
            self._meter.append((now, now - frame.arrived))
            self._forget(now)
            self._people, self._newest = people, frame.time
            self.frames += 1
            self.unchanged += found is None
        return FrameResult(frame, image, tracked, people, marked, now - frame.arrived, found is not None)

    def restart(self, frame: CameraFrame) -> bool:
        """Give all people new numbers, after a frame could not be processed.

        Args:
            frame: The frame.

        Returns:
            Whether to go on: False after `MOST_FAILURES` in a row, each within half a minute of the one before.
        """
        with self._lock:
            self._face_tracker.restart()
            self._people_tracker.restart()
            self._places.restart(frame)
            self._motion = MotionFilter(self._gap_seconds)
            self._people = None
            if frame.time - self._failed_at >= _STABLE:
                self._failures = 0
            self._failures, self._failed_at = self._failures + 1, frame.time
            self.restarts += 1
            return self._failures < MOST_FAILURES

    def take_minutes(self, *, last: bool = False) -> tuple[list[MinuteCount], list[MinuteCount]]:
        """See `Minutes.take_minutes`."""
        with self._lock:
            for span in self.camera.take_up_time():
                self._minutes.add_up_time(*span)
            return self._minutes.take_minutes(self._now(), last=last)

    def last_crossings(self) -> tuple[LineCrossing, ...]:
        """At the end: the crossings of people who are still undecided."""
        with self._lock:
            return self._places.end(self._newest)

    def in_zones(self) -> dict[str, dict[State, int]]:
        """The number of people in each counting zone, by state; zeros where the camera is down."""
        with self._lock:
            is_up = self.camera.status.state is CameraState.UP
            return self._places.in_zones(self._people.states if self._people is not None and is_up else {})

    def at_lines(self) -> dict[str, LineCount]:
        """How many people have crossed each line."""
        with self._lock:
            return self._places.at_lines()

    def totals(self) -> dict[State, int]:
        """The number of people seen so far, by their last state."""
        with self._lock:
            return self._people_tracker.totals()

    def in_view(self) -> dict[State, int]:
        """The number of people in view, by state; zeros where the camera is down."""
        with self._lock:
            people = self._people
        up = self.camera.status.state == "up"
        return (people if people is not None and up else PeopleInView("", self._started, {})).counts()

    def is_known(self) -> bool:
        """Whether frames come fast enough to know the states of people."""
        with self._lock:
            return self._people is None or self._people.known

    def health(self) -> CameraStatus:
        """The status of the camera; down where it is looked at too seldom to know the states of people."""
        status = self.camera.status
        if status.state is CameraState.UP and not self.is_known():
            return replace(status, state=CameraState.DOWN, reason="looked at too seldom: states are not known")
        return status

    def speed(self) -> tuple[float, float | None]:
        """Frames looked at per second and the median delay in seconds, over the last moments."""
        with self._lock:
            now, meter = time.monotonic(), self._meter
            self._forget(now)
            delays = sorted(delay for _, delay in meter)
            since = now - meter[0][0] if self.frames == len(meter) and meter else _METER_SECONDS
        # At the beginning, the first frame may be more recent than `_METER_SECONDS`.
        return len(delays) / max(since, 1.0), delays[len(delays) // 2] if delays else None

    def _now(self) -> datetime:
        """The time of the camera: now; for a file, of its newest frame; for an ended camera, of its end."""
        if not self.camera.is_live:
            return max(self._newest, self._started)
        status = self.camera.status
        return status.since if status.state in FINISHED else datetime.now(UTC)

    def _forget(self, now: float) -> None:
        while self._meter and self._meter[0][0] < now - _METER_SECONDS:
            self._meter.popleft()


class _Slowness:
    """Says in the log when the states of people are not known, because frames come too slowly, and when they are."""

    def __init__(self, camera: str, needed: float) -> None:
        self._camera, self._needed = camera, needed
        self._since: float | None = None
        self._said = False

    def note(self, clock: float, seen: PeopleSeen) -> None:
        if seen.known:
            if self._said:
                logger.warning("%s: looked at %.1f times a second; states are known again", self._camera, seen.rate)
            self._since, self._said = None, False
            return
        self._since = clock if self._since is None else self._since
        if not self._said and clock - self._since >= _SLOW_SECONDS:
            self._said = True
            text = "%s: looked at %.1f times a second, less than %g: people are counted, but their states are not known"
            logger.warning(text, self._camera, seen.rate, self._needed)


def _in_view(camera: str, at: datetime, seen: PeopleSeen) -> PeopleInView:
    changes = tuple(
        StateChange(camera, at, each.number, each.before, each.after, each.confidence, each.xyxy)
        for each in seen.changes
    )
    return PeopleInView(camera, at, seen.states, changes, seen.seconds, seen.known)


def _without_number(faces: Detections) -> list[Xyxy]:
    """Faces that were seen once, so that the next look decides whether they are followed."""
    return [face.xyxy for face in faces if face.tracker_id is None]


def _marked(faces: Detections, numbers: dict[int, int], people: PeopleInView) -> Detections:
    """The faces of people, under their numbers and states."""
    tracks = [] if faces.tracker_id is None else faces.tracker_id.tolist()
    known = [i for i, track in enumerate(tracks) if numbers.get(track) in people.states]
    own = [numbers[tracks[i]] for i in known]
    states = [_STATES.index(people.states[number]) for number in own]
    chosen = faces[known]
    scores = np.full(len(own), np.nan)  # a decision over many frames has no score of one frame
    return Detections(chosen.xyxy, scores, np.array(states, np.int64), np.array(own, np.int64), _STATES)
