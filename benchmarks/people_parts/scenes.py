"""Made-up scenes of people in front of a camera, whose number and changes of state are known."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from converters.boxes import iou
from detector.detections import Detections

MASK, BARE = 0, 1
SHAPE = (540, 960)
_SIZE = 60.0
_WALK = 450.0  # pixels per second: 1.5 m/s where a face of 20 cm has 60 pixels
_MISSED, _WEAK, _MISLABELLED, _NOISE = 0.04, 0.05, 0.04, 0.02
_HIDDEN_IOU = 0.25  # of two faces that overlap by more, the one behind is not found

Place = Callable[[float], tuple[float, float] | None]
"""Where somebody's face is at a time in seconds: x and y of the centre in pixels; None: not to be seen."""


@dataclass(frozen=True)
class Actor:
    """One person.

    Attributes:
        place: Where the face is.
        states: From which second on they have which class.
        size: Of the face in pixels.
    """

    place: Place
    states: tuple[tuple[float, int], ...] = ((0.0, BARE),)
    size: float = _SIZE

    def state(self, seconds: float) -> int:
        """The class at a time."""
        return [state for since, state in self.states if since <= seconds][-1]


@dataclass(frozen=True)
class Scene:
    """Some people for some time.

    Attributes:
        name: What it is about.
        seconds: How long it lasts.
        actors: The people, those in front first.
        shape: (height, width) of the picture at a time.
        clock_step: Seconds by which the machine's clock is set forward in the middle.
    """

    name: str
    seconds: float
    actors: tuple[Actor, ...]
    shape: Callable[[float], tuple[int, int]] = field(default=lambda seconds: SHAPE)
    clock_step: float = 0.0

    @property
    def people(self) -> int:
        """How many people there are."""
        return len(self.actors)

    @property
    def changes(self) -> int:
        """How many changes of state there are, the first decision of each included."""
        return sum(len(actor.states) for actor in self.actors)

    def frames(self, rate: float, seed: int) -> Iterator[tuple[float, Detections, tuple[int, int]]]:
        """What a detector would find: seconds, faces best first, and the shape of each frame."""
        random = np.random.default_rng(seed)
        for i in range(math.ceil(self.seconds * rate)):
            seconds = i / rate
            shape = self.shape(seconds)
            yield seconds, self._seen(seconds, shape, random), shape

    def _seen(self, seconds: float, shape: tuple[int, int], random: np.random.Generator) -> Detections:
        boxes: list[list[float]] = []
        rows: list[tuple[list[float], float, int]] = []
        for actor in self.actors:
            place = actor.place(seconds)
            if place is None or not (0 < place[0] < SHAPE[1] and 0 < place[1] < SHAPE[0]):
                continue
            box = [place[0] - actor.size / 2, place[1] - actor.size / 2] * 2
            box[2:] = [box[0] + actor.size, box[1] + actor.size]
            hidden = bool(boxes) and float(iou([box], boxes).max()) > _HIDDEN_IOU
            boxes.append(box)
            if hidden or random.random() < _MISSED:
                continue
            score = random.uniform(0.12, 0.24) if random.random() < _WEAK else random.uniform(0.5, 0.95)
            state = actor.state(seconds)
            wrong = random.random() < _MISLABELLED
            noisy = np.array(box) + random.normal(0, _NOISE * actor.size, 4)
            rows.append((noisy.tolist(), score, (MASK if state == BARE else BARE) if wrong else state))
        rows.sort(key=lambda row: -row[1])
        scale = np.array([shape[1] / SHAPE[1], shape[0] / SHAPE[0]] * 2)
        xyxy = np.array([row[0] for row in rows]).reshape(-1, 4) * scale
        confidence, class_id = (np.array([row[column] for row in rows]) for column in (1, 2))
        return Detections(xyxy.astype(np.float32), confidence.astype(np.float32), class_id.astype(np.int64))


