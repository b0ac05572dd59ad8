"""The writers by the names of their formats."""

from converters.writing import WriteFormat, coco, cvat, labelme, voc, yolo
from converters.writing.writer import Writer

WRITERS: dict[WriteFormat, Writer] = {"yolo": yolo, "coco": coco, "voc": voc, "labelme": labelme, "cvat": cvat}
