"""The same number for the same face in the frames of one video or camera.

Where a face will be is predicted from its motion, and how sure that is, in widths of the face. In each frame, faces are
assigned to tracks so that together they are the most likely, as in SORT (Bewley et al. 2016), but by their distance:
a face that moves by more than its width between two looks overlaps nothing. As in ByteTrack (Zhang et al. 2022), faces
with weak scores only continue tracks. A motion that many faces have in common is that of the camera.
"""

import math
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import NO_ID, Detections
from detector.people.face_motion import NOISE, common_shift, common_velocity, spread
from detector.people.settings import DecisionSettings

WEAKEST_SCORE = 0.1
"""A face that turns away scores low for some frames. Boxes down to this score keep its number; they are not shown."""

# Boxes that overlap by more are one face: somebody who takes a mask off can have a box with the mask and one without.
# Among the 3,511 annotated faces of the training set of the shipped weights, only two pairs overlap as much.
_SAME_FACE_IOU = 0.35
# Costs are logarithms of how unlikely it is that a face is that of a track. Where they are higher, it is another one.
_MOST_COST, _MOST_WEAK_COST = 5.5, 2.5
_SIZE_SPREAD = 0.25  # of the logarithm of the size, from look to look
_LABEL_COST = 0.7  # of another class than at the last look
_VELOCITY_SECONDS = 0.12  # over which the velocity is averaged
_GLIDE_SECONDS = 0.7  # in which somebody who is not seen comes to rest
_ONE_LOOK_SECONDS, _ONE_LOOK_STEPS = 0.5, 2.5  # a face that was seen once is forgotten after so long

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class _Track:
    """One face.

    Attributes:
        centre: x and y in pixels, when last seen.
        size: The square root of its area in pixels.
        class_id: Its class when last seen.
        seen: When that was, in seconds.
        velocity: x and y in pixels per second.
        number: Given at the second look.
    """

    centre: Floats
    size: float
    class_id: int
    seen: float
    velocity: Floats = field(default_factory=lambda: np.zeros(2))
    number: int = NO_ID

    def predict(self, clock: float) -> Floats:
        """Where the centre will be."""
        seconds = _GLIDE_SECONDS * (1 - math.exp((self.seen - clock) / _GLIDE_SECONDS))
        return self.centre + self.velocity * seconds

    def move(self, clock: float, centre: Floats, size: float, class_id: int) -> None:
        """Note where the face is now."""
        elapsed = max(clock - self.seen, 1e-3)
        velocity = (centre - self.centre) / elapsed
        weight = 1.0 if self.number == NO_ID else 1 - math.exp(-elapsed / _VELOCITY_SECONDS)
        self.velocity = (1 - weight) * self.velocity + weight * velocity
        self.centre, self.size, self.class_id, self.seen = centre, size, class_id, clock


