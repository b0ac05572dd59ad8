"""What the live view tells of cameras, events and the day, as JSON."""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.status import CameraActivity
from detector.people.states import Alert, Direction, LineCount, StateChange

if TYPE_CHECKING:
    from detector.monitor.report import Figures

CLIPS = "/v1/live/clips/"
"""The address of the clips, without their names."""


def camera_json(activity: CameraActivity, picture: int) -> dict[str, Any]:
    """A camera, and the people whom it sees now.

    Args:
        activity: The camera.
        picture: The number of its newest picture.
    """
    status = activity.status
    return {
        "name": status.camera,
        "state": status.state.value,
        "reason": status.reason,
        "since": status.since.isoformat(timespec="seconds"),
        "fps": round(activity.fps, 1),
        "people": {state.value: count for state, count in activity.people.items()},
        "lines": [
            line_json(name, count, is_up=status.state is CameraState.UP) for name, count in activity.lines.items()
        ],
        "picture": picture,
    }


def line_json(name: str, count: LineCount, *, is_up: bool) -> dict[str, Any]:
    """A line; how many are inside is not known while the camera is down."""
    directions = {direction.value: count.total(direction) for direction in Direction}
    return {"name": name, **directions, "inside": count.inside if is_up else None}


def event_json(notice: StateChange | Alert | CameraStatus) -> dict[str, Any]:
    """A line of the last events."""
    if isinstance(notice, CameraStatus):
        reason = f": {notice.reason}" if notice.reason else ""
        return {
            "kind": "camera",
            "camera": notice.camera,
            "time": notice.since.isoformat(timespec="seconds"),
            "text": f"camera {notice.state.value}{reason}",
        }
    shared = {"camera": notice.camera, "time": notice.time.isoformat(timespec="seconds")}
    if notice.clip is not None:
        shared["clip"] = clip_address(notice.clip)
    if isinstance(notice, Alert):
        return {"kind": "alert", **shared, "text": notice.message}
    before, after = (state.value.replace("_", " ") for state in (notice.before, notice.after))
    text = f"person {notice.track_id}: {before} to {after}"
    return {"kind": "change", **shared, "state": notice.after.value, "text": text}


def today_json(figures: "Figures") -> dict[str, Any]:
    """The figures of today."""
    counts = figures.counts
    return {
        "compliance": None if counts.compliance is None else round(counts.compliance, 4),
        "watched": None if figures.watched is None else round(figures.watched, 4),
        "person_minutes": round(float(counts.decided), 1),
        "people": figures.people.number,
        "alerts": figures.alerts.total,
    }


def clip_address(path: str | Path) -> str:
    """Where viewers get a clip."""
    return CLIPS + quote(Path(path).name)
