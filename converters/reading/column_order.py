"""Whether the coordinates of a table are in the order that its header says.

The header of the medical-mask table says x1, x2, y1, y2, and the columns hold x1, y1, x2, y2. A right header with a
wrong row is more common, so a single row does not speak against the header.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Edges = tuple[str, str, str, str]

_FEWEST = 2  # rows that are boxes in the other order only, more than in the header's
_SHARE = 0.2  # of the rows, that are boxes in the other order only
_STRAY = 0.01  # of the rows, that may be boxes in the header's order only


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """How many rows are boxes in which order of their columns.

    Attributes:
        rows: Rows with four numbers.
        named: Those that are boxes as the header names the columns.
        positional: Those that are boxes if the columns are x1, y1, x2, y2 from left to right.
        both: Those that are boxes in both orders.
    """

    rows: int
    named: int
    positional: int
    both: int

    @property
    def header_is_wrong(self) -> bool:
        """Whether the columns are x1, y1, x2, y2 from left to right, and not what the header says."""
        only_named, only_positional = self.named - self.both, self.positional - self.both
        enough = only_positional - only_named >= _FEWEST and only_positional >= _SHARE * self.rows
        return enough and only_named <= _STRAY * self.rows

    @property
    def is_readable(self) -> bool:
        """Whether most rows are boxes in the order that is right."""
        return 2 * (self.positional if self.header_is_wrong else self.named) > self.rows or not self.rows

    def __str__(self) -> str:
        named, positional = (f"{count / self.rows:.1%}" for count in (self.named, self.positional))
        return f"by the header {named} of its rows are boxes, read as x1, y1, x2, y2 from left to right {positional}"


def order_evidence(tables: Sequence["pd.DataFrame"], named: Edges, positional: Edges) -> OrderEvidence:
    """Count the boxes in both orders, over all tables with one header.

    Args:
        tables: The tables, as text.
        named: The columns that the header names x1, y1, x2, y2.
        positional: The same columns from left to right.
    """
    import pandas as pd

    text = pd.concat([table[list(named)] for table in tables], ignore_index=True)
    numbers = text.apply(pd.to_numeric, errors="coerce").dropna()
    by_name, by_position = _are_boxes(numbers, named), _are_boxes(numbers, positional)
    both = int((by_name & by_position).sum())
    return OrderEvidence(len(numbers), int(by_name.sum()), int(by_position.sum()), both)


def _are_boxes(numbers: "pd.DataFrame", edges: Edges) -> "pd.Series[bool]":
    x1, y1, x2, y2 = (numbers[edge] for edge in edges)
    return (x1 < x2) & (y1 < y2)
