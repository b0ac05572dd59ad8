"""The options of a conversion. Nothing heavy is imported here, since the command line needs them for `--help`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from converters.formats import Format
from converters.writing import WriteFormat

Link = Literal["copy", "hardlink", "symlink"]
"""How pictures get into a dataset."""

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and how much there is."""

DEFAULT_SPLIT = "70/15/15"


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """What to convert, and how.

    Attributes:
        source: Folder or single annotation file.
        out: The dataset's folder; needed unless the set is only checked.
        to: The format to write.
        dataset: Name of a known dataset; without it the format is `format`, or recognised.
        format: One of FORMATS; None: recognised.
        images: Folder with the pictures, where they are not below the source.
        classes: Class for each label; takes precedence over the known dataset.
        ignored: Labels to leave out.
        split: `70/15/15`, `80/20`, or a CSV file; None for the split that the set comes with, or else
            DEFAULT_SPLIT.
        seed: Another seed gives another split.
        link: How pictures get into the dataset.
        strict: Stop at the first file that would be left out.
        quick: Open pictures for their size only: no check that they can be decoded, no search for same scenes.
        overwrite: Replace an earlier conversion; files in its folder that it did not write stay.
    """

    source: Path
    out: Path | None = None
    to: WriteFormat = "yolo"
    dataset: str | None = None
    format: Format | None = None
    images: Path | None = None
    classes: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    split: str | None = None
    seed: int = 0
    link: Link = "copy"
    strict: bool = False
    quick: bool = False
    overwrite: bool = False
