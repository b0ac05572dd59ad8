"""Measures how often a camera is looked at."""

from collections import deque

_LONGEST, _SHORTEST = 5.0, 1.0  # seconds over which the rate is measured; the shortest at the beginning


class LookRate:
    """The looks at one camera per second, over the last five seconds of its frames."""

    def __init__(self) -> None:
        self._looks: deque[float] = deque()
        self._since: float | None = None

    def add(self, clock: float) -> None:
        """Count a look.

        Args:
            clock: When, in seconds; never less than before.
        """
        self._since = clock if self._since is None else self._since
        self._looks.append(clock)
        while self._looks[0] <= clock - _LONGEST:
            self._looks.popleft()

    def restart(self) -> None:
        """Measure anew, after a time without frames that says nothing about the frames after it."""
        self._looks.clear()
        self._since = None

    def per_second(self) -> float:
        """Looks per second, as of the newest one; 0 where there was none."""
        if self._since is None:
            return 0.0
        return len(self._looks) / min(max(self._looks[-1] - self._since, _SHORTEST), _LONGEST)
