"""The formats by name: the reader of each, and the test by which one file of it is recognised."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from converters.annotation import AnnotatedImage
from converters.formats import (
    box_csv,
    box_json,
    coco,
    coco_results,
    createml,
    cvat,
    datumaro,
    detections_csv,
    folders,
    huggingface,
    kitti,
    label_studio,
    labelbox,
    labelme,
    makesense_csv,
    oidv4_txt,
    open_images,
    retinanet_csv,
    supervisely,
    via,
    via_csv,
    voc,
    vott,
    wider_face,
    yolo_keras_txt,
    yolo_source,
)
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource

if TYPE_CHECKING:
    from lxml.etree import _Element

Reader = Callable[[AnnotationSource, Problems], Iterator[AnnotatedImage]]

READERS: dict[str, Reader] = {
    "voc": voc.read,
    "json": box_json.read,
    "csv": box_csv.read,
    "coco": coco.read,
    "folders": folders.read,
    "yolo": yolo_source.read,
    "labelme": labelme.read,
    "via": via.read,
    "label-studio": label_studio.read,
    "createml": createml.read,
    "datumaro": datumaro.read,
    "labelbox": labelbox.read,
    "vott": vott.read,
    "supervisely": supervisely.read,
    "huggingface": huggingface.read,
    "cvat": cvat.read,
    "via-csv": via_csv.read,
    "retinanet": retinanet_csv.read,
    "yolo-keras": yolo_keras_txt.read,
    "wider-face": wider_face.read,
    "open-images": open_images.read,
    "oidv4": oidv4_txt.read,
    "kitti": kitti.read,
    "makesense": makesense_csv.read,
    "detections": detections_csv.read,
    "coco-results": coco_results.read,
}
JSON_FORMATS: dict[str, Callable[[object], bool]] = {
    "coco": coco.is_annotation,
    "json": box_json.is_annotation,
    "labelme": labelme.is_annotation,
    "via": via.is_annotation,
    "label-studio": label_studio.is_annotation,
    "createml": createml.is_annotation,
    "datumaro": datumaro.is_annotation,
    "labelbox": labelbox.is_annotation,
    "vott": vott.is_annotation,
    "supervisely": supervisely.is_annotation,
    "huggingface": huggingface.is_annotation,
    "coco-results": coco_results.is_annotation,
}
XML_FORMATS: dict[str, "Callable[[_Element], bool]"] = {
    "voc": voc.is_annotation,
    "cvat": cvat.is_annotation,
}
TEXT_FORMATS: dict[str, Callable[[Sequence[str]], bool]] = {
    "csv": box_csv.is_annotation,
    "yolo": yolo_source.is_annotation,
    "via-csv": via_csv.is_annotation,
    "retinanet": retinanet_csv.is_annotation,
    "yolo-keras": yolo_keras_txt.is_annotation,
    "wider-face": wider_face.is_annotation,
    "open-images": open_images.is_annotation,
    "oidv4": oidv4_txt.is_annotation,
    "kitti": kitti.is_annotation,
    "makesense": makesense_csv.is_annotation,
    "detections": detections_csv.is_annotation,
}
