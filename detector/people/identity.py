"""Gives people numbers, which they keep even if the face tracker loses them.

The tracker begins a new track after a face was hidden for long or moved far. If somebody takes a mask off, the mask can
look like a face for a moment, and the old track may follow the mask. So a new track belongs to a known person

- if it begins in the place of a face that is missing, or
- if it begins beside a face, in a place where this face was in the last second, and the old track then goes missing.
  Until that is known, for a second at most, the new track has no number.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from converters.boxes import iou
from detector.detections import Detection, Detections
from detector.people.decision import Decision
from detector.people.states import State

Xyxy = tuple[float, float, float, float]

# A face that overlaps the place of another by more than this (IoU) may be the same face.
_SAME_PLACE_IOU = 0.3
_TRAIL_SECONDS = 1.0
_OPEN_SECONDS = 1.0
_MISSING_SECONDS = 0.25  # a face that was unseen for so long is missing, not overlooked


@dataclass(slots=True, eq=False)
class Person:
    """One person in front of a camera.

    Attributes:
        decision: The votes of the frames, and what they decided.
        state: What was told of it: it is behind `decision` while frames come too slowly.
        xyxy: The face when last seen: left, top, right, bottom in pixels.
        born: When it was first seen, in seconds of the camera.
        seen: When it was last seen.
        step: The seconds between then and the time before.
        seconds: How long it was in view in each state, short gaps included; while frames come too slowly, undecided.
        number: From 1, unique for the camera; None while this may be the new track of another person.
        same_as: The person whose new track this may be.
    """

    decision: Decision
    xyxy: Xyxy
    born: float
    seen: float
    number: int | None = None
    state: State = State.UNDECIDED
    step: float = 0.0
    seconds: dict[State, float] = field(default_factory=lambda: dict.fromkeys(State, 0.0))
    same_as: "Person | None" = None
    _trail: deque[tuple[float, Xyxy]] = field(default_factory=deque)

    def move(self, clock: float, xyxy: Xyxy) -> None:
        """Note where the face is now."""
        self.xyxy, self.step, self.seen = xyxy, clock - self.seen, clock
        self._trail.append((clock, xyxy))
        while self._trail[0][0] < clock - _TRAIL_SECONDS:
            self._trail.popleft()

    def rescale(self, scale: Xyxy) -> None:
        """Multiply the places of the face."""
        self.xyxy = _scaled(self.xyxy, scale)
        self._trail = deque((clock, _scaled(xyxy, scale)) for clock, xyxy in self._trail)

    def overlap(self, xyxy: Xyxy) -> float:
        """IoU of a new face with this one, where it was last seen."""
        return float(iou([xyxy], [self.xyxy])[0, 0])

    def trail_overlap(self, xyxy: Xyxy) -> float:
        """The largest IoU of a new face with this one in its last second; 0 where they do not touch any more."""
        # If the person has left that place completely, the face is another person's, such as the next in a queue.
        if not self.overlap(xyxy):
            return 0.0
        return float(iou([xyxy], [place for _, place in self._trail]).max())


def _scaled(xyxy: Xyxy, scale: Xyxy) -> Xyxy:
    x1, y1, x2, y2 = (value * factor for value, factor in zip(xyxy, scale, strict=True))
    return x1, y1, x2, y2


class Identities:
    """The people in front of one camera.

    Args:
        memory: Seconds for which people stay in view unseen.
        decision: Makes an empty decision.
    """

    def __init__(self, memory: float, decision: Callable[[], Decision]) -> None:
        self._memory, self._decision = memory, decision
        self._by_track: dict[int, Person] = {}
        self._given = 0

    def in_view(self) -> dict[int, Person]:
        """The people who were seen a short time ago, by their number."""
        return {person.number: person for person in self._by_track.values() if person.number is not None}

    def numbers(self) -> dict[int, int]:
        """The number of every person in view, by the number of their track."""
        return {track: person.number for track, person in self._by_track.items() if person.number is not None}

    def clear(self) -> None:
        """Forget everybody in view; numbers that were given are not given again."""
        self._by_track = {}

    def rescale(self, scale: Sequence[float]) -> None:
        """Keep the places of faces relative to the picture where its resolution changes.

        Args:
            scale: The factors of x and y.
        """
        x, y = scale
        for person in self._by_track.values():
            person.rescale((x, y, x, y))

    def update(self, clock: float, faces: Detections) -> tuple[list[tuple[Person, Detection]], list[Person]]:
        """Take the faces of the next frame.

        Args:
            clock: When, in seconds; never less than before.
            faces: With `tracker_id`, the number of their track; faces without one are ignored.

        Returns:
            Every face with its person, and the people who have left.
        """
        left = self._forget(clock)
        tracked = {face.tracker_id: face for face in faces if face.tracker_id is not None}
        for track, person in self._by_track.items():
            if track in tracked:
                person.move(clock, tracked[track].xyxy)
        new = tracked.keys() - self._by_track.keys()
        for track in sorted(new, key=lambda track: tracked[track].xyxy[0]):  # from left to right
            self._add_track(track, tracked[track].xyxy, clock)
        for track in tracked:
            self._resolve(track, clock)
        return [(self._by_track[track], face) for track, face in tracked.items()], left

    def stay(self, before: float, clock: float) -> list[Person]:
        """Take a frame that shows what the last one did: whoever was seen then is still in the same place.

        Args:
            before: The time of the last frame.
            clock: The time of this one.

        Returns:
            The people who have left.
        """
        for person in self._by_track.values():
            if person.seen == before:
                person.move(clock, person.xyxy)
                person.decision.repeat(clock)
        return self._forget(clock)

    def open_faces(self, clock: float) -> list[Xyxy]:
        """Where more looks may tell more than the one at this time: the faces of those not found or not decided."""
        people = self._by_track.values()
        return [each.xyxy for each in people if each.number is None or each.seen < clock or each.decision.is_open()]

    def _forget(self, clock: float) -> list[Person]:
        """Remove the people who have left, and return them."""
        gone = {track: person for track, person in self._by_track.items() if clock - person.seen > self._memory}
        for track in gone:
            del self._by_track[track]
        return [person for person in gone.values() if person.number is not None]

    def _add_track(self, track: int, xyxy: Xyxy, clock: float) -> None:
        """Find the person of a new track: one who is missing from its place, or a new one."""
        overlaps = [(other.trail_overlap(xyxy), old) for old, other in self._by_track.items()]
        overlap, old = max(overlaps, default=(0.0, -1))
        other = self._by_track[old] if overlap > _SAME_PLACE_IOU else None
        if other is not None and other.seen < clock and other.overlap(xyxy) > _SAME_PLACE_IOU:
            self._by_track[track] = self._by_track.pop(old)
            other.move(clock, xyxy)
            return
        person = self._by_track[track] = Person(self._decision(), xyxy, clock, clock, same_as=other)
        person.move(clock, xyxy)
        if other is None:
            self._identify(person)

    def _identify(self, person: Person) -> None:
        """Give a number to a person who is known to be a new one."""
        self._given += 1
        person.number, person.same_as = self._given, None

    def _resolve(self, track: int, clock: float) -> None:
        """Find out whether a track without a number belongs to another person."""
        person = self._by_track[track]
        if person.same_as is None:
            return
        old = next((old for old, other in self._by_track.items() if other is person.same_as), None)
        if old is None or clock - person.born > _OPEN_SECONDS:
            self._identify(person)
        elif clock - person.same_as.seen >= _MISSING_SECONDS:
            other = self._by_track[track] = self._by_track.pop(old)
            other.decision.take_over(person.decision)
            other.move(clock, person.xyxy)
