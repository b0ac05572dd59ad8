"""Counts by the minute."""

from collections import Counter

from detector.monitor.minutes import Minutes
from detector.people.states import MinuteCount, PeopleInView, State
from support.store_samples import NOON, UNDECIDED, WITH, WITHOUT, at


def view(seconds: float, **states: State) -> PeopleInView:
    return PeopleInView("door", at(seconds), {int(name[1:]): state for name, state in states.items()})


def stretch(end: float, length: float, state: State, known: bool = True) -> PeopleInView:
    """A frame with one person who was in view for so many seconds before it."""
    return PeopleInView("door", at(end), {1: state}, seconds={1: length}, known=known)


def total(parts: list[MinuteCount], minute: int = 0) -> tuple[int, dict[State, int], int, float]:
    chosen = [part for part in parts if part.minute == at(60 * minute)]
    counts: Counter[State] = Counter()
    for part in chosen:
        counts.update(part.counts)  # negative numbers too
    people, frames = sum(part.people for part in chosen), sum(part.frames for part in chosen)
    return people, {state: n for state, n in counts.items() if n}, frames, sum(part.seconds_up for part in chosen)


def test_parts_add_up_to_the_minute_whatever_people_become() -> None:
    minutes, parts = Minutes("door", NOON), []
    minutes.add_frame(view(1, p1=UNDECIDED))
    parts += minutes.take_minutes(at(2))[0]
    minutes.add_frame(view(3, p1=WITHOUT, p2=UNDECIDED))
    minutes.add_up_time(at(0.5), at(3))
    parts += minutes.take_minutes(at(4))[0]
    minutes.add_frame(view(5, p1=WITH))
    minutes.add_frame(view(70, p1=WITH))
    new, whole = minutes.take_minutes(at(71))
    parts += new
    assert total(parts) == (2, {WITH: 1, UNDECIDED: 1}, 3, 2.5)
    assert total(parts, 1)[:3] == (1, {WITH: 1}, 1)
    assert [(minute.people, minute.frames) for minute in whole] == [(2, 3)]


def test_time_in_each_state_is_added_up_and_split_at_the_minute() -> None:
    minutes = Minutes("door", NOON)
    minutes.add_frame(stretch(20, 3, WITHOUT))
    minutes.add_frame(stretch(40, 0.5, WITH))
    minutes.add_frame(stretch(61, 1.5, WITH))
    first, second = minutes.take_minutes(at(62))[0]
    assert first.seconds == {WITH: 1.0, WITHOUT: 3.0, State.MASK_WORN_INCORRECTLY: 0.0, UNDECIDED: 0.0}
    assert second.seconds is not None
    assert second.seconds[WITH] == 1.0


def test_time_in_which_states_were_not_known_is_apart() -> None:
    minutes = Minutes("door", NOON)
    minutes.add_frame(stretch(20, 2, UNDECIDED, known=False))
    minutes.add_frame(stretch(21, 1, UNDECIDED))
    ((part,), _) = minutes.take_minutes(at(30))
    assert (part.people, part.seconds_not_known) == (1, 2)
    assert part.seconds is not None
    assert sum(part.seconds.values()) == part.seconds[UNDECIDED] == 1


def test_minutes_without_anything_count() -> None:
    minutes = Minutes("door", at(30))
    parts, whole = minutes.take_minutes(at(200))
    assert [part.minute for part in parts] == [at(60 * i) for i in range(4)]
    assert [minute.minute for minute in whole] == [at(60 * i) for i in range(3)]
    assert all(part.seconds_up == part.frames == part.people == 0 for part in parts)
    assert minutes.take_minutes(at(200)) == ([], [])


def test_a_clock_that_is_set_for_the_first_time_makes_no_minutes_of_the_years_before() -> None:
    minutes = Minutes("door", NOON.replace(year=1970))
    parts, _ = minutes.take_minutes(NOON)
    assert [part.minute for part in parts] == [NOON.replace(year=1970), NOON]


def test_time_up_is_split_at_the_minute() -> None:
    minutes = Minutes("door", NOON)
    minutes.add_up_time(at(50), at(130))
    parts, _ = minutes.take_minutes(at(130))
    assert [part.seconds_up for part in parts] == [10, 60, 10]


def test_a_minute_stays_open_for_frames_on_their_way() -> None:
    minutes = Minutes("door", NOON)
    assert minutes.take_minutes(at(61))[1] == []
    minutes.add_frame(view(59.9, p1=WITH))
    assert minutes.take_minutes(at(62))[1][0].people == 1
    minutes.add_frame(view(59.95, p1=WITH))  # too late: counted in the next, not lost
    assert minutes.take_minutes(at(63), last=True)[1][0].frames == 1


def test_nothing_is_counted_after_the_last_minute() -> None:
    minutes = Minutes("door", NOON)
    minutes.take_minutes(at(10), last=True)
    minutes.add_frame(view(11, p1=WITH))
    minutes.add_up_time(at(10), at(12))
    assert minutes.take_minutes(at(13), last=True) == ([], [])
