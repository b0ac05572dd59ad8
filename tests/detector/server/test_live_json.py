"""What the live view tells of a camera."""

from dataclasses import replace
from datetime import UTC, datetime

from detector.monitor.cameras.status import CameraState, CameraStatus
from detector.monitor.status import CameraActivity
from detector.people.states import Direction, LineCount, State, count_states
from detector.server.live_json import camera_json

NOW = datetime(2026, 11, 21, 16, tzinfo=UTC)
LINES = {"door": LineCount().add(Direction.IN, State.WITH_MASK).add(Direction.IN, State.UNDECIDED)}
UP = CameraActivity(
    CameraStatus("hall", CameraState.UP, NOW), 10.0, 0.05, count_states([State.WITH_MASK]), 9, None, 0, 0, lines=LINES
)


def test_lines_tell_who_went_in_and_out_and_is_inside() -> None:
    told = camera_json(UP, 7)
    assert (told["name"], told["state"], told["picture"], told["people"]["with_mask"]) == ("hall", "up", 7, 1)
    assert told["lines"] == [{"name": "door", "in": 2, "out": 0, "inside": 2}]


def test_who_is_inside_is_not_known_while_the_camera_is_down() -> None:
    down = replace(UP, status=CameraStatus("hall", CameraState.DOWN, NOW, "frozen"))
    assert camera_json(down, 7)["lines"] == [{"name": "door", "in": 2, "out": 0, "inside": None}]
