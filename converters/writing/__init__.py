"""The formats that a dataset can be written in: one writer in a file of its own for each."""

from typing import Literal, get_args

WriteFormat = Literal["yolo", "coco", "voc", "labelme", "cvat"]
WRITE_FORMATS: tuple[str, ...] = get_args(WriteFormat)
"""Names of the formats, each that of the file in this folder."""
