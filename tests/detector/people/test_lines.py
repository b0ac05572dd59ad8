"""Lines: people are counted once for each time that they cross, in the right direction and with their state."""

import math
import random

import numpy as np
import pytest

from detector.errors import UsageError
from detector.people.lines import Crossing, LineCounter, draw_lines, misfit_of_lines
from detector.people.settings import Line
from detector.people.states import Direction, State

WITH, WITHOUT, WRONG, UNDECIDED = State
SHAPE = (480, 640, 3)
DOWN = Line(points=((0.25, 0.5), (0.75, 0.5)), name="door")  # from left to right: who comes down goes in


class Walk:
    """People in front of a camera at ten frames a second."""

    def __init__(self, *lines: Line) -> None:
        self.lines = LineCounter(lines or (DOWN,))
        self.clock = 0.0
        self.told: list[Crossing] = []

    def see(self, *places: tuple[float, float], state: State = WITHOUT, shape: tuple[int, ...] = SHAPE) -> None:
        """One frame: the centres of the faces of persons 1, 2, ..., each of 60 pixels."""
        seen = {i: (x - 30, y - 30, x + 30, y + 30) for i, (x, y) in enumerate(places, 1)}
        self.told += self.lines.update(self.clock, seen, dict.fromkeys(seen, state), shape)
        self.clock += 0.1

    def go(self, start: tuple[float, float], end: tuple[float, float], steps: int = 10, state: State = WITHOUT) -> None:
        for i in range(steps + 1):
            self.see(*[tuple(a + (b - a) * i / steps for a, b in zip(start, end, strict=True))], state=state)

    @property
    def directions(self) -> str:
        return " ".join(crossing.direction for crossing in self.told)


def test_each_way_over_the_line_counts_once_and_in_its_direction() -> None:
    walk = Walk()
    walk.go((320, 100), (320, 400))
    walk.go((320, 400), (320, 100))
    walk.go((320, 100), (300, 380), steps=2)  # by more than the face between two looks
    assert walk.directions == "in out in"
    assert {(crossing.line, crossing.number, crossing.state) for crossing in walk.told} == {("door", 1, WITHOUT)}


@pytest.mark.parametrize(
    ("points", "start", "direction"),
    [
        (((0, 0.5), (1, 0.5)), (320, 100), "in"),  # from left to right: down is in
        (((1, 0.5), (0, 0.5)), (320, 100), "out"),
        (((0.5, 1), (0.5, 0)), (100, 240), "in"),  # from below: to the right of the picture is in
        (((0, 240), (640, 240)), (320, 100), "in"),  # in pixels
    ],
)
def test_in_is_to_the_right_of_the_line(points: tuple, start: tuple[float, float], direction: str) -> None:
    walk = Walk(Line(points=points))
    walk.go(start, (640 - start[0], 480 - start[1]))
    assert walk.directions == direction


def test_somebody_who_stands_on_the_line_or_trembles_is_not_counted_again_and_again() -> None:
    chance, walk = random.Random(0), Walk()
    walk.go((320, 100), (320, 238))
    for i in range(600):
        walk.see((320, 240 + 8 * math.sin(i) + chance.gauss(0, 1.5)))
    assert walk.directions == ""
    walk.go((320, 240), (320, 400))
    assert walk.directions == "in"
    for i in range(600):  # just behind the line
        walk.see((320, 262 + 12 * math.sin(i / 3)))
    assert walk.directions == "in"


def test_who_turns_back_at_the_line_or_passes_beside_it_is_not_counted() -> None:
    walk = Walk()
    walk.go((320, 100), (320, 236))
    walk.go((320, 236), (320, 100))
    for start, end in (((320, 100), (60, 240)), ((60, 240), (320, 400))):  # around its end
        walk.go(start, end)
    assert walk.directions == ""


def test_who_appears_behind_the_line_has_not_crossed_it_and_counts_on_the_way_back() -> None:
    walk = Walk()
    walk.go((320, 300), (320, 400))
    walk.go((320, 400), (320, 100))
    assert walk.directions == "out"


