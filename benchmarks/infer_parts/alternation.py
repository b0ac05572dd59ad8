"""Sides that take turns, and how they compare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

Value = TypeVar("Value")


def take_turns(sides: Sequence[Callable[[], Value]], rounds: int) -> list[tuple[Value, ...]]:
    """Let every side have its turn in every round, in an order that is turned round each time.

    Args:
        sides: Each does its work and returns what was measured.
        rounds: How many turns each has.

    Returns:
        For each side its values, round by round.
    """
    values: list[list[Value]] = [[] for _ in sides]
    for number in range(rounds):
        order = range(len(sides))
        for index in order if number % 2 == 0 else reversed(order):
            values[index].append(sides[index]())
    return [tuple(column) for column in values]


@dataclass(frozen=True, slots=True)
class Ratio:
    """How the values of two sides compare, round by round.

    Attributes:
        ours: What the first side reached in each round.
        theirs: What the second reached in the same rounds.
    """

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def each(self) -> tuple[float, ...]:
        """The ratio of every round."""
        return tuple(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    def cells(self) -> tuple[str, str, str]:
        """Columns of a table: both medians, and the ratio."""
        return figure(median(self.ours)), figure(median(self.theirs)), str(self)

    def __str__(self) -> str:
        middle = median(self.each)
        digits = 2 if middle >= 0.1 else 3
        return f"{middle:.{digits}f} ({min(self.each):.{digits}f} to {max(self.each):.{digits}f})"


def figure(value: float) -> str:
    """A number with three digits, or with all those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:#.3g}"


def table(title: str, *head: str) -> None:
    """Begin a table."""
    print(f"\n### {title}\n\n| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|", flush=True)


def row(*cells: str) -> None:
    """Print a row as soon as it is known: some take minutes."""
    print("| " + " | ".join(cells) + " |", flush=True)
