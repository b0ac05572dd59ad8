"""Follows the people in front of a camera: their states and changes of state, from the faces of its frames."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from detector.detections import Detections
from detector.errors import UsageError
from detector.people.decision import Decision
from detector.people.identity import Identities, Person, Xyxy
from detector.people.look_rate import LookRate
from detector.people.settings import DecisionSettings, Zone
from detector.people.states import DECIDED, State
from detector.people.zones import Zones

logger = logging.getLogger(__name__)


def check_class_names(names: Sequence[str]) -> None:
    """Refuse weights with other classes than the three states.

    Args:
        names: Class names by class id.

    Raises:
        UsageError: A name is not that of a state.
    """
    if unknown := [name for name in names if name not in DECIDED]:
        raise UsageError("weights", f"the class {unknown[0]!r}", f"classes called {', '.join(DECIDED)}")


@dataclass(frozen=True, slots=True)
class Change:
    """The state of one person changed.

    Attributes:
        number: The number of the person.
        before: The state until now.
        after: The state from now on.
        confidence: Mean score of the votes for `after`, 0 to 1.
        xyxy: The face: left, top, right, bottom in pixels.
    """

    number: int
    before: State
    after: State
    confidence: float
    xyxy: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PeopleSeen:
    """The people in view after a frame.

    Attributes:
        states: The state of each by number; `undecided` for everybody where it is not `known`.
        seconds: Of those whose face is in this frame, for how long it has been there since it was last seen.
        changes: The changes of state that this frame led to.
        left: The people who have left the view.
        known: Whether the frames come fast enough to know states (`min_fps`).
        rate: Frames per second, over the last five seconds.
    """

    states: dict[int, State]
    seconds: dict[int, float]
    changes: tuple[Change, ...]
    left: tuple[Person, ...]
    known: bool
    rate: float


class PeopleTracker:
    """The people in front of one camera, or in one video.

    A face that is large enough votes for the class that it was given; `decision.py` says how votes decide. People stay
    in view for `gap_seconds` unseen, and keep their number where the tracker loses them; `identity.py` says how. While
    frames come too slowly (`min_fps`), people are counted, but their states are not known, and no change is told.

    Args:
        settings: When the frames of a person decide.
        zones: Where faces count.
        name: Of the camera, for the log.
    """

    def __init__(
        self, settings: DecisionSettings | None = None, zones: Sequence[Zone] = (), name: str = "camera"
    ) -> None:
        self._name, self._zones = name, Zones(zones)
        self._settings = settings = settings or DecisionSettings()
        self._identities = Identities(settings.gap_seconds, lambda: Decision(settings))
        self._rate = LookRate()
        self._left: Counter[State] = Counter()
        self._shape: tuple[int, ...] = ()
        self._clock: float | None = None

    def totals(self) -> dict[State, int]:
        """The number of people seen so far, by their last state, zeros included."""
        here = Counter(person.state for person in self._identities.in_view().values())
        return {state: self._left[state] + here[state] for state in State}

    def numbers(self) -> dict[int, int]:
        """The number of every person in view, by the number of their track."""
        return self._identities.numbers()

    def restart(self) -> tuple[Person, ...]:
        """Let the people in view, whom it returns, leave; every face gets a new number."""
        left = tuple(self._identities.in_view().values())
        self._left.update(person.state for person in left)
        self._identities.clear()
        return left

    def update(self, time: float, faces: Detections, shape: tuple[int, ...]) -> PeopleSeen:
        """Take the faces of the next frame.

        Args:
            time: The seconds of the frame, from any origin, on a clock that is never set. A time before that of the
                last frame counts as the same time.
            faces: What was found in it, with `tracker_id`; faces without a number are ignored.
            shape: (height, width, ...) of the frame.
        """
        clock = self._advance(time)
        if shape[:2] != self._shape:
            if self._shape:
                self._identities.rescale((shape[1] / self._shape[1], shape[0] / self._shape[0]))
            self._shape = shape[:2]
            for zone in self._zones.outside(shape):
                logger.warning("%s: zone %r reaches outside the picture of %d x %d", self._name, zone, *shape[1::-1])
        matched, left = self._identities.update(clock, faces[self._zones.counts(faces.xyxy, shape)])
        self._left.update(person.state for person in left)
        for person, face in matched:
            x1, y1, x2, y2 = face.xyxy
            if max(x2 - x1, y2 - y1) >= self._settings.min_face:
                person.decision.vote(clock, State(face.label), face.confidence)
                person.decision.decide()
        return self._seen(clock, left)

    def stay(self, time: float) -> PeopleSeen:
        """Take a frame that shows what the last one did: whoever was seen then is still there, with the same state.

        Args:
            time: The seconds of the frame, as for `update`.
        """
        before = self._clock
        clock = self._advance(time)
        left = self._identities.stay(clock if before is None else before, clock)
        self._left.update(person.state for person in left)
        return self._seen(clock, left)

    def open_faces(self) -> list[Xyxy]:
        """Where more looks may tell more than the last one: the faces of those not found, or not decided by it."""
        return [] if self._clock is None else self._identities.open_faces(self._clock)

    def _seen(self, clock: float, left: Sequence[Person]) -> PeopleSeen:
        rate = self._rate.per_second()
        known = rate >= self._settings.min_fps
        changes = self._changes() if known else []
        people = self._identities.in_view()
        states = {number: person.state if known else State.UNDECIDED for number, person in people.items()}
        seconds = {number: person.step for number, person in people.items() if person.seen == clock}
        for number, step in seconds.items():
            people[number].seconds[states[number]] += step
        return PeopleSeen(states, seconds, tuple(changes), tuple(left), known, rate)

    def _advance(self, time: float) -> float:
        before, self._clock = self._clock, time if self._clock is None else max(time, self._clock)
        if before is not None and self._clock - before > self._settings.gap_seconds:
            self._rate.restart()
        self._rate.add(self._clock)
        return self._clock

    def _changes(self) -> list[Change]:
        """Tell what was decided and not told yet, in the order of numbers."""
        changes = []
        for number, person in sorted(self._identities.in_view().items()):
            before, after = person.state, person.decision.state
            if before is not after:
                person.state = after
                changes.append(Change(number, before, after, person.decision.confidence(), person.xyxy))
        return changes
