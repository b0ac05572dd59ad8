"""What was wrong with the input and what was done about it, collected so that nothing is silent."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from converters.errors import MaskDetectorError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not as it should be.

    Attributes:
        file: The picture or annotation file.
        object: Which object in the file, counted from 1 in the file's own order; None where the whole file is meant.
        kind: What sort of problem, a short fixed phrase that problems are counted by.
        value: What was found.
        action: What was done about it.
        left_out: True where a picture or an annotation file is missing from the result, False for a repair.
    """

    file: str
    object: int | None
    kind: str
    value: str
    action: str
    left_out: bool

    def __str__(self) -> str:
        where = self.file if self.object is None else f"{self.file}, object {self.object}"
        return f"{where}: {self.kind}: {self.value} ({self.action})"


class InputError(MaskDetectorError):
    """A picture or an annotation file cannot be used, and the caller asked to stop at the first such file."""


@dataclass
class Problems:
    """Collects problems in the order in which they are met.

    Attributes:
        strict: Raise at the first file that has to be left out.
        items: What was collected so far.
    """

    strict: bool = False
    items: list[Problem] = field(default_factory=list)

    def repaired(self, kind: str, file: Path, value: object, action: str, object: int | None = None) -> None:
        """Record something that was put right."""
        self.items.append(Problem(str(file), object, kind, str(value), action, left_out=False))

    def left_out(
        self, kind: str, file: Path, value: object, action: str = "left out", object: int | None = None
    ) -> None:
        """Record a picture or an annotation file that is missing from the result.

        Raises:
            InputError: The collector is strict.
        """
        problem = Problem(str(file), object, kind, str(value), action, left_out=True)
        self.items.append(problem)
        if self.strict:
            raise InputError(file, f"{kind}: {value}")

    @property
    def repairs(self) -> list[Problem]:
        """The problems that were put right."""
        return [item for item in self.items if not item.left_out]

    @property
    def omissions(self) -> list[Problem]:
        """The files that were left out."""
        return [item for item in self.items if item.left_out]

    def counts(self) -> dict[str, int]:
        """Number of problems of each kind, by kind."""
        return dict(sorted(Counter(item.kind for item in self.items).items()))
