"""The results of a run: annotated images and videos, tables, and one outcome for every input."""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from detector.detections import Detections
from detector.media.sources import Frame


@dataclass
class Outcome:
    """The outcome of one input.

    Attributes:
        source: The input.
        kind: "image", "video" or "camera"; None where nothing could be read.
        outcome: "read" to its end; "damaged": a video of which parts are missing; or "failed" or "interrupted". The
            results hold everything that was read.
        reason: Why it was not "read".
        note: What is odd about an input that was read.
        frames: How many frames were read from it; 1 for an image.
        faces: Faces per class, over all its frames.
        output: Its annotated copy, below the output folder.
        people: The people of a video by state, where they were followed.
        files: All files that were made of it alone, the copy among them, below the output folder.
    """

    source: str
    kind: Literal["image", "video", "camera"] | None = None
    outcome: Literal["read", "damaged", "failed", "interrupted"] = "read"
    reason: str | None = None
    frames: int = 0
    faces: dict[str, int] = field(default_factory=dict)
    output: str | None = None
    people: dict[str, int] | None = None
    files: list[str] = field(default_factory=list)
    note: str | None = None


@dataclass
class Totals:
    """The counts of a run so far.

    Attributes:
        outcomes: The number of inputs by outcome.
        frames: Images and frames of videos in which faces were looked for.
        faces: Faces per class.
        people: The people of all videos by state, where they were followed.
        left_out: Files of folders and globs that are neither pictures nor videos, by suffix.
        interrupted: The user ended the run before all inputs were read.
    """

    outcomes: Counter[str] = field(default_factory=lambda: Counter(read=0, damaged=0, failed=0, interrupted=0))
    frames: int = 0
    faces: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False


class ResultWriter(ABC):
    """Writes one kind of results as they come, with at most one frame in memory.

    Any method raises `OSError` or `OutputError` when the results cannot be written.

    Attributes:
        is_table: It writes one file for the whole run, which a run that is resumed writes anew from its journal. The
            files of other writers are there already.
        has_pictures: It writes pictures, so that it needs `prepare`.
    """

    is_table = True
    has_pictures = False

    def prepare(self, frame: Frame, faces: Detections) -> Any:
        """What takes long: drawing, encoding. Several threads may call this at once.

        Returns:
            What `write` is given.
        """
        return None

    @abstractmethod
    def write(self, frame: Frame, faces: Detections, prepared: Any = None) -> None:
        """Write the faces of the next frame.

        Args:
            frame: The frame.
            faces: What was found in it.
            prepared: What `prepare` gave; None: it was not called.
        """

    def end(self, outcome: Outcome) -> None:  # noqa: B027  (most writers have nothing to do)
        """Finish the results of an input. The writer of copies fills in `outcome.output`."""

    @abstractmethod
    def close(self) -> None:
        """Finish every file."""
