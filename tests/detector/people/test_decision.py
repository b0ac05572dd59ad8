import random

import pytest

from detector.people.decision import Decision
from detector.people.settings import DecisionSettings
from detector.people.states import State

MASK, BARE, WRONG = State.WITH_MASK, State.WITHOUT_MASK, State.MASK_WORN_INCORRECTLY


class Camera:
    """Votes of one person at a frame rate."""

    def __init__(self, fps: float, settings: DecisionSettings | None = None) -> None:
        self.decision = Decision(settings or DecisionSettings())
        self.fps, self.clock = fps, 0.0

    def see(self, state: State, frames: int = 1, score: float = 0.8) -> list[float]:
        """Times of the decisions that these frames lead to, in seconds from the first."""
        began, times = self.clock, []
        for _ in range(frames):
            self.decision.vote(self.clock, state, score)
            if self.decision.decide():
                times.append(self.clock - began)
            self.clock += 1 / self.fps
        return times


@pytest.mark.parametrize("fps", [5, 10, 25, 60])
def test_a_first_decision_takes_the_same_time_at_every_rate(fps: float) -> None:
    camera = Camera(fps)
    (seconds,) = camera.see(BARE, 100)
    assert 0.7 - 1e-6 <= seconds < 0.7 + 1 / fps
    assert camera.decision.state is BARE
    assert camera.decision.confidence() == pytest.approx(0.8)


@pytest.mark.parametrize("fps", [5, 10, 25, 60])
def test_a_clear_change_takes_the_same_time_at_every_rate(fps: float) -> None:
    camera = Camera(fps)
    camera.see(BARE, 20 * int(fps))
    (seconds,) = camera.see(MASK, 20 * int(fps))
    assert 1.5 - 1 / fps - 1e-6 <= seconds <= 1.5 + 1e-6
    assert camera.decision.state is MASK


@pytest.mark.parametrize("frames", [1, 5])
def test_few_frames_decide_nothing(frames: int) -> None:
    camera = Camera(10)
    assert camera.see(BARE, frames) == []
    assert camera.decision.state is State.UNDECIDED


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_a_short_glitch_changes_nothing(fps: float) -> None:
    camera = Camera(fps)
    camera.see(MASK, 100)
    for state in (BARE, WRONG) * 5:
        assert camera.see(state, round(1.2 * fps)) == []  # more than a second of nothing but wrong labels
        assert camera.see(MASK, 2 * int(fps)) == []


@pytest.mark.parametrize("fps", [5, 10, 15, 25])
@pytest.mark.parametrize("wrong", [(BARE,), (BARE, WRONG)])
def test_thirty_percent_of_wrong_labels_do_not_change_a_decision(fps: float, wrong: tuple[State, ...]) -> None:
    rng = random.Random(round(fps))
    camera = Camera(fps)
    camera.see(MASK, 100)
    for _ in range(round(3600 * fps) if fps <= 10 else 20_000):
        state = rng.choice(wrong) if rng.random() < 0.3 else MASK
        assert camera.see(state, 1, rng.uniform(0.3, 0.95)) == []


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_a_change_is_seen_through_noise_and_once(fps: float) -> None:
    rng = random.Random(1)

    def noisy(camera: Camera, state: State, frames: int) -> list[float]:
        times = []
        for i in range(frames):
            seen = rng.choice([MASK, BARE, WRONG]) if rng.random() < 0.2 else state
            times += [i / fps for _ in camera.see(seen, 1, rng.uniform(0.3, 0.95))]
        return times

    for _ in range(20):
        camera = Camera(fps)
        assert len(noisy(camera, BARE, int(10 * fps))) == 1
        assert camera.decision.state is BARE
        (seconds,) = noisy(camera, WRONG, int(30 * fps))
        assert seconds < 40 / fps + 4
        assert camera.decision.state is WRONG


def test_divided_votes_decide_nothing() -> None:
    camera = Camera(10)
    for _ in range(100):
        camera.see(MASK, 2)
        camera.see(BARE, 2)
    assert camera.decision.state is State.UNDECIDED


def test_votes_weigh_as_much_as_their_score() -> None:
    camera = Camera(10, DecisionSettings(share=0.7))
    for _ in range(20):  # two weak votes for each strong one
        camera.see(MASK, 2, score=0.3)
        camera.see(BARE, 1, score=0.9)
    assert camera.decision.state is State.UNDECIDED
    for _ in range(20):
        camera.see(MASK, 2, score=0.9)
        camera.see(BARE, 1, score=0.3)
    assert camera.decision.state is MASK


def test_weak_scores_decide_as_strong_ones_do() -> None:
    for score in (0.26, 0.95):
        camera = Camera(10)
        camera.see(BARE, 50, score)
        assert camera.see(MASK, 50, score) == pytest.approx([1.4], abs=0.01)


def test_memory_is_bounded() -> None:
    camera = Camera(25)
    camera.see(MASK, 5000)
    assert len(camera.decision._votes) <= 25 * 30 + 1


def test_a_look_after_a_gap_counts_no_more_than_one_at_the_lowest_rate() -> None:
    camera = Camera(10)
    camera.see(BARE, 50)
    camera.clock += 3.5
    assert camera.see(MASK, 3) == []  # 0.25 s for the first, 0.1 s for each other
    assert camera.see(MASK, 20) == pytest.approx([1.0], abs=0.01)


def test_a_change_takes_longer_where_looks_are_often_wrong() -> None:
    seconds = []
    for wrong in (0, 1, 2):
        camera = Camera(10)
        for _ in range(30):
            camera.see(BARE, 10 - wrong)
            camera.see(MASK, wrong)
        assert camera.decision.state is BARE
        seconds += camera.see(MASK, 100)
    assert seconds[0] < seconds[1] + 0.3 < seconds[2]


def test_settings_are_obeyed() -> None:
    camera = Camera(10, DecisionSettings(first_seconds=0.3, change_seconds=0.8))
    assert camera.see(BARE, 50) == pytest.approx([0.3], abs=0.01)
    assert camera.see(MASK, 50) == pytest.approx([0.7], abs=0.01)
    strict = Camera(10, DecisionSettings(share=1.0))
    for _ in range(50):
        strict.see(BARE, 9)
        strict.see(MASK, 1)
    assert strict.decision.state is BARE  # the first nine were of one mind, and nobody has been since


def test_a_change_is_decided_at_the_same_time_with_looks_and_with_repeated_votes() -> None:
    looks, repeated = Camera(10), Camera(10)
    # Looks that were wrong now and then make the next decision more careful, in both alike.
    for camera in (looks, repeated):
        for _ in range(4):
            camera.see(BARE, 12)
            camera.see(MASK, 2)
            camera.see(BARE, 1)
    looks.see(BARE, 100)
    for _ in range(100):
        repeated.decision.repeat(repeated.clock)
        repeated.clock += 1 / repeated.fps
    assert looks.see(MASK, 60) == pytest.approx(repeated.see(MASK, 60))
    assert looks.decision.state is repeated.decision.state is MASK


def test_a_vote_against_the_decision_is_not_repeated() -> None:
    camera = Camera(10)
    camera.see(BARE, 50)
    camera.see(MASK, 1)
    for step in range(100):
        camera.decision.repeat(camera.clock + step / camera.fps)
        assert not camera.decision.decide()
    assert camera.decision.state is BARE


def test_nothing_is_repeated_before_the_first_vote() -> None:
    decision = Decision(DecisionSettings())
    decision.repeat(0.0)
    assert decision.confidence() == 0.0
    assert not decision.is_open()
