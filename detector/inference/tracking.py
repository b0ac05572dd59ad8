"""The same number for the same face throughout a video."""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from detector.detections import NO_ID, Detections
from detector.inference.batching import Step
from detector.media.sources import Ended

# A face that turns away scores low for some frames. Boxes down to this score keep its number; they are not shown.
WEAKEST_SCORE = 0.1
# How long a face may be hidden, by a hand that puts a mask on for instance, and keep its number.
_MEMORY_SECONDS = 2.0
# A gap between two frames counts as at most so many seconds of being hidden. So faces can be followed on a camera with
# one frame in three seconds.
_LONGEST_STEP_SECONDS = 1.0
# After a longer gap that is also longer than a few frames, people have moved: all faces get new numbers.
_LONGEST_GAP_SECONDS = 5.0
_LONGEST_GAP_FRAMES = 3
# Boxes that overlap by more are one face: somebody who takes a mask off can have a box with the mask and one without.
# Among the 3,511 annotated faces of the training set of the shipped weights, only two pairs overlap as much.
_SAME_FACE_IOU = 0.35


class FaceTracker:
    """Follows the faces of one video or camera with ByteTrack, whatever class they change to.

    Args:
        rate: Frames per second, about: motion is predicted in steps of 1 / `rate`. How long a face is remembered
            depends on the times of the frames only.
        conf: A face gets a number only once it scored more than this.
    """

    def __init__(self, rate: float, conf: float) -> None:
        from trackers import ByteTrackTracker

        self._tracker = ByteTrackTracker(
            lost_track_buffer=round(_MEMORY_SECONDS * 30),  # the library counts frames of a 30 Hz video
            frame_rate=rate,
            track_activation_threshold=conf,
            high_conf_det_threshold=conf,
            minimum_consecutive_frames=2,
            minimum_iou_threshold=0.1,
        )
        self._step = 1 / rate
        self._longest_gap = max(_LONGEST_GAP_SECONDS, _LONGEST_GAP_FRAMES * self._step)
        self._last: float | None = None
        self._clock = 0.0

    def update(self, faces: Detections, seconds: float) -> Detections:
        """Number the faces of the next frame.

        Args:
            faces: What was found in it, weak boxes included, best score first.
            seconds: The time of the frame, from any origin. If it is not later than the last one, for example because a
                clock was set back, 1 / `rate` is assumed to have passed.

        Returns:
            The same faces in the same order with `tracker_id`, -1 for those that have no number yet; without second
            boxes on one face.
        """
        faces = _one_box_each(faces)
        given = faces.to_supervision()
        given.data = {"order": np.arange(len(faces))}
        tracked = self._tracker.update(given, timestamp=self._advance(seconds))
        ids = np.full(len(faces), NO_ID, np.int64)
        if len(tracked):
            ids[tracked.data["order"]] = tracked.tracker_id
        return replace(faces, tracker_id=ids)

    def _advance(self, seconds: float) -> float:
        """The time of the frame on a clock that never stands still."""
        elapsed = 0.0 if self._last is None else seconds - self._last
        self._last = seconds
        if elapsed <= 0:
            elapsed = self._step
        self._clock += elapsed if elapsed > self._longest_gap else min(elapsed, _LONGEST_STEP_SECONDS)
        return self._clock


def _one_box_each(faces: Detections) -> Detections:
    """Keep the best box on each face, of any class."""
    if len(faces) < 2:
        return faces
    xywh = np.hstack([faces.xyxy[:, :2], faces.xyxy[:, 2:] - faces.xyxy[:, :2]])
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), faces.confidence.tolist(), 0.0, _SAME_FACE_IOU)
    return faces[np.asarray(kept, dtype=np.intp)]


def track_faces(steps: Iterator[Step], conf: float) -> Iterator[Step]:
    """Number the faces of each video, and drop the weak ones that only the tracker needed.

    Args:
        steps: Frames with their faces, down to `WEAKEST_SCORE`.
        conf: Faces at or below this score are dropped.

    Yields:
        The steps; faces of videos have a `tracker_id`.
    """
    tracker: FaceTracker | None = None
    for step in steps:
        if isinstance(step, Ended):
            tracker = None
            yield step
            continue
        frame, faces = step
        if frame.timing is not None:
            tracker = tracker or FaceTracker(float(frame.timing.rate), conf)
            faces = tracker.update(faces, float(frame.timing.seconds))
        yield frame, faces[faces.confidence > conf]
