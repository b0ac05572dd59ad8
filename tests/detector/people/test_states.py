"""Counts of people."""

from detector.people.states import Direction, LineCount, State

IN, OUT = Direction.IN, Direction.OUT


def count(*crossed: tuple[Direction, State]) -> LineCount:
    line = LineCount()
    for direction, state in crossed:
        line = line.add(direction, state)
    return line


def test_crossings_are_counted_by_direction_and_state() -> None:
    line = count((IN, State.WITH_MASK), (IN, State.WITHOUT_MASK), (OUT, State.WITH_MASK))
    assert (line.total(IN), line.total(OUT), line.inside) == (2, 1, 1)
    assert line.by_state(IN) == {
        State.WITH_MASK: 1,
        State.WITHOUT_MASK: 1,
        State.MASK_WORN_INCORRECTLY: 0,
        State.UNDECIDED: 0,
    }


def test_who_was_inside_from_the_beginning_makes_nobody_negative() -> None:
    line = count((OUT, State.WITH_MASK), (OUT, State.WITH_MASK), (IN, State.WITH_MASK))
    assert (line.total(IN), line.total(OUT), line.inside) == (1, 2, 1)
