"""Where results go: annotated pictures and videos, tables, and one outcome for every input."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, Protocol

from detector.detections import Detections
from detector.media.sources import Frame


@dataclass
class Outcome:
    """What became of one input.

    Attributes:
        source: The input.
        kind: "image", "video" or "camera"; None where nothing could be read.
        outcome: "read" to its end; "failed" or "interrupted" before, what came before that being in the results.
        reason: Why it failed.
        frames: How many pictures were read from it.
        faces: Faces per class, over all its frames.
        output: Its annotated copy, below the output folder.
    """

    source: str
    kind: Literal["image", "video", "camera"] | None = None
    outcome: Literal["read", "failed", "interrupted"] = "read"
    reason: str | None = None
    frames: int = 0
    faces: dict[str, int] = field(default_factory=dict)
    output: str | None = None


@dataclass
class Totals:
    """What a run has come to so far.

    Attributes:
        outcomes: The number of inputs by outcome.
        frames: Pictures and frames of videos that faces were looked for in.
        faces: Faces per class.
        interrupted: The user ended the run before its inputs did.
    """

    outcomes: Counter[str] = field(default_factory=lambda: Counter(read=0, failed=0, interrupted=0))
    frames: int = 0
    faces: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False


class ResultWriter(Protocol):
    """Something that keeps results; it holds no more than one frame in memory."""

    def write(self, frame: Frame, faces: Detections) -> None:
        """Keep the faces of the next frame."""

    def end(self, outcome: Outcome) -> None:
        """Note that an input is finished, whole or not; its copy's name is filled in."""

    def close(self) -> None:
        """Finish every file, so that whole files remain."""
