"""The status of a camera."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CameraState(StrEnum):
    """The state of a camera."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    ENDED = "ended"  # a video file was read to its end
    FAILED = "failed"  # a video file could not be read to its end, or a camera was given up


FINISHED = (CameraState.ENDED, CameraState.FAILED)


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """The status of a camera.

    Attributes:
        camera: Its name.
        state: Up, down, ...
        since: Since when.
        reason: Why it is down or failed.
        received: Pictures that came, processed or not.
        losses: The number of times that it went down.
    """

    camera: str
    state: CameraState
    since: datetime
    reason: str | None = None
    received: int = 0
    losses: int = 0