class FaceTracker:
    """Follows the faces of one video or camera, whatever class they change to.

    Args:
        conf: A face gets a number only once it scored more than this.
        gap_seconds: A face that was not seen for longer is another one.
    """

    def __init__(self, conf: float, gap_seconds: float = DecisionSettings().gap_seconds) -> None:
        self._conf, self._gap = conf, gap_seconds
        self._tracks: list[_Track] = []
        self._shape: tuple[int, ...] | None = None
        self._clock: float | None = None
        self._given = 0

    def restart(self) -> None:
        """Give every face a new number from now on."""
        self._tracks = []

    def update(self, faces: Detections, seconds: float, shape: tuple[int, ...]) -> Detections:
        """Number the faces of the next frame.

        Args:
            faces: What was found in it, weak boxes included, best score first.
            seconds: The time of the frame, from any origin. A time before that of the last frame counts as the same.
            shape: (height, width, ...) of the frame.

        Returns:
            The same faces in the same order with `tracker_id`, -1 for those that have no number yet; without second
            boxes on one face.
        """
        faces = _one_box_each(faces)
        step = 0.0 if self._clock is None else max(seconds - self._clock, 0.0)
        self._clock = seconds if self._clock is None else max(seconds, self._clock)
        self._rescale(shape)
        self._forget(self._clock, step)
        centres = (faces.xyxy[:, :2] + faces.xyxy[:, 2:]).astype(np.float64) / 2
        sizes = np.sqrt(np.prod(np.maximum(faces.xyxy[:, 2:] - faces.xyxy[:, :2], 1), axis=1, dtype=np.float64))
        pairs = self._assign(self._clock, faces, centres, sizes)
        ids = np.full(len(faces), NO_ID, np.int64)
        for i, track in pairs:
            track.move(self._clock, centres[i], float(sizes[i]), int(faces.class_id[i]))
            if track.number == NO_ID:
                track.number, self._given = self._given, self._given + 1
            ids[i] = track.number
        drift = self._drift(self._clock)
        if drift.any():  # the camera turns
            for track in self._tracks:
                track.velocity = track.velocity if track.seen == self._clock else drift
        for i in sorted(set(np.flatnonzero(faces.confidence > self._conf).tolist()) - {i for i, _ in pairs}):
            self._tracks.append(_Track(centres[i], float(sizes[i]), int(faces.class_id[i]), self._clock, drift))
        return replace(faces, tracker_id=ids)

    def stay(self, seconds: float) -> None:
        """Take a frame that shows what the last one did: every face that was found then rests in its place.

        Args:
            seconds: The time of the frame, as for `update`.
        """
        before, self._clock = self._clock, max(seconds, self._clock or seconds)
        for track in self._tracks:
            if track.seen == before:
                track.seen, track.velocity = self._clock, np.zeros(2)

    def _drift(self, clock: float) -> Floats:
        """The velocity with which new faces are expected to move."""
        seen = [track for track in self._tracks if track.seen == clock]
        velocities = np.array([track.velocity for track in seen]).reshape(-1, 2)
        return common_velocity(velocities, np.array([track.size for track in seen]))

    def _rescale(self, shape: tuple[int, ...]) -> None:
        """Keep the places relative to the picture where its resolution changes."""
        before, self._shape = self._shape, shape[:2]
        if before is None or before == self._shape:
            return
        scale = np.array(self._shape[::-1]) / before[::-1]
        for track in self._tracks:
            track.centre, track.velocity = track.centre * scale, track.velocity * scale
            track.size *= float(np.sqrt(scale.prod()))

    def _forget(self, clock: float, step: float) -> None:
        once = max(_ONE_LOOK_SECONDS, _ONE_LOOK_STEPS * step)
        self._tracks = [
            track
            for track in self._tracks
            if clock - track.seen <= (self._gap if track.number != NO_ID else min(once, self._gap))
            and not self._has_left(track, clock)
        ]

    def _has_left(self, track: _Track, clock: float) -> bool:
        """Whether a face that is not seen has moved out of the picture, by its centre."""
        place = track.predict(clock)
        size = np.array((self._shape or (0, 0))[::-1])
        return bool((place < 0).any() or (place > size).any())

    def _assign(self, clock: float, faces: Detections, centres: Floats, sizes: Floats) -> list[tuple[int, _Track]]:
        """Pairs of a face, by its index, and its track: first of strong faces, then of weak ones."""
        if not self._tracks or not len(faces):
            return []
        strong = faces.confidence > self._conf
        cost = self._costs(clock, centres, sizes, faces.class_id, strong)
        found = [(i, t) for t, i in _cheapest(np.where(strong, cost, np.inf), _MOST_COST)]
        free = np.array([track.number != NO_ID for track in self._tracks])
        free[[t for _, t in found]] = False
        found += [(i, t) for t, i in _cheapest(np.where(~strong & free[:, None], cost, np.inf), _MOST_WEAK_COST)]
        return [(i, self._tracks[t]) for i, t in found]

    def _costs(
        self, clock: float, centres: Floats, sizes: Floats, class_id: NDArray[np.int64], strong: NDArray[np.bool_]
    ) -> Floats:
        """The cost of each face for each track: (tracks, faces)."""
        tracks = self._tracks
        places = np.array([track.predict(clock) for track in tracks])
        widths = np.array([track.size for track in tracks])
        elapsed = np.array([clock - track.seen for track in tracks])
        numbered = np.array([track.number != NO_ID for track in tracks])
        places += common_shift(places, widths, centres[strong], elapsed.min())
        distance = np.linalg.norm(places[:, None] - centres, axis=2) / widths[:, None]
        larger = np.log(sizes / widths[:, None]) / _SIZE_SPREAD
        other = class_id != np.array([track.class_id for track in tracks])[:, None]
        wide = spread(elapsed, numbered)[:, None]
        cost: Floats = (distance / wide) ** 2 / 2 + larger**2 / 2 + _LABEL_COST * other + np.log(wide / NOISE)
        return cost


def _cheapest(cost: Floats, most: float) -> list[tuple[int, int]]:
    """The pairs of rows and columns that cost least together, where a row without a pair costs `most`."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.minimum(cost, most))
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < most]


def _one_box_each(faces: Detections) -> Detections:
    """Keep the best box on each face, of any class."""
    if len(faces) < 2:
        return faces
    xywh = np.hstack([faces.xyxy[:, :2], faces.xyxy[:, 2:] - faces.xyxy[:, :2]])
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), faces.confidence.tolist(), 0.0, _SAME_FACE_IOU)
    return faces[np.asarray(kept, dtype=np.intp)]
