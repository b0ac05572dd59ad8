"""States of people, their changes, crossings of lines, counts by the minute, and alerts.

All times are timezone-aware UTC datetimes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from converters import labels


class State(StrEnum):
    """How a person wears the mask, as decided over many frames."""

    WITH_MASK = labels.WITH_MASK
    WITHOUT_MASK = labels.WITHOUT_MASK
    MASK_WORN_INCORRECTLY = labels.MASK_WORN_INCORRECTLY
    UNDECIDED = "undecided"


class Direction(StrEnum):
    """In which direction a line was crossed."""

    IN = "in"  # to the right, for somebody who looks from the first point of the line to the second
    OUT = "out"


DECIDED = (State.WITH_MASK, State.WITHOUT_MASK, State.MASK_WORN_INCORRECTLY)


def count_states(states: Iterable[State]) -> dict[State, int]:
    """The number of people in every state, zeros included, in the order of `State`."""
    found = Counter(states)
    return {state: found[state] for state in State}


@dataclass(frozen=True, slots=True)
class StateChange:
    """One person's state changed: an event.

    Attributes:
        camera: Name of the camera.
        time: When it was decided.
        track_id: Number of the person, unique for this camera and run.
        before: The state until now.
        after: The state from now on.
        confidence: Mean score of the votes for `after`, 0 to 1.
        xyxy: The face: left, top, right, bottom, in pixels of the camera's picture.
        snapshot: A small JPEG of the face.
        clip: The path of a short video around it, which is there once the seconds after it are over.
    """

    camera: str
    time: datetime
    track_id: int
    before: State
    after: State
    confidence: float
    xyxy: tuple[float, float, float, float]
    snapshot: bytes | None = None
    clip: str | None = None


@dataclass(frozen=True, slots=True)
class LineCrossing:
    """One person crossed a line.

    Attributes:
        camera: Name of the camera.
        time: When.
        line: Name of the line.
        direction: In or out.
        track_id: Number of the person, unique for this camera and run.
        state: The state; of somebody who was undecided then, the one that was decided shortly after.
    """

    camera: str
    time: datetime
    line: str
    direction: Direction
    track_id: int
    state: State


@dataclass(frozen=True, slots=True)
class LineCount:
    """How many people have crossed a line since the program started.

    Attributes:
        crossed: Their number by direction and state; those that are not in it are zero.
        inside: How many of them are inside, at least: one more for each who goes in, one less for each who goes out. It
            stays at zero where somebody goes out who was inside before.
    """

    crossed: Mapping[tuple[Direction, State], int] = field(default_factory=dict)
    inside: int = 0

    def add(self, direction: Direction, state: State) -> "LineCount":
        """The same after one more person has crossed."""
        crossed = {**self.crossed, (direction, state): self.crossed.get((direction, state), 0) + 1}
        return LineCount(crossed, max(self.inside + (1 if direction is Direction.IN else -1), 0))

    def by_state(self, direction: Direction) -> dict[State, int]:
        """The number of people in a direction by their state, zeros included."""
        return {state: self.crossed.get((direction, state), 0) for state in State}

    def total(self, direction: Direction) -> int:
        """The number of people in a direction."""
        return sum(self.by_state(direction).values())


@dataclass(frozen=True, slots=True)
class MinuteCount:
    """What a camera saw in one minute.

    Attributes:
        camera: Name of the camera.
        minute: Its first instant.
        people: Distinct people seen in it, decided or not.
        counts: Each of these people by the last state held in that minute.
        frames: Frames that faces were looked for in, and those that needed no look because nothing had moved.
        seconds_up: Seconds of the minute in which the camera delivered.
        seconds: Person-seconds: for how long people were in view, by state, all added up. None in minutes that version
            0.1 has stored, which did not measure it.
        seconds_not_known: Person-seconds in which frames came too slowly to know states; not in `seconds`.
    """

    camera: str
    minute: datetime
    people: int
    counts: dict[State, int]
    frames: int
    seconds_up: float
    seconds: dict[State, float] | None = None
    seconds_not_known: float = 0.0


@dataclass(frozen=True, slots=True)
class PeopleInView:
    """The people whom a camera sees, in the zones that count.

    Attributes:
        camera: Name of the camera.
        time: When the frame was taken.
        states: The state of each person by track id; `undecided` for everybody where it is not `known`.
        changes: The changes of state that this frame led to.
        seconds: Of those whose face is in this frame, for how long it has been there since it was last seen.
        known: Whether frames come fast enough to know states.
        crossings: The crossings of lines that are certain since this frame.
    """

    camera: str
    time: datetime
    states: dict[int, State]
    changes: tuple[StateChange, ...] = ()
    seconds: dict[int, float] = field(default_factory=dict)
    known: bool = True
    crossings: tuple[LineCrossing, ...] = ()

    def counts(self) -> dict[State, int]:
        """The number of people in every state, zeros included."""
        return count_states(self.states.values())


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that a rule raised.

    Attributes:
        rule: Name of the rule.
        camera: Name of the camera.
        time: When it was raised.
        message: One sentence for a person.
        people: The number of people who fulfil the rule.
        states: Everybody in view, by state.
        snapshot: A small JPEG of the face that raised it.
        id: Unique; the same when an alert is sent again.
        clip: The path of a short video around it, which is there once the seconds after it are over.
    """

    rule: str
    camera: str
    time: datetime
    message: str
    people: int
    states: dict[State, int]
    snapshot: bytes | None = None
    id: str = field(default_factory=lambda: uuid4().hex)
    clip: str | None = None
