"""One reader for each annotation format; `converters.recognition` has them by name."""

from typing import Literal, get_args

Format = Literal["voc", "json", "csv", "coco", "folders", "yolo"]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The names of the formats, as `--format` and datasets.yaml have them."""
