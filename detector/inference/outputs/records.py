"""A frame and its faces as a JSON object, and back."""

from pathlib import PurePath
from typing import Any

import numpy as np

from detector.detections import NO_ID, Detections
from detector.media.sources import Frame, Source


def to_record(frame: Frame, faces: Detections) -> dict[str, Any]:
    """One JSON object, with numbers as exact as those of the tables."""
    height, width = frame.image.shape[:2]
    return {
        "source": frame.source.name,
        "frame": frame.index,
        "seconds": None if frame.seconds is None else round(frame.seconds, 3),
        "width": width,
        "height": height,
        "faces": [_face(face) for face in faces.to_dicts()],
    }


def _face(face: dict[str, Any]) -> dict[str, Any]:
    return {
        **face,
        "confidence": round(face["confidence"], 4),
        "xyxy": [round(value, 2) for value in face["xyxy"]],
    }


def from_record(record: dict[str, Any], names: tuple[str, ...]) -> tuple[Frame, Detections]:
    """The frame, whose image has the right size and no content, and its faces.

    Raises:
        KeyError, TypeError, ValueError: It is no such record.
    """
    faces = record["faces"]
    ids = [NO_ID if face["tracker_id"] is None else face["tracker_id"] for face in faces]
    tracked = any(face["tracker_id"] is not None for face in faces)
    source = Source(record["source"], "image" if record["seconds"] is None else "video", PurePath())
    image = np.broadcast_to(np.uint8(0), (record["height"], record["width"], 3))  # takes no memory
    found = Detections(
        np.array([face["xyxy"] for face in faces], np.float32).reshape(-1, 4),
        np.array([face["confidence"] for face in faces], np.float32),
        np.array([face["class_id"] for face in faces], np.int64),
        np.array(ids, np.int64) if tracked else None,
        names,
    )
    return Frame(image, source, record["frame"], record["seconds"]), found
