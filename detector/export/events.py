"""What an export reports while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converters.problems import Problem
    from detector.export.quantize import Attempt


@dataclass(frozen=True, slots=True)
class ExportEvents:
    """Functions that an export calls while it runs; by default they do nothing.

    Attributes:
        on_stage: Called with the name of each stage as it begins.
        on_image: Called with (pictures done, pictures in all).
        on_attempt: Called with every quantised network that was measured.
        on_problem: Called with every picture of the dataset that could not be used.
    """

    on_stage: Callable[[str], None] = lambda stage: None
    on_image: Callable[[int, int], None] = lambda done, total: None
    on_attempt: "Callable[[Attempt], None]" = lambda attempt: None
    on_problem: "Callable[[Problem], None]" = lambda problem: None