def still(x: float, y: float = 250.0, *, away: tuple[float, float] = (0, 0), sway: float = 5.0) -> Place:
    """Somebody who stands, sways a little, and is not to be seen while turned away."""

    def place(seconds: float) -> tuple[float, float] | None:
        if away[0] <= seconds < away[1]:
            return None
        return x + sway * math.sin(1.7 * seconds + x), y + sway / 2 * math.sin(2.3 * seconds)

    return place


def walk(start: float, x: float, speed: float, y: float = 250.0) -> Place:
    """Somebody who walks past, from a time on, and bobs a little."""

    def place(seconds: float) -> tuple[float, float] | None:
        if seconds < start:
            return None
        return x + speed * (seconds - start), y + 4 * math.sin(11 * seconds)

    return place


def stop_between(first: float, second: float, begin: float, end: float, y: float = 250.0) -> Place:
    """Somebody who sits, gets up, goes to another place, and sits there."""

    def place(seconds: float) -> tuple[float, float] | None:
        part = min(max((seconds - begin) / (end - begin), 0.0), 1.0)
        smooth = part * part * (3 - 2 * part)
        return first + (second - first) * smooth + 3 * math.sin(2 * seconds), y

    return place


def panned(x: float, y: float, begin: float, end: float, speed: float) -> Place:
    """Somebody who stands while the camera turns."""
    rest = still(x, y)

    def place(seconds: float) -> tuple[float, float] | None:
        here = rest(seconds)
        return None if here is None else (here[0] - speed * min(max(seconds - begin, 0.0), end - begin), here[1])

    return place


def _states(i: int) -> tuple[tuple[float, int], ...]:
    return ((0.0, (MASK, BARE)[i % 2]),)


def _crossing(same: bool) -> tuple[Actor, ...]:
    right = Actor(walk(1.0, 5, _WALK), _states(0))
    return right, Actor(walk(1.0, SHAPE[1] - 5, -_WALK, 262), _states(0 if same else 1), 55)


def _crowd(number: int, columns: int, spacing: float) -> Iterator[tuple[float, float]]:
    for i in range(number):
        yield 60 + spacing * (i % columns) + 17 * (i // columns), 150 + 110 * (i // columns)


def scenes() -> list[Scene]:
    """All scenes."""
    five = tuple(Actor(still(120 + 170 * i), _states(i)) for i in range(5))
    changing = Actor(still(500), ((0.0, BARE), (6.0, MASK), (14.0, BARE)))
    return [
        Scene("crossing", 4, _crossing(same=False)),
        Scene("crossing, same state", 4, _crossing(same=True)),
        Scene("20 visitors of 2 s", 46, tuple(Actor(walk(2.2 * i, 5, 475), _states(i)) for i in range(20))),
        Scene(
            "visitors both ways",
            26,
            tuple(
                Actor(walk(2.2 * i, 5 if i % 2 else 955, 475 if i % 2 else -475, 200 + 40 * (i % 3)), _states(i // 2))
                for i in range(10)
            ),
        ),
        Scene(
            "turns away for 3 s",
            15,
            (
                Actor(still(300, away=(5, 8))),
                Actor(still(480), _states(0)),
                Actor(still(660, away=(9, 12)), _states(0)),
            ),
        ),
        Scene(
            "swap places",
            12,
            (
                Actor(stop_between(350, 560, 4, 6), _states(0)),
                Actor(stop_between(560, 350, 4, 6, 275), _states(1)),
            ),
        ),
        Scene(
            "swap places, same state",
            12,
            (Actor(stop_between(350, 560, 4, 6)), Actor(stop_between(560, 350, 4, 6, 275))),
        ),
        Scene(
            "pan over a crowd",
            12,
            tuple(Actor(panned(x, y, 3, 7, 300), _states(i)) for i, (x, y) in enumerate(_crowd(24, 12, 160))),
        ),
        Scene("resolution changes", 10, five, shape=lambda seconds: SHAPE if seconds < 5 else (360, 640)),
        Scene("clock set forward", 10, five, clock_step=3600),
        Scene("masks on and off", 22, (changing, *five[:2])),
        Scene("queue past a door", 25, tuple(Actor(walk(0.8 * i, 5, 150), _states(i), 60) for i in range(20))),
    ]
