"""What every writer gets, and what it has."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from converters.annotation import Box


@dataclass(frozen=True, slots=True)
class WrittenPicture:
    """A picture that lies in the dataset already, and its faces.

    Attributes:
        name: Its file name. No two pictures of a dataset have the same name without suffix.
        split: "train", "val" or "test".
        size: (width, height) in pixels, as displayed.
        boxes: Its faces, in pixels, with class names as labels; none of them leaves the picture.
    """

    name: str
    split: str
    size: tuple[int, int]
    boxes: tuple[Box, ...]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return self.name.rpartition(".")[0]


class Writer(Protocol):
    """A module that writes one format.

    Attributes:
        FOLDERS: The folders of files that are named after pictures, by their paths below that of the dataset.
        FILES: The files that have the same name in every dataset, by their paths.
        PLAIN_NAMES: Whether names are kept free of what XML cannot hold and tools misread: control characters,
            backslashes, and spaces at an end.
    """

    FOLDERS: frozenset[str]
    FILES: frozenset[str]
    PLAIN_NAMES: bool

    def picture_folder(self, split: str) -> str:
        """The folder of a split's pictures, one of FOLDERS."""
        ...

    def write(self, folder: Path, pictures: Iterable[WrittenPicture]) -> None:
        """Write the annotations.

        Args:
            folder: The dataset's folder; the folders of the pictures exist.
            pictures: All pictures, those of train first and of test last. Each is put into its folder when it is taken.
        """
        ...


def number(value: float) -> str:
    """A coordinate in pixels as text: up to six decimals, as many as it needs."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
