"""Decides the state of one person by many looks at the face, so that no single frame decides.

Each look votes for the class that the face was given. Its weight is its confidence times the seconds that it stands
for: those since the look before it, at most 1 / `min_fps`. So decisions take the same time at every frame rate.

- An undecided person is decided after `first_seconds` of looks, if one state has the `share` of the latest ones.
- A decided person changes once there is a run of the latest looks in which another state has the `share`, and leads all
  others together by `change_seconds`, or more where earlier looks at this person were often wrong. Otherwise the
  decision stays, so that it does not flicker. This is a sequential test (CUSUM, Page 1954).
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass

from detector.people.settings import DecisionSettings
from detector.people.states import State

_MEMORY_SECONDS = 30.0  # so long, looks tell how often this person's looks are wrong
_FIRST_MEMORY = 2.0  # an undecided person is decided by the looks of so many times `change_seconds`
# Looks are expected to be wrong with this probability, a belief worth so many seconds of looks.
_EXPECTED_ERROR, _BELIEF_SECONDS = 0.1, 2.0
_MOST_CAUTION = 3.0
_TICK = 1e-6  # sums of times and of scores are not exact


@dataclass(frozen=True, slots=True)
class _Vote:
    clock: float
    state: State
    score: float
    seconds: float

    @property
    def weight(self) -> float:
        return self.score * self.seconds


class Decision:
    """The votes about one person, and what they decided.

    Args:
        settings: When votes decide.

    Attributes:
        state: The decision so far.
    """

    def __init__(self, settings: DecisionSettings) -> None:
        self.state = State.UNDECIDED
        self._settings = settings
        self._votes: deque[_Vote] = deque()

    def vote(self, clock: float, state: State, score: float) -> None:
        """Count a vote.

        Args:
            clock: When, in seconds; never less than before.
            state: The state that it is for.
            score: Its confidence, 0 to 1.
        """
        votes = self._votes
        elapsed = clock - votes[-1].clock if votes else 0.0
        votes.append(_Vote(clock, state, score, min(elapsed, self._settings.longest_step)))
        while clock - votes[0].clock > _MEMORY_SECONDS:
            votes.popleft()

    def repeat(self, clock: float) -> None:
        """Count the last vote again, for a picture that shows what the last one did; only if it was for the decision.

        So decisions are the same as if every picture had been looked at. A vote against the decision is not repeated: a
        single look that was wrong would win by it.

        Args:
            clock: When, in seconds; never less than before.
        """
        if self._votes and not self.is_open():
            self.vote(clock, self._votes[-1].state, self._votes[-1].score)

    def decide(self) -> bool:
        """Decide by the votes so far, after each new one; returns whether the state changed."""
        after = self._first_winner() if self.state is State.UNDECIDED else self._challenger()
        self.state = after or self.state
        return after is not None

    def is_open(self) -> bool:
        """Whether there were votes, and the last one was not for the decision."""
        return bool(self._votes) and self._votes[-1].state is not self.state

    def confidence(self) -> float:
        """The mean score of the votes for the state."""
        scores = [vote.score for vote in self._votes if vote.state is self.state]
        return sum(scores) / len(scores) if scores else 0.0

    def take_over(self, other: "Decision") -> None:
        """Add the votes about another track, which turned out to be the same person."""
        self._votes = deque(sorted([*self._votes, *other._votes], key=lambda vote: vote.clock))

    def _first_winner(self) -> State | None:
        settings = self._settings
        since = self._votes[-1].clock - _FIRST_MEMORY * settings.change_seconds
        latest = [vote for vote in self._votes if vote.clock >= since]
        if sum(vote.seconds for vote in latest) < settings.first_seconds - _TICK:
            return None
        weights: defaultdict[State, float] = defaultdict(float)
        for vote in latest:
            weights[vote.state] += vote.weight
        winner = max(weights, key=lambda state: weights[state])
        return winner if weights[winner] >= settings.share * sum(weights.values()) else None

    def _challenger(self) -> State | None:
        """The state that replaces the present one, if any: only that of the latest vote can have gained the lead."""
        votes, settings = self._votes, self._settings
        challenger = votes[-1].state
        if challenger is self.state:
            return None
        earlier = sum(vote.seconds for vote in votes)
        wrong = sum(vote.seconds for vote in votes if vote.state is not self.state)
        mean = sum(vote.score for vote in votes) / len(votes)
        lead = total = 0.0
        for length, vote in enumerate(reversed(votes), 1):
            total += vote.weight
            lead += vote.weight if vote.state is challenger else -vote.weight
            earlier -= vote.seconds
            wrong -= vote.seconds if vote.state is not self.state else 0.0
            for_it = (total + lead) / 2  # the weight of the votes for the challenger
            enough = lead >= settings.change_seconds * mean * _caution(wrong, earlier) - _TICK
            if enough and for_it >= settings.share * total:
                self._votes = deque(list(votes)[-length:])  # the votes before it were about the former state
                return challenger
        return None


def _caution(wrong: float, seconds: float) -> float:
    """How much more evidence a change takes where looks at this person were often wrong, from 1 to `_MOST_CAUTION`.

    A look that is wrong with probability e is worth log((1 - e) / e) in a sequential test (Wald 1945).

    Args:
        wrong: The seconds of earlier looks that voted against the decision.
        seconds: The seconds of all earlier looks.
    """
    error = (wrong + _EXPECTED_ERROR * _BELIEF_SECONDS) / (seconds + _BELIEF_SECONDS)
    if error >= 0.5:
        return _MOST_CAUTION
    worth = math.log((1 - error) / error)
    return min(max(math.log(1 / _EXPECTED_ERROR - 1) / worth, 1.0), _MOST_CAUTION)
