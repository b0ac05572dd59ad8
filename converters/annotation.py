"""Annotated pictures in memory: what every reader yields and the writer takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Units = Literal["pixels", "fractions"]
"""What coordinates are measured in: pixels of the picture, or parts of its width and height."""


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled rectangle.

    Attributes:
        x1: Left edge, in pixels of the picture as it is displayed; from a reader, in the units of its `AnnotatedImage`.
        y1: Top edge.
        x2: Right edge (exclusive: a box over the whole picture ends at its width).
        y2: Bottom edge.
        label: The source's own label until `labels.py` has mapped it, a class name afterwards.
        attributes: Names and values that the source gives the object beside its label, such as ("mask", "incorrect").
    """

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def width(self) -> float:
        """Width in pixels."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Height in pixels."""
        return self.y2 - self.y1


@dataclass(frozen=True, slots=True)
class AnnotatedImage:
    """A picture and the boxes on it.

    Attributes:
        path: The picture's file.
        boxes: Its boxes, in the order of the annotation file. Empty means background: somebody annotated the picture,
            and there is no face in it.
        size: (width, height) that the annotation claims, or None where the format does not say.
        annotation: The file the boxes were read from.
        split: "train", "val" or "test" where the source says so.
        units: What the coordinates of the boxes are measured in, as the format says.
        written_suffix: The suffix that the picture gets in a dataset where its own would not do: ".png" for a converted
            copy, another one for the same content. None: its own.
    """

    path: Path
    boxes: tuple[Box, ...]
    size: tuple[int, int] | None
    annotation: Path
    split: str | None = None
    units: Units = "pixels"
    written_suffix: str | None = None
