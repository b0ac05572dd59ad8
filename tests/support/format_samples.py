"""The smallest set of each annotation format: a picture with one face, the same in all of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from support.annotated_sets import voc_xml
from support.json_annotations import DOCUMENTS, FACE

_BBOX = [40, 50, 80, 100]
_COCO_IMAGE = {"id": 1, "file_name": "1.jpg", "width": 320, "height": 240}


@dataclass(frozen=True)
class Sample:
    """A set of one picture, 320 x 240, with the face of `support.json_annotations`.

    Attributes:
        files: Text of each annotation file, by its path below the source.
        picture: The picture's path below the source.
        label: The label that the reader gives the face.
    """

    files: Mapping[str, str]
    picture: str = "images/1.jpg"
    label: str = "with_mask"


SAMPLES = {
    "voc": Sample({"annotations/1.xml": voc_xml("1.jpg", [("with_mask", *FACE)])}),
    "json": Sample(
        {
            "1.jpg.json": json.dumps(
                {"FileName": "1.jpg", "Annotations": [{"BoundingBox": list(FACE), "classname": "with_mask"}]}
            )
        }
    ),
    "csv": Sample({"boxes.csv": "filename,xmin,ymin,xmax,ymax,class\n1.jpg,40,50,120,150,with_mask\n"}),
    "coco": Sample(
        {
            "instances.json": json.dumps(
                {
                    "images": [_COCO_IMAGE],
                    "annotations": [{"id": 1, "image_id": 1, "category_id": 0, "bbox": _BBOX}],
                    "categories": [{"id": 0, "name": "with_mask"}],
                }
            )
        }
    ),
    "folders": Sample({}, picture="with_mask/1.jpg"),
    "yolo": Sample(
        {"data.yaml": "train: images\nnames: [with_mask]\n", "labels/1.txt": "0 0.25 0.416666667 0.25 0.416666667\n"}
    ),
    "cvat": Sample(
        {
            "annotations.xml": '<annotations><version>1.1</version><image id="0" name="1.jpg" width="320" height="240">'
            '<box label="with_mask" xtl="40" ytl="50" xbr="120" ybr="150"/></image></annotations>'
        }
    ),
    "via-csv": Sample(
        {
            "via_region_data.csv": "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
            'region_attributes\n1.jpg,1,"{}",1,0,"{""name"":""rect"",""x"":40,""y"":50,""width"":80,""height"":100}",'
            '"{""class"":""with_mask""}"\n'
        }
    ),
    "retinanet": Sample({"_annotations.csv": "1.jpg,40,50,120,150,with_mask\n"}),
    "yolo-keras": Sample({"_annotations.txt": "1.jpg 40,50,120,150,0\n", "_classes.txt": "with_mask\n"}),
    "wider-face": Sample(
        {"wider_face_split/wider_face_train_bbx_gt.txt": "0--Parade/1.jpg\n1\n40 50 80 100 0 0 0 0 0 0 \n"},
        picture="WIDER_train/images/0--Parade/1.jpg",
        label="face",
    ),
    "open-images": Sample(
        {
            "train-annotations-bbox.csv": "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,"
            "IsTruncated,IsGroupOf,IsDepiction,IsInside\n1,xclick,/m/0dzct,1,0.125,0.375,0.208333333,0.625,0,0,0,0,0\n",
            "class-descriptions-boxable.csv": "/m/0dzct,Human face\n",
        },
        label="Human face",
    ),
    "oidv4": Sample(
        {"train/Human face/Label/1.txt": "Human face 40.0 50.0 120.0 150.0\n"},
        picture="train/Human face/1.jpg",
        label="Human face",
    ),
    "kitti": Sample(
        {"training/label_2/1.txt": "face 0.00 0 -10 40 50 120 150 -1 -1 -1 -1000 -1000 -1000 -10\n"},
        picture="training/image_2/1.jpg",
        label="face",
    ),
    "makesense": Sample({"labels_my-project.csv": "with_mask,40,50,80,100,1.jpg,320,240\n"}),
    "detections": Sample(
        {
            "detections.csv": "source,frame,seconds,label,confidence,x1,y1,x2,y2,tracker_id\n"
            "images/1.jpg,0,,with_mask,0.9812,40.00,50.00,120.00,150.00,\n"
        }
    ),
    "coco-results": Sample(
        {"predictions.json": json.dumps([{"image_id": "1", "category_id": 0, "bbox": _BBOX, "score": 0.9}])},
        label="0",
    ),
}


def _json_text(name: str, document: object) -> str:
    if isinstance(document, list) and name.endswith(("jsonl", "ndjson")):
        return "".join(json.dumps(entry) + "\n" for entry in document)
    return json.dumps(document)


SAMPLES |= {format: Sample({name: _json_text(name, document)}) for format, (name, document) in DOCUMENTS.items()}
