"""What a watch says of itself: notices as things happen, and a report of the moment."""

from dataclasses import dataclass
from typing import TypeAlias

from detector.monitor.alerts.delivery import SinkStatus
from detector.monitor.cameras.camera import CameraStatus
from detector.monitor.store import StoreStatus
from detector.people.states import Alert, MinuteCount, State, StateChange

Notice: TypeAlias = StateChange | Alert | CameraStatus | MinuteCount
"""What is worth a line: an event, an alert, a camera going up or down, a minute that is over."""


@dataclass(frozen=True, slots=True)
class CameraActivity:
    """What there is to say of a camera at the moment.

    Attributes:
        status: Up or down, since when.
        fps: Frames looked at per second.
        delay: Median seconds from a frame's arrival until it was answered; None without recent frames.
        people: In view, by state.
        frames: Looked at so far.
        last_alert: The newest.
        recording_dropped: Frames missing from its video.
        restarts: How often its people had to be followed anew, because a frame could not be processed.
    """

    status: CameraStatus
    fps: float
    delay: float | None
    people: dict[State, int]
    frames: int
    last_alert: Alert | None
    recording_dropped: int
    restarts: int


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """What there is to say at the moment, of everything.

    Attributes:
        cameras: In the order of the configuration.
        sinks: How alerts are delivered, by the name of the sink.
        store: How the writing goes.
        events: Events so far, by camera and new state.
        alerts: Alerts so far, by rule and camera.
    """

    cameras: tuple[CameraActivity, ...]
    sinks: dict[str, SinkStatus]
    store: StoreStatus
    events: dict[tuple[str, State], int]
    alerts: dict[tuple[str, str], int]
