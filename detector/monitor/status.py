"""The status of a watch, and its notices."""

from dataclasses import dataclass, field
from typing import TypeAlias

from detector.monitor.alerts.sink_worker import SinkStatus
from detector.monitor.cameras.status import CameraStatus
from detector.monitor.store import StoreStatus
from detector.people.states import Alert, LineCount, LineCrossing, MinuteCount, State, StateChange

Notice: TypeAlias = StateChange | LineCrossing | Alert | CameraStatus | MinuteCount
"""An event, a crossing of a line, an alert, a camera that goes up or down, or a minute that is over."""


@dataclass(frozen=True, slots=True)
class CameraActivity:
    """The status of a camera and its frames.

    Attributes:
        status: Up or down, since when.
        fps: Frames processed per second.
        delay: Median seconds from the arrival of a frame until its result; None without recent frames.
        people: The number of people in view, by state.
        frames: The number of frames processed so far.
        last_alert: The newest alert.
        recording_dropped: Frames missing from its video.
        known: Whether it is looked at often enough to know the states of people (`min_fps`).
        restarts: How often its people had to be followed anew, because a frame could not be processed.
        unchanged: Of the frames, those that needed no look of the network, because nothing moved (`motion`).
        clips: Clips that were written.
        clips_failed: Clips that could not be written, or not to their end.
        zones: The number of people in each counting zone, by state.
        lines: How many people have crossed each of its lines.
    """

    status: CameraStatus
    fps: float
    delay: float | None
    people: dict[State, int]
    frames: int
    last_alert: Alert | None
    recording_dropped: int
    restarts: int
    known: bool = True
    unchanged: int = 0
    clips: int = 0
    clips_failed: int = 0
    zones: dict[str, dict[State, int]] = field(default_factory=dict)
    lines: dict[str, LineCount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """The status of a watch.

    Attributes:
        cameras: In the order of the configuration.
        sinks: How alerts are delivered, by the name of the sink.
        store: The status of the store.
        events: Events so far, by camera and new state.
        alerts: Alerts so far, by rule and camera.
    """

    cameras: tuple[CameraActivity, ...]
    sinks: dict[str, SinkStatus]
    store: StoreStatus
    events: dict[tuple[str, State], int]
    alerts: dict[tuple[str, str], int]
