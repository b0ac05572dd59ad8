"""Decides the state of one person by the votes of several frames, so that no single frame decides.

The weight of a vote is its confidence. The votes of the last `window_seconds` count, and always the last `6 * needed`
votes, for slow cameras.

- An undecided person is decided once there are `needed` votes, spread over a quarter of the window, and one state has
  the `share` of them.
- A decided person changes once there is a run of the latest votes, over the window or longer, in which another state
  has the `share`, and leads all others together by `3 * needed` votes of mean weight. Otherwise the decision stays, so
  that it does not flicker. This is a sequential test (CUSUM, Page 1954). At the same rate of false alarms, it detects a
  change earlier than a share of a fixed number of votes.
"""

from collections import defaultdict, deque
from dataclasses import dataclass

from detector.people.settings import DecisionSettings
from detector.people.states import State

# In units of `needed` votes: how many are kept, and the lead that a change takes.
_KEPT = 6
_LEAD = 3.0
# A first decision takes at least this part of the window: neighbouring frames of a fast camera make the same errors.
_FIRST_SPREAD = 0.25
_TICK = 1e-6  # sums of times and of scores are not exact


@dataclass(frozen=True, slots=True)
class _Vote:
    clock: float
    state: State
    score: float


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
            score: Its weight, 0 to 1.
        """
        votes, settings = self._votes, self._settings
        votes.append(_Vote(clock, state, score))
        while len(votes) > _KEPT * settings.needed and clock - votes[1].clock >= settings.window_seconds:
            votes.popleft()

    def decide(self) -> bool:
        """Decide by the votes so far, after each new one; returns whether the state changed."""
        after = self._first_winner() if self.state is State.UNDECIDED else self._challenger()
        self.state = after or self.state
        return after is not None

    def confidence(self) -> float:
        """The mean score of the votes for the state."""
        scores = [vote.score for vote in self._votes if vote.state is self.state]
        return sum(scores) / len(scores) if scores else 0.0

    def take_over(self, other: "Decision") -> None:
        """Add the votes about another track, which turned out to be the same person."""
        self._votes = deque(sorted([*self._votes, *other._votes], key=lambda vote: vote.clock))

    def _first_winner(self) -> State | None:
        votes, settings = self._votes, self._settings
        spread = votes[-1].clock - votes[0].clock
        if len(votes) < settings.needed or spread < _FIRST_SPREAD * settings.window_seconds:
            return None
        weights: defaultdict[State, float] = defaultdict(float)
        for vote in votes:
            weights[vote.state] += vote.score
        winner = max(weights, key=lambda state: weights[state])
        return winner if weights[winner] >= settings.share * sum(weights.values()) else None

    def _challenger(self) -> State | None:
        """The state that replaces the present one, if any: only that of the latest vote can have gained the lead."""
        votes, settings = self._votes, self._settings
        challenger, now = votes[-1].state, votes[-1].clock
        if challenger is self.state:
            return None
        mean = sum(vote.score for vote in votes) / len(votes)
        lead = total = 0.0
        for vote in reversed(votes):
            total += vote.score
            lead += vote.score if vote.state is challenger else -vote.score
            ahead = lead >= _LEAD * settings.needed * mean - _TICK
            long = now - vote.clock >= settings.window_seconds - _TICK
            for_it = (total + lead) / 2  # the weight of the votes for the challenger
            if ahead and long and for_it >= settings.share * total:
                return challenger
        return None
