"""Changes, minutes and alerts for the tests of store and report."""

from datetime import UTC, datetime, timedelta
from typing import Any

from detector.people.states import Alert, MinuteCount, State, StateChange, count_states

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WITH, WITHOUT, WRONG, UNDECIDED = State


def at(seconds: float = 0, **more: float) -> datetime:
    return NOON + timedelta(seconds=seconds, **more)


def change(time: datetime = NOON, after: State = WITHOUT, **fields: Any) -> StateChange:
    fields = {"camera": "door", "track_id": 1, "before": UNDECIDED, "confidence": 0.875} | fields
    return StateChange(time=time, after=after, **({"xyxy": (10.5, 20.25, 30.0, 44.0)} | fields))


def minute(start: datetime = NOON, states: str = "", camera: str = "door", seconds_up: float = 60.0) -> MinuteCount:
    """One letter for a person who stays for the whole minute: m with mask, w without, i incorrectly, u undecided."""
    letters = {"m": WITH, "w": WITHOUT, "i": WRONG, "u": UNDECIDED}
    counts = count_states(letters[letter] for letter in states)
    seconds = {state: 60.0 * number for state, number in counts.items()}
    return MinuteCount(camera, start, len(states), counts, round(10 * seconds_up), seconds_up, seconds)


def alert(time: datetime = NOON, **fields: Any) -> Alert:
    fields = {"rule": "no mask", "camera": "door", "message": "1 person without a mask", "people": 1} | fields
    return Alert(time=time, **({"states": count_states([WITHOUT, WITH])} | fields))
