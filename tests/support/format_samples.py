"""The smallest set of each annotation format: `a.jpg` with one masked face, so that all can be tested alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from support.annotated_sets import voc_xml

WIDTH, HEIGHT = 320, 240
BOX = (40, 60, 120, 150)
"""The face in each sample: x1, y1, x2, y2 in pixels."""

_COCO_IMAGE = {"id": 1, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT}
_BBOX = [40, 60, 80, 90]


@dataclass(frozen=True)
class Sample:
    """A set of one picture, or of one picture and others without a face.

    Attributes:
        files: Text of each annotation file, by its path below the source.
        picture: The picture's path below the source.
        label: The label that the reader gives the face.
    """

    files: Mapping[str, str]
    picture: str = "images/a.jpg"
    label: str = "with_mask"


SAMPLES = {
    "voc": Sample({"annotations/a.xml": voc_xml("a.jpg", [("with_mask", *BOX)])}),
    "json": Sample(
        {
            "a.jpg.json": json.dumps(
                {"FileName": "a.jpg", "Annotations": [{"BoundingBox": list(BOX), "classname": "with_mask"}]}
            )
        }
    ),
    "csv": Sample({"boxes.csv": "filename,xmin,ymin,xmax,ymax,class\na.jpg,40,60,120,150,with_mask\n"}),
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
    "folders": Sample({}, picture="with_mask/a.jpg"),
    "yolo": Sample({"data.yaml": "train: images\nnames: [with_mask]\n", "labels/a.txt": "0 0.25 0.4375 0.25 0.375\n"}),
    "cvat": Sample(
        {
            "annotations.xml": '<annotations><version>1.1</version><image id="0" name="a.jpg" width="320" height="240">'
            '<box label="with_mask" xtl="40" ytl="60" xbr="120" ybr="150"/></image></annotations>'
        }
    ),
    "via-csv": Sample(
        {
            "via_region_data.csv": "filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,"
            'region_attributes\na.jpg,1,"{}",1,0,"{""name"":""rect"",""x"":40,""y"":60,""width"":80,""height"":90}",'
            '"{""class"":""with_mask""}"\n'
        }
    ),
    "retinanet": Sample({"_annotations.csv": "a.jpg,40,60,120,150,with_mask\n"}),
    "yolo-keras": Sample({"_annotations.txt": "a.jpg 40,60,120,150,0\n", "_classes.txt": "with_mask\n"}),
    "wider-face": Sample(
        {"wider_face_split/wider_face_train_bbx_gt.txt": "0--Parade/a.jpg\n1\n40 60 80 90 0 0 0 0 0 0 \n"},
        picture="WIDER_train/images/0--Parade/a.jpg",
        label="face",
    ),
    "open-images": Sample(
        {
            "train-annotations-bbox.csv": "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,"
            "IsTruncated,IsGroupOf,IsDepiction,IsInside\na,xclick,/m/0dzct,1,0.125,0.375,0.25,0.625,0,0,0,0,0\n",
            "class-descriptions-boxable.csv": "/m/0dzct,Human face\n",
        },
        label="Human face",
    ),
    "kitti": Sample(
        {"training/label_2/a.txt": "face 0.00 0 -10 40 60 120 150 -1 -1 -1 -1000 -1000 -1000 -10\n"},
        picture="training/image_2/a.jpg",
        label="face",
    ),
    "makesense": Sample({"labels_my-project.csv": "with_mask,40,60,80,90,a.jpg,320,240\n"}),
    "detections": Sample(
        {
            "detections.csv": "source,frame,seconds,label,confidence,x1,y1,x2,y2,tracker_id\n"
            "images/a.jpg,0,,with_mask,0.9812,40.00,60.00,120.00,150.00,\n"
        }
    ),
    "coco-results": Sample(
        {"predictions.json": json.dumps([{"image_id": "a", "category_id": 0, "bbox": _BBOX, "score": 0.9}])},
        label="0",
    ),
}
