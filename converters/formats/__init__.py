"""One reader for each annotation format; `readers.py` has them by name."""

from typing import Literal, get_args

Format = Literal[
    "voc",
    "json",
    "csv",
    "coco",
    "folders",
    "yolo",
    "labelme",
    "via",
    "label-studio",
    "createml",
    "datumaro",
    "labelbox",
    "vott",
    "supervisely",
    "huggingface",
    "cvat",
    "via-csv",
    "retinanet",
    "yolo-keras",
    "wider-face",
    "open-images",
    "oidv4",
    "kitti",
    "makesense",
    "detections",
    "coco-results",
]
FORMATS: tuple[Format, ...] = get_args(Format)
"""The names of the formats, as `--format` and datasets.yaml have them."""
