"""The same number for the same face throughout each video of a run."""

from collections.abc import Iterator

from detector.inference.batching import Step
from detector.media.sources import Ended
from detector.people.face_tracker import FaceTracker


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
            tracker = tracker or FaceTracker(conf)
            faces = tracker.update(faces, float(frame.timing.seconds), frame.image.shape)
        yield frame, faces[faces.confidence > conf]
