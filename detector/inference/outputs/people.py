"""`people.csv`: one row for every person in a video, and a picture of each."""

import csv
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import PurePath, PurePosixPath
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detection, Detections
from detector.files import writing
from detector.inference.outputs import Outcome, ResultWriter
from detector.inference.outputs.labels import to_jpeg
from detector.inference.outputs.names import PEOPLE, OutputNames
from detector.inference.outputs.tables import open_text
from detector.media.sources import Frame
from detector.people.identity import Person
from detector.people.people_tracker import PeopleTracker, check_class_names
from detector.people.states import State, count_states

COLUMNS = (
    *("source", "person", "first_seconds", "last_seconds", "frames", "state", "confidence"),
    *(f"seconds_{state}" for state in State),
    *("tracker_ids", "picture"),
)

_MARGIN = 0.3  # of the face on each side
_LONGEST_SIDE = 160  # of a picture, in pixels

_Crop: TypeAlias = NDArray[np.uint8]


@dataclass(slots=True)
class _Sightings:
    """What was seen of one person.

    Attributes:
        frames: The number of frames with the face.
        tracks: The numbers that the face had.
        best: The clearest face for each label, and how clear it is.
    """

    frames: int = 0
    tracks: set[int] = field(default_factory=set)
    best: dict[str, tuple[float, _Crop]] = field(default_factory=dict)

    def add(self, face: Detection, crop: _Crop | None) -> None:
        self.frames += 1
        self.tracks.add(int(face.tracker_id or 0))
        x1, y1, x2, y2 = face.xyxy
        clearness = face.confidence * max(x2 - x1, y2 - y1)
        if crop is not None and clearness > self.best.get(face.label, (0.0, crop))[0]:
            self.best[face.label] = clearness, crop

    def picture(self, state: State) -> _Crop | None:
        """The clearest face that shows a state; where none does, the clearest."""
        found = self.best.get(state) or max(self.best.values(), key=lambda each: each[0], default=None)
        return None if found is None else found[1]


class PeopleWriter(ResultWriter):
    """Follows the people of each video as `detector watch` does, and writes down who was seen.

    Args:
        names: Gives files their names.
        file: The name of the table.
        class_names: Class names by class id.

    Raises:
        UsageError: The weights have other classes than the three states.
    """

    has_pictures = True

    def __init__(self, names: OutputNames, file: str, class_names: tuple[str, ...]) -> None:
        check_class_names(class_names)
        self._names = names
        self._stack = ExitStack()
        self._file = self._stack.enter_context(open_text(self._stack.enter_context(writing(names.folder / file))))
        self._table = csv.writer(self._file)
        self._table.writerow(COLUMNS)
        self._begin()

    def _begin(self) -> None:
        """Begin with a video, of which nothing is known."""
        self._folder = PurePath(PEOPLE)  # of the pictures
        self._tracker = PeopleTracker()
        self._sightings: defaultdict[int, _Sightings] = defaultdict(_Sightings)
        self._rows: dict[int, tuple[State, list[str]]] = {}

    def prepare(self, frame: Frame, faces: Detections) -> list[_Crop | None]:
        """Cut the faces of a video out, small; None for one that lies outside the picture."""
        return [] if frame.seconds is None else [_cut(frame.image, face.xyxy) for face in faces]

    def write(self, frame: Frame, faces: Detections, prepared: list[_Crop | None] | None = None) -> None:
        """Take the faces of a frame of a video. In pictures there is nobody to follow."""
        if frame.seconds is None:
            return
        self._folder = PurePath(PEOPLE, frame.source.relative)
        seen = self._tracker.update(frame.seconds, faces, frame.image.shape)
        numbers = self._tracker.numbers()
        for face, crop in zip(faces, prepared or repeat(None), strict=False):
            if face.tracker_id in numbers:
                self._sightings[numbers[face.tracker_id]].add(face, crop)
        self._finish(seen.left)

    def end(self, outcome: Outcome) -> None:
        """Write the rows of a video, in the order of its people, and count them."""
        if outcome.kind in ("video", "camera"):
            self._finish(self._tracker.restart())
            outcome.files += self._names.take_claimed()
            pictures = _pictures(outcome)
            for number, (_, values) in sorted(self._rows.items()):
                self._table.writerow([outcome.source, number, *values, pictures.get(number, "")])
            states = count_states(state for state, _ in self._rows.values())
            outcome.people = {str(state): number for state, number in states.items()}
        self._begin()

    def close(self) -> None:
        """Finish the file."""
        self._stack.close()

    def _finish(self, people: Iterable[Person]) -> None:
        """Take down the people who have left."""
        for person in people:
            number = person.number or 0
            sightings, state = self._sightings.pop(number, _Sightings()), person.state
            confidence = "" if state is State.UNDECIDED else f"{person.decision.confidence():.4f}"
            times = [f"{seconds:.3f}" for seconds in (person.born, person.seen)]
            by_state = [f"{person.seconds[each]:.3f}" for each in State]
            tracks = " ".join(map(str, sorted(sightings.tracks)))
            self._rows[number] = state, [*times, str(sightings.frames), state, confidence, *by_state, tracks]
            if (picture := sightings.picture(state)) is not None:
                name = self._names.claim(self._folder / f"{number}.jpg")
                with writing(self._names.folder / name) as temporary:
                    temporary.write_bytes(to_jpeg(picture, str(self._folder)))


def _pictures(outcome: Outcome) -> dict[int, str]:
    """The picture of each person of a video, by number; a run that goes on finds those of the run before it."""
    paths = [PurePosixPath(name) for name in outcome.files]
    return {int(path.stem.split("-")[0]): str(path) for path in paths if path.parts[0] == PEOPLE}


def _cut(image: NDArray[np.uint8], xyxy: tuple[float, float, float, float]) -> _Crop | None:
    """A face with some of what is around it, as small as it is kept."""
    x1, y1, x2, y2 = xyxy
    dx, dy = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
    left, top = max(round(x1 - dx), 0), max(round(y1 - dy), 0)
    crop = image[top : max(round(y2 + dy), 0), left : max(round(x2 + dx), 0)]
    if not crop.size:
        return None
    scale = min(1.0, _LONGEST_SIDE / max(crop.shape[:2]))
    size = [max(1, round(side * scale)) for side in crop.shape[1::-1]]
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
