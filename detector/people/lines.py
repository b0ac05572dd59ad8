"""Lines: how many people cross them, in which direction and in which state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.people.points import UNITS, in_pixels
from detector.people.settings import Line
from detector.people.states import Direction, State

Xyxy = tuple[float, float, float, float]
Place = tuple[float, float]

_GREY = (150, 150, 150)
# A face is on a side once its centre is so far from the line, in sizes of the face. Nearer, the side stays what it was:
# somebody who stands on the line, or whose box trembles, does not cross it again and again.
_BAND = 0.25
_WAIT_SECONDS = 3.0  # for somebody who crosses undecided; who is not decided by then was not seen well enough
_ARROW = 0.04  # of the picture's longer side


@dataclass(frozen=True, slots=True)
class Crossing:
    """One person crossed a line.

    Attributes:
        line: The name of the line.
        direction: In or out.
        number: The number of the person.
        state: The state; of somebody who was undecided then, the one that was decided within three seconds.
        clock: When, in seconds of the camera.
    """

    line: str
    direction: Direction
    number: int
    state: State
    clock: float


class LineCounter:
    """Follows on which side of each line of a camera people are.

    The centre of the face crosses, and both sides must have been seen: somebody who appears behind a line, as out of a
    door, has not crossed it. The way from the last place on one side to the first on the other counts, and is straight,
    also where the face was not seen meanwhile; it must pass between the two points of the line.

    Args:
        lines: As configured.
    """

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self._lines = tuple(lines)
        # By line and person: the last place on a side, as fractions of the picture, and whether it is the right side.
        self._places: dict[tuple[int, int], tuple[Place, bool]] = {}
        self._waiting: list[Crossing] = []

    def update(
        self,
        clock: float,
        seen: Mapping[int, Xyxy],
        states: Mapping[int, State],
        shape: tuple[int, ...],
        *,
        known: bool = True,
    ) -> tuple[Crossing, ...]:
        """Take the people of the next frame.

        Args:
            clock: When, in seconds.
            seen: The faces in this frame by the numbers of their people: left, top, right, bottom in pixels.
            states: The states of all people in view.
            shape: (height, width, ...) of the frame.
            known: Whether states are known; if not, nobody is waited for.

        Returns:
            The crossings that are certain by now, oldest first.
        """
        self._places = {key: place for key, place in self._places.items() if key[1] in states}
        for index, line in enumerate(self._lines):
            ends = ends_of(line, shape)
            for number, xyxy in seen.items():
                if (direction := self._cross(index, number, xyxy, ends, shape)) is not None:
                    self._waiting.append(Crossing(line.name, direction, number, State.UNDECIDED, clock))
        told, waiting = [], []
        for crossing in self._waiting:
            state = states.get(crossing.number)
            if known and state is State.UNDECIDED and clock - crossing.clock < _WAIT_SECONDS:
                waiting.append(crossing)
            else:
                told.append(replace(crossing, state=state or State.UNDECIDED))
        self._waiting = waiting
        return tuple(told)

    def restart(self) -> tuple[Crossing, ...]:
        """Forget everybody; the crossings that waited for a state have none."""
        told, self._waiting, self._places = tuple(self._waiting), [], {}
        return told

    def _cross(
        self, index: int, number: int, xyxy: Xyxy, ends: tuple[Place, Place], shape: tuple[int, ...]
    ) -> Direction | None:
        """The direction in which a person has crossed a line by this frame."""
        height, width = shape[:2]
        x1, y1, x2, y2 = xyxy
        place, size = ((x1 + x2) / 2, (y1 + y2) / 2), sqrt(max(x2 - x1, 1) * max(y2 - y1, 1))
        distance = _distance(place, ends)
        if abs(distance) < _BAND * size:
            return None
        key, is_right = (index, number), distance > 0
        before = self._places.get(key)
        self._places[key] = ((place[0] / width, place[1] / height), is_right)
        if before is None or before[1] == is_right:
            return None
        (x, y), _ = before
        if not _passes((x * width, y * height), place, ends):
            return None
        return Direction.IN if is_right else Direction.OUT


def ends_of(line: Line, shape: tuple[int, ...]) -> tuple[Place, Place]:
    """The two points of a line in pixels of a picture of a shape (height, width, ...)."""
    start, end = in_pixels(line.points, shape)
    return start, end


def misfit_of_lines(lines: Sequence[Line], shape: tuple[int, ...]) -> str | None:
    """Why a line in pixels cannot be meant for pictures of this size; None where all can.

    Args:
        lines: The lines.
        shape: (height, width, ...) of the picture.
    """
    height, width = shape[:2]
    for line in lines:
        if not any(0 <= x <= width and 0 <= y <= height for x, y in ends_of(line, shape)):
            return f"line {line.name!r} lies outside the picture of {width} x {height}; expected {UNITS}"
    return None


def draw_lines(image: NDArray[np.uint8], lines: Sequence[Line]) -> None:
    """Draw lines into a picture, BGR uint8 (H, W, 3), in place; an arrow shows which direction is in."""
    for line in lines:
        (x1, y1), (x2, y2) = ends_of(line, image.shape)
        middle, length = ((x1 + x2) / 2, (y1 + y2) / 2), hypot(x2 - x1, y2 - y1)
        reach = _ARROW * max(image.shape[:2]) / length
        tip = (middle[0] - (y2 - y1) * reach, middle[1] + (x2 - x1) * reach)
        cv2.line(image, _pixel((x1, y1)), _pixel((x2, y2)), _GREY, 2, cv2.LINE_AA)
        cv2.arrowedLine(image, _pixel(middle), _pixel(tip), _GREY, 2, cv2.LINE_AA, tipLength=0.4)


def _distance(place: Place, ends: tuple[Place, Place]) -> float:
    """The distance of a place from a line in pixels: above 0 on the right, as seen from the first point."""
    (x1, y1), (x2, y2) = ends
    return ((x2 - x1) * (place[1] - y1) - (y2 - y1) * (place[0] - x1)) / hypot(x2 - x1, y2 - y1)


def _passes(start: Place, end: Place, ends: tuple[Place, Place]) -> bool:
    """Whether a straight way from one side to the other passes between the two points of a line."""
    (x1, y1), (x2, y2) = ends
    before, after = _distance(start, ends), _distance(end, ends)
    part = before / (before - after)
    x, y = start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
    along = (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)
    return 0 <= along <= (x2 - x1) ** 2 + (y2 - y1) ** 2


def _pixel(place: Place) -> tuple[int, int]:
    return round(place[0]), round(place[1])
