"""Follows the people in front of a camera: their states and changes of state, from the faces of its frames."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from detector.detections import Detections
from detector.errors import UsageError
from detector.people.decision import Decision
from detector.people.identity import Identities
from detector.people.settings import DecisionSettings, Zone
from detector.people.states import DECIDED, PeopleInView, State, StateChange
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


class PeopleTracker:
    """The people in front of one camera.

    A face that is large enough votes for the class that it was given; `decision.py` says how votes decide. People stay
    in view for `window_seconds` unseen, and keep their number where the tracker loses them; `identity.py` says how.

    Args:
        camera: Its name.
        settings: When the frames of a person decide.
        zones: Where faces count.
    """

    def __init__(self, camera: str, settings: DecisionSettings | None = None, zones: Sequence[Zone] = ()) -> None:
        self._camera, self._zones = camera, Zones(zones)
        self._settings = settings = settings or DecisionSettings()
        self._identities = Identities(settings.window_seconds, lambda: Decision(settings))
        self._left: Counter[State] = Counter()
        self._shape: tuple[int, ...] = ()
        self._time: datetime | None = None
        self._clock = 0.0  # in seconds; it does not move while the machine's clock is set back

    def totals(self) -> dict[State, int]:
        """The number of people seen so far, by their last state, zeros included."""
        here = Counter(person.decision.state for person in self._identities.in_view().values())
        return {state: self._left[state] + here[state] for state in State}

    def numbers(self) -> dict[int, int]:
        """The number of every person in view, by the number of their track."""
        return self._identities.numbers()

    def restart(self) -> None:
        """Start again: the people in view count as having left, and every face gets a new number."""
        self._left.update(person.decision.state for person in self._identities.in_view().values())
        self._identities.clear()

    def update(self, time: datetime, faces: Detections, shape: tuple[int, ...]) -> PeopleInView:
        """Take the faces of the next frame.

        Args:
            time: When the frame was taken, with a time zone.
            faces: What was found in it, with `tracker_id`; faces without a number are ignored.
            shape: (height, width, ...) of the frame.

        Returns:
            The people in view, and the changes of state that this frame led to.
        """
        if self._time is not None:
            self._clock += max(0.0, (time - self._time).total_seconds())
        self._time = time
        if shape[:2] != self._shape:
            self._shape = shape[:2]
            for zone in self._zones.outside(shape):
                logger.warning("%s: zone %r reaches outside the picture of %d x %d", self._camera, zone, *shape[1::-1])
        matched, left = self._identities.update(self._clock, faces[self._zones.counts(faces.xyxy, shape)])
        self._left.update(person.decision.state for person in left)
        changes = []
        for person, face in matched:
            x1, y1, x2, y2 = face.xyxy
            if max(x2 - x1, y2 - y1) < self._settings.min_face:
                continue
            decision, before = person.decision, person.decision.state
            decision.vote(self._clock, State(face.label), face.confidence)
            if person.number is not None and decision.decide():
                change = (before, decision.state, decision.confidence(), face.xyxy)
                changes.append(StateChange(self._camera, time, person.number, *change))
        changes.sort(key=lambda change: change.track_id)
        states = {number: person.decision.state for number, person in self._identities.in_view().items()}
        return PeopleInView(self._camera, time, states, tuple(changes))
