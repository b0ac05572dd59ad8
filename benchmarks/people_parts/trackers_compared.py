"""The trackers that are compared: this project's, and ByteTrack with the same decisions over its numbers."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeAlias

import numpy as np

from detector.detections import NO_ID, Detections
from detector.people.decision import Decision
from detector.people.face_tracker import FaceTracker
from detector.people.people_tracker import PeopleTracker
from detector.people.settings import DecisionSettings, Zone
from detector.people.states import State

CONF = 0.25
Frames: TypeAlias = Iterable[tuple[float, Detections, tuple[int, ...]]]


class Follower(Protocol):
    """Numbers the faces of a frame."""

    def __call__(self, seconds: float, faces: Detections) -> Detections:
        """The faces that were tracked, with `tracker_id`."""


def ours(frames: Frames, zones: tuple[Zone, ...] = ()) -> tuple[int, list[tuple[float, State]], bool]:
    """People, changes of state with their times, and whether states were known at the end."""
    tracker, people = FaceTracker(CONF), PeopleTracker(zones=zones)
    changes: list[tuple[float, State]] = []
    known = False
    for seconds, faces, shape in frames:
        tracked = tracker.update(faces, seconds, shape)
        seen = people.update(seconds, tracked[tracked.confidence > CONF], shape)
        changes += [(seconds, change.after) for change in seen.changes]
        known = seen.known
    return sum(people.totals().values()), changes, known


def theirs(frames: Frames, follow: Follower) -> tuple[int, list[tuple[float, State]], bool]:
    """The same with another tracker: everybody is a number of it, decided as this project does."""
    settings = DecisionSettings()
    decisions: dict[int, Decision] = {}
    changes: list[tuple[float, State]] = []
    for seconds, faces, _ in frames:
        for face in follow(seconds, faces):
            if face.tracker_id is None or face.tracker_id == NO_ID:
                continue
            decision = decisions.setdefault(face.tracker_id, Decision(settings))
            decision.vote(seconds, State(face.label), face.confidence)
            if decision.decide():
                changes.append((seconds, decision.state))
    return len(decisions), changes, True


def trackers_bytetrack(rate: float) -> Follower:
    """ByteTrack of `trackers` with its defaults, at the rate of the frames."""
    from trackers import ByteTrackTracker

    tracker = ByteTrackTracker(frame_rate=rate, track_activation_threshold=CONF, high_conf_det_threshold=CONF)
    return _following(lambda seconds, given: tracker.update(given, timestamp=seconds))


def _following(update: Callable[..., object]) -> Follower:
    def follow(seconds: float, faces: Detections) -> Detections:
        given = faces.to_supervision()
        given.data = {"order": np.arange(len(faces))}
        tracked = update(seconds, given)
        order = np.asarray(getattr(tracked, "data", {}).get("order", ()), np.intp)
        chosen = faces[order]
        ids = np.asarray(getattr(tracked, "tracker_id", ()), np.int64) if len(order) else np.empty(0, np.int64)
        return Detections(chosen.xyxy, chosen.confidence, chosen.class_id, ids, chosen.names)

    return follow
