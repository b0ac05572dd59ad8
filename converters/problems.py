"""Records what was wrong with the input, and what was done about it."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from converters.annotation import Box
from converters.errors import InputError

Resolution = Literal["repaired", "left out", "passed over"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that was not as it should be.

    Attributes:
        file: The picture or annotation file.
        object: Which object in the file, counted from 1 in the file's own order; None where the whole file is meant.
        kind: What sort of problem, a short fixed phrase that problems are counted by.
        value: What was found.
        action: What was done about it.
        outcome: "repaired"; "left out" for a picture or an annotation that should be in the result and is not; "passed
            over" for what is no part of the set, such as a picture without labels.
    """

    file: str
    object: int | None
    kind: str
    value: str
    action: str
    outcome: Resolution

    @property
    def left_out(self) -> bool:
        """Whether the result lacks something that it should have."""
        return self.outcome == "left out"

    def __str__(self) -> str:
        where = self.file if self.object is None else f"{self.file}, object {self.object}"
        return f"{where}: {self.kind}: {self.value} ({self.action})"


@dataclass
class Problems:
    """Collects problems in the order in which they are met.

    Attributes:
        strict: Raise at the first file that has to be left out.
        items: What was collected so far.
        notes: Decisions that the user should know of, one sentence each.
        warnings: What the user probably did not mean, one sentence each.
        two_labels: Faces with two labels, whose pictures are left out: the picture, and the two boxes in its pixels.
    """

    strict: bool = False
    items: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    two_labels: list[tuple[Path, Box, Box]] = field(default_factory=list)

    def repaired(self, kind: str, file: Path, value: object, action: str, object: int | None = None) -> None:
        """Record something that was put right."""
        self.items.append(Problem(str(file), object, kind, str(value), action, "repaired"))

    def passed_over(self, kind: str, file: Path, value: object, action: str = "not read") -> None:
        """Record a file that is there but is no part of the dataset."""
        self.items.append(Problem(str(file), None, kind, str(value), action, "passed over"))

    def left_out(
        self, kind: str, file: Path, value: object, action: str = "left out", object: int | None = None
    ) -> None:
        """Record a picture or an annotation that is missing from the result.

        Raises:
            InputError: The collector is strict.
        """
        self.items.append(Problem(str(file), object, kind, str(value), action, "left out"))
        if self.strict:
            raise InputError(file, f"{kind}: {value}")

    @property
    def repairs(self) -> list[Problem]:
        """The problems that were repaired."""
        return [item for item in self.items if item.outcome == "repaired"]

    @property
    def omissions(self) -> list[Problem]:
        """The problems because of which something was left out."""
        return [item for item in self.items if item.left_out]

    def counts(self, outcome: Resolution | None = None) -> dict[str, int]:
        """Number of problems of each kind, sorted by kind; of all outcomes unless one is named."""
        return dict(sorted(Counter(item.kind for item in self.items if outcome in (None, item.outcome)).items()))