def test_a_face_that_is_not_seen_on_the_line_counts_when_it_is_seen_again() -> None:
    walk = Walk()
    walk.see((320, 150))
    walk.told += walk.lines.update(1.0, {}, {1: WITHOUT}, SHAPE)  # still in view, unseen
    walk.see((320, 330))
    assert walk.directions == "in"


def test_somebody_undecided_is_waited_for() -> None:
    walk = Walk()
    walk.go((320, 200), (320, 280), state=UNDECIDED)
    assert walk.told == []
    crossed = walk.clock
    walk.go((320, 280), (320, 290), state=WITH)
    ((direction, state, clock),) = [(each.direction, each.state, each.clock) for each in walk.told]
    assert (direction, state) == (Direction.IN, WITH)
    assert clock < crossed


def test_who_stays_undecided_or_leaves_is_counted_as_such() -> None:
    walk = Walk()
    walk.go((320, 200), (320, 280), state=UNDECIDED)
    walk.go((320, 280), (320, 300), steps=40, state=UNDECIDED)
    walk.go((320, 300), (320, 200), state=UNDECIDED)
    walk.told += walk.lines.update(walk.clock, {}, {}, SHAPE)  # has left
    assert [(each.direction, each.state) for each in walk.told] == [("in", UNDECIDED), ("out", UNDECIDED)]


def test_while_states_are_not_known_nobody_is_waited_for() -> None:
    counter = LineCounter([DOWN])
    for clock, y in ((0.0, 100), (1.0, 400)):
        told = counter.update(clock, {1: (290, y - 30, 350, y + 30)}, {1: UNDECIDED}, SHAPE, known=False)
    assert [each.state for each in told] == [UNDECIDED]


def test_after_a_restart_everybody_is_new_and_who_was_waited_for_is_told() -> None:
    walk = Walk()
    walk.go((320, 200), (320, 280), state=UNDECIDED)
    assert [each.state for each in walk.lines.restart()] == [UNDECIDED]
    walk.go((320, 100), (320, 120))
    assert walk.told == []


def test_people_are_told_apart_and_a_change_of_resolution_moves_nobody() -> None:
    walk = Walk()
    for i in range(11):
        walk.see((250, 100 + 30 * i), (400, 400 - 30 * i))
    assert sorted((each.number, each.direction) for each in walk.told) == [(1, "in"), (2, "out")]
    walk.see((500, 800), (800, 200), shape=(960, 1280, 3))
    walk.see((250, 400), (400, 100))
    assert len(walk.told) == 2


def test_two_lines_count_each_for_itself() -> None:
    walk = Walk(DOWN, Line(points=((0, 0.75), (1, 0.75)), name="till"))
    walk.go((320, 100), (320, 470), steps=20)
    assert [(each.line, each.direction) for each in walk.told] == [("door", "in"), ("till", "in")]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (((0, 0),), "two different points"),
        (((0, 0), (1, 0), (1, 1)), "two different points"),
        (((0.5, 0.5), (0.5, 0.5)), "two different points"),
        (((0, -1), (1, 1)), "coordinates from 0"),
        (((0, 0.5), (1.2, 0.5)), "fractions of the picture"),
        (((0, math.nan), (1, 1)), "coordinates from 0"),
    ],
)
def test_what_is_no_line_is_refused(points: tuple, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        Line(points=points)


def test_a_line_outside_the_picture_cannot_be_meant() -> None:
    assert misfit_of_lines([DOWN, Line(points=((0, 240), (900, 240)))], SHAPE) is None
    assert str(misfit_of_lines([Line(points=((900, 100), (900, 400)), name="till")], SHAPE)).startswith(
        "line 'till' lies outside the picture of 640 x 480"
    )


def test_the_arrow_points_to_where_in_is() -> None:
    image = np.zeros(SHAPE, np.uint8)
    draw_lines(image, [DOWN])
    assert image[240, 320].any()
    assert image[245:270].any()
    assert not image[:235].any()
