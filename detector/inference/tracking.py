"""The same number for the same face throughout a video."""

from dataclasses import replace

import cv2
import numpy as np

from detector.detections import NO_ID, Detections

# A face that turns away scores low for some frames: boxes down to here keep its number alive, unseen by the user.
WEAKEST_SCORE = 0.1
# How long a face may be hidden, by a hand that puts a mask on for instance, and still be the same one.
_MEMORY_SECONDS = 2.0
# Boxes that overlap by more are one face: while somebody takes a mask off, its boxes with the mask and without. Of the
# 3,511 faces annotated in the set that the shipped weights learnt from, two pairs overlap as much.
_SAME_FACE_IOU = 0.35


class FaceTracker:
    """Follows the faces of one video with ByteTrack, whatever class they change to.

    Args:
        rate: Frames per second.
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

    def update(self, faces: Detections) -> Detections:
        """Number the faces of the next frame.

        Args:
            faces: What was found in it, weak boxes included, best score first.

        Returns:
            The same faces in the same order with `tracker_id`, -1 for those that have no number yet; without second
            boxes on one face.
        """
        faces = _one_box_each(faces)
        given = faces.to_supervision()
        given.data = {"order": np.arange(len(faces))}
        tracked = self._tracker.update(given)
        ids = np.full(len(faces), NO_ID, np.int64)
        if len(tracked):
            ids[tracked.data["order"]] = tracked.tracker_id
        return replace(faces, tracker_id=ids)


def _one_box_each(faces: Detections) -> Detections:
    """Of boxes on one face, keep the best whatever its class."""
    if len(faces) < 2:
        return faces
    xywh = np.hstack([faces.xyxy[:, :2], faces.xyxy[:, 2:] - faces.xyxy[:, :2]])
    kept = cv2.dnn.NMSBoxes(xywh.tolist(), faces.confidence.tolist(), 0.0, _SAME_FACE_IOU)
    return faces[np.asarray(kept, dtype=np.intp)]
