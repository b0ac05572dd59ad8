"""Annotated sets as people have them, seen in public repositories, and what `detector convert` makes of each."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from support.annotated_sets import voc_xml

_BOX = (40, 50, 120, 150)
_ROW = "0 0.25 0.416667 0.25 0.416667\n"
_NAMES = "names: [with_mask, without_mask, mask_worn_incorrectly]\n"
_VOC = "<annotation><filename>a.jpg</filename><object><name>with_mask</name>{}</object></annotation>"
_SPLITS = "train: train/images\nval: valid/images\n"


@dataclass(frozen=True)
class FoundSet:
    """A set and what becomes of it.

    Attributes:
        files: Text of each file by its path below the source; None for a picture of 320 x 240.
        status: The exit status.
        says: What the output holds, all of it.
        faces: Faces in the dataset by split.
        options: Options beside SOURCE, --out and --quick.
        source: SOURCE below the set's folder.
    """

    files: Mapping[str, str | None]
    status: int = 0
    says: tuple[str, ...] = ()
    faces: Mapping[str, int] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    source: str = "."


def _voc(stem: str, *, folder: str = "", label: str = "with_mask", text: str = "") -> dict[str, str | None]:
    xml = text or voc_xml(f"{stem}.jpg", [(label, *_BOX)])
    return {f"{folder}{stem}.jpg": None, f"{folder}{stem}.xml": xml}


def _coco(names: Iterable[str], start: int = 0, **changes: object) -> str:
    images, annotations = [], []
    for number, name in enumerate(names, start=start):
        images.append({"id": number, "file_name": name, "width": 320, "height": 240})
        box = {"id": number, "image_id": number, "category_id": 1, "bbox": [40, 50, 80, 100]}
        annotations.append({**box, **changes})
    categories = [{"id": 1, "name": "with_mask"}]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories})


def _yolo(yaml: str, train: str = _ROW, valid: str = _ROW) -> dict[str, str | None]:
    """Two pictures for train and two for val; the labels of the first of train are given."""
    files: dict[str, str | None] = {"data.yaml": yaml}
    for split, texts in (("train", (train, valid)), ("valid", (valid, valid))):
        for number, text in enumerate(texts):
            files[f"{split}/images/{split}{number}.jpg"] = None
            files[f"{split}/labels/{split}{number}.txt"] = text
    return files


def _pictures(*paths: str) -> dict[str, str | None]:
    return dict.fromkeys(paths)


def _labelled(*stems: str, row: str = _ROW) -> dict[str, str | None]:
    """Pictures with their YOLO label files beside them."""
    return {f"{stem}{suffix}": text for stem in stems for suffix, text in ((".jpg", None), (".txt", row))}


_PALMA = {
    "train/_annotations.csv": "a.jpg,40,50,120,150,with_mask\n",
    "valid/_annotations.csv": "b.jpg,40,50,120,150,without_mask\n",
    **_pictures("train/a.jpg", "valid/b.jpg"),
}
_WHEAT = {"train.csv": 'image_id,width,height,bbox,source\na,320,240,"[40, 50, 80, 100]",x\n', "a.jpg": None}
_TEN = [f"{number}.jpg" for number in range(10)]
_ARCHIE = {
    "train.txt": "".join(f"img/{number}.jpg\n" for number in range(6)),
    "test.txt": "img/6.jpg\nimg/7.jpg\n",
    **_labelled(*(f"img/{number}" for number in range(8))),
}

FOUND_SETS = {
    "advice to map folders was followed": FoundSet(
        _PALMA,
        says=("--map train=with_mask had no effect", "--map valid=without_mask had no effect"),
        faces={"train": 1, "val": 1},
        options=("--map", "train=with_mask", "--map", "valid=without_mask"),
    ),
    "CSV without a header": FoundSet(_PALMA, faces={"train": 1, "val": 1}),
    "COCO of all beside COCO of splits": FoundSet(
        {
            "annotations/instances_all.json": _coco(_TEN),
            "annotations/instances_train.json": _coco(_TEN[:6]),
            "annotations/instances_val.json": _coco(_TEN[6:], 6),
            **_pictures(*(f"images/{name}" for name in _TEN)),
        },
        faces={"train": 6, "val": 4},
    ),
    "COCO ids as number and as text": FoundSet(
        {"via.json": _coco(["a.jpg"], image_id="0"), "a.jpg": None}, says=("1 id matched",), faces={"train": 1}
    ),
    "COCO picture in two splits": FoundSet(
        {
            "train.json": _coco(["0.jpg", "1.jpg", "2.jpg"]),
            "val.json": _coco(["2.jpg", "3.jpg"], 2),
            **_pictures(*(f"images/{name}" for name in _TEN[:4])),
        },
        says=("1 picture is in two splits",),
        faces={"train": 3, "val": 1},
    ),
    "COCO without annotations": FoundSet(
        {
            "image_info_test.json": json.dumps({"images": [{"id": 0, "file_name": "a.jpg"}], "categories": []}),
            "images/a.jpg": None,
        },
        status=2,
        says=("image_info_test.json: COCO without annotations",),
    ),
    "COCO with polygons alone": FoundSet(
        {
            "a.json": _coco(["a.jpg"], bbox=[], segmentation=[[40, 50, 120, 50, 120, 150, 40, 150]]),
            "a.jpg": None,
        },
        says=("the box around the polygons",),
        faces={"train": 1},
    ),
    "COCO in fractions": FoundSet(
        {"a.json": _coco(["a.jpg"], bbox=[0.125, 0.2, 0.25, 0.4]), "a.jpg": None},
        says=("read as fractions",),
        faces={"train": 1},
    ),
    "COCO results": FoundSet(
        {
            "detections.json": '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40], "score": 0.9}]',
            "images/a.jpg": None,
        },
        status=1,
        says=("A results list holds no names",),
    ),
    "COCO cut short": FoundSet(
        {
            "train/_annotations.coco.json": '{"images":[{"id":0,"file_name":"a.jpg"}],"annotations":[{"id":0,',
            "train/a.jpg": None,
        },
        status=1,
        says=("_annotations.coco.json: JSON that ends in line 1",),
    ),
    "one face with two labels": FoundSet(
        {**_voc("a"), "sub/a2.xml": voc_xml("a.jpg", [("without_mask", *_BOX)])},
        status=1,
        says=("one face with two labels",),
    ),
    "CSV in fractions": FoundSet(
        {"a.csv": "filename,xmin,ymin,xmax,ymax,class\na.jpg,0.125,0.2,0.4,0.6,with_mask\n", "a.jpg": None},
        says=("read as fractions",),
        faces={"train": 1},
    ),
    "CSV with empty columns": FoundSet(
        {"a.csv": "filename,xmin,ymin,xmax,ymax,class,,\na.jpg,40,50,120,150,with_mask,,\n", "a.jpg": None},
        faces={"train": 1},
    ),
    "CSV of other columns": FoundSet(
        _WHEAT, status=2, says=("columns image_id, width, height, bbox, source; expected columns such as",)
    ),
    "CSV of other columns, format given": FoundSet(
        _WHEAT,
        status=1,
        says=("columns image_id, width, height, bbox, source", "expected"),
        options=("--format", "csv"),
    ),
    "CSV with width and height": FoundSet(
        {"a.csv": "filename,class,x,y,width,height\na.jpg,with_mask,40,50,80,100\n", "images/a.jpg": None},
        faces={"train": 1},
    ),
    "FiftyOne": FoundSet(
        {"metadata.json": "{}", "samples.json": '{"samples": [{"filepath": "data/1.jpg"}]}', "data/1.jpg": None},
        status=2,
        says=("samples.json: a FiftyOne export",),
    ),
    "Parquet": FoundSet({"data/train-00000-of-00001.parquet": "PAR1"}, status=2, says=("Parquet",)),
    "a huge number of classes": FoundSet(
        {"data.yaml": "train: images\nval: images\nnc: 99999999999\n", "images/a.jpg": None},
        status=1,
        says=("nc: 99999999999",),
    ),
    "--map and --ignore of labels that do not occur": FoundSet(
        _voc("a"),
        says=("nearest is 'with_mask'", "--ignore nothing_such had no effect"),
        faces={"train": 1},
        options=("--map", "with_maskk=with_mask", "--ignore", "nothing_such"),
    ),
    "LabelMe in class folders": FoundSet(
        {
            f"{label}/{label}{suffix}": text
            for label in ("with_mask", "without_mask")
            for suffix, text in (
                (".jpg", None),
                (
                    ".json",
                    json.dumps(
                        {
                            "shapes": [{"label": label, "points": [[40, 50], [120, 150]], "shape_type": "rectangle"}],
                            "imagePath": f"{label}.jpg",
                        }
                    ),
                ),
            )
        },
        faces={"train": 1, "val": 1},
    ),
    "detections.csv": FoundSet(
        {
            "detections.csv": "source,frame,seconds,label,confidence,x1,y1,x2,y2,tracker_id\n"
            "photos/a.jpg,0,,with_mask,0.98,40,50,120,150,\n",
            "photos/a.jpg": None,
        },
        faces={"train": 1},
    ),
    "annotations after many other XML files": FoundSet(
        {
            **{f"aa/{number:02}.xml": "<project/>" for number in range(25)},
            "images/a.jpg": None,
            "zz/a.xml": voc_xml("a.jpg", [("with_mask", *_BOX)]),
        },
        says=("another kind of XML file 25",),
        faces={"train": 1},
    ),
    "split in the names of folders": FoundSet(
        {**_voc("a", folder="train_images/"), **_voc("b", folder="test_images/")}, faces={"train": 1, "test": 1}
    ),
    "YOLO rows in pixels": FoundSet(
        _yolo(_SPLITS + _NAMES, "0 80 100 80 100\n", "0 80 100 80 100\n"),
        says=("read as pixels",),
        faces={"train": 2, "val": 2},
    ),
    "YOLO rows in percent": FoundSet(
        _yolo(_SPLITS + _NAMES, "0 25 41.6667 25 41.6667\n", "0 25 41.6667 25 41.6667\n"),
        status=1,
        says=("perhaps percent; expected fractions: divide the numbers by 100",),
    ),
    "YOLO rows in pixels, and --strict": FoundSet(
        _yolo(_SPLITS + _NAMES, "0 80 100 80 100\n", "0 80 100 80 100\n"),
        status=1,
        says=("as if they were pixels",),
        options=("--strict",),
    ),
    "YOLO rows in pixels and in fractions": FoundSet(
        _yolo(_SPLITS + _NAMES, "0 80 100 80 100\n"),
        status=1,
        says=("mixed units in the set: 1 box looks like pixels",),
    ),
    "YOLO list with a line of 5,000 characters": FoundSet(
        {**_yolo("train: tr.txt\nval: valid/images\n" + _NAMES), "tr.txt": "a" * 5000 + ".jpg\n"},
        status=1,
        says=("tr.txt",),
        faces={"val": 2},
    ),
    "YOLO class infinity": FoundSet(
        _yolo(_SPLITS + "names: {.inf: a}\n"), status=1, says=("data.yaml: names: keys that are no ids",)
    ),
    "YOLO path of 5,000 characters": FoundSet(
        _yolo(f"path: {'a' * 5000}\n" + _SPLITS + _NAMES), status=1, says=("data.yaml: its paths cannot be looked up",)
    ),
    "YOLO path with a null byte": FoundSet(
        _yolo('train: "a\\0b"\nval: valid/images\n' + _NAMES), status=1, says=("null byte",)
    ),
    "VOC after a blank line": FoundSet(
        _voc("a", text='\n<?xml version="1.0"?>\n' + voc_xml("a.jpg", [("with_mask", *_BOX)])), faces={"train": 1}
    ),
    "VOC ImageSets": FoundSet(
        {
            **{f"VOC/JPEGImages/{name}": None for name in _TEN},
            **{f"VOC/Annotations/{name[:-4]}.xml": voc_xml(name, [("with_mask", *_BOX)]) for name in _TEN},
            "VOC/ImageSets/Main/train.txt": "0\n1\n2\n3\n4",
            "VOC/ImageSets/Main/val.txt": "5\n6\n7",
            "VOC/ImageSets/Main/test.txt": "8\n9",
        },
        faces={"train": 5, "val": 3, "test": 2},
    ),
    "VOC with a polygon": FoundSet(
        _voc(
            "a",
            text=_VOC.format(
                "<polygon><x1>40</x1><y1>50</y1><x2>120</x2><y2>50</y2><x3>120</x3><y3>150</y3></polygon>"
            ),
        ),
        faces={"train": 1},
    ),
    "VOC with a turned box": FoundSet(
        _voc(
            "a", text=_VOC.format("<robndbox><cx>80</cx><cy>100</cy><w>80</w><h>100</h><angle>0.0</angle></robndbox>")
        ),
        faces={"train": 1},
    ),
    "VOC on a larger picture": FoundSet(
        {
            **_voc("a", text=voc_xml("a.jpg", [("with_mask", 400, 300, 500, 400)], (640, 480))),
            **_voc("b", text=voc_xml("b.jpg", [("with_mask", 200, 100, 300, 220)], (640, 480))),
        },
        says=("2 pictures have another size than stated",),
        faces={"train": 1, "val": 1},
    ),
    "VOC on a picture of other proportions": FoundSet(
        {**_voc("a", text=voc_xml("a.jpg", [("with_mask", 400, 300, 500, 400)], (640, 640))), **_voc("b")},
        status=1,
        says=("640 x 640 stated, picture 320 x 240",),
        faces={"train": 1},
    ),
    "VOC with the name of another picture": FoundSet(
        {
            f"{folder}/{number}{suffix}": text
            for number in (1, 2, 3)
            for folder, suffix, text in (
                ("images", ".jpg", None),
                ("annotations", ".xml", voc_xml("1.jpg", [("with_mask", *_BOX)])),
            )
        },
        says=("stated name is that of another picture 2",),
        faces={"train": 1, "val": 1, "test": 1},
    ),
    "YOLO lists of pictures": FoundSet(
        _ARCHIE, faces={"train": 6, "test": 2}, options=("--format", "yolo", "--map", "0=with_mask")
    ),
    "YOLO without names": FoundSet(_ARCHIE, status=2, says=("'0' (8)", "--map")),
    "YOLO with a broken data.yaml": FoundSet(
        _yolo("train:\ttrain/images\nnames: ['with_mask'\n"), status=1, says=("data.yaml: not valid YAML in line",)
    ),
    "YOLO with another number of names": FoundSet(
        _yolo(_SPLITS + "nc: 2\n" + _NAMES), status=1, says=("data.yaml: nc: 2 but 3 names",)
    ),
    "YOLO names with a blank line": FoundSet(
        {
            **_labelled("1"),
            **_labelled("2", row=_ROW.replace("0 ", "2 ", 1)),
            "classes.txt": "with_mask\n\nwithout_mask\n",
        },
        faces={"train": 1, "val": 1},
    ),
    "YOLO rows with commas": FoundSet(
        _yolo(_SPLITS + _NAMES, "0,0.25,0.41,0.25,0.41\n"), status=1, says=("commas",), faces={"train": 1, "val": 2}
    ),
    "YOLO rows with names": FoundSet(
        _yolo(_SPLITS + _NAMES, "with_mask 0.25 0.41 0.25 0.41\n"),
        status=1,
        says=("'with_mask' in place of the number of a class",),
        faces={"train": 1, "val": 2},
    ),
    "YOLO of CVAT": FoundSet(
        {
            "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\nbackup = backup/\n",
            "obj.names": "with_mask\nwithout_mask\n",
            "train.txt": "data/obj_train_data/0.jpg\n",
            **_labelled(*(f"obj_train_data/{number}" for number in range(3))),
        },
        faces={"train": 1, "val": 1, "test": 1},
    ),
    "YOLO of darknet in Roboflow": FoundSet(
        {
            "train/_darknet.labels": "with_mask\nwithout_mask\n",
            "valid/_darknet.labels": "with_mask\nwithout_mask\n",
            **_labelled("train/a", "valid/b"),
        },
        faces={"train": 1, "val": 1},
    ),
    "YOLO with a split that is not there": FoundSet(
        _yolo(_SPLITS + "test: ../test/images\n" + _NAMES),
        says=("for test, which is not there",),
        faces={"train": 2, "val": 2},
    ),
    "YOLO of labelImg": FoundSet(
        {**_labelled("1", "2"), "classes.txt": "with_mask\nwithout_mask\n"}, faces={"train": 1, "val": 1}
    ),
    "YOLO of Label Studio": FoundSet(
        {
            **_pictures("images/1.jpg", "images/2.jpg"),
            **{f"labels/{number}.txt": _ROW for number in (1, 2)},
            "classes.txt": "with_mask\nwithout_mask\n",
            "notes.json": '{"categories": [{"id": 0, "name": "with_mask"}], "info": {}}',
        },
        faces={"train": 1, "val": 1},
    ),
    "YOLO labels beside the pictures in images": FoundSet(
        {
            "data.yaml": "train: images/train\nval: images/val\n" + _NAMES,
            **_labelled("images/train/a", "images/train/b", "images/val/c"),
        },
        faces={"train": 2, "val": 1},
    ),
    "YOLO below a folder images": FoundSet(
        {**_labelled("images/set/1", "images/set/2"), "images/set/classes.txt": "with_mask\n"},
        faces={"train": 1, "val": 1},
        options=("--format", "yolo"),
        source="images/set",
    ),
    "YOLO with landmarks": FoundSet(
        _yolo(
            _SPLITS + "kpt_shape: [5, 2]\n" + _NAMES,
            *[_ROW.rstrip() + " 0.2 0.35 0.3 0.35 0.25 0.42 0.21 0.5 0.29 0.5\n"] * 2,
        ),
        faces={"train": 2, "val": 2},
    ),
    "YOLO with landmarks of -1": FoundSet(
        _yolo(_SPLITS + _NAMES, *[_ROW.rstrip() + " -1" * 10 + "\n"] * 2), faces={"train": 2, "val": 2}
    ),
    "pictures of one name in folders like those of their annotations": FoundSet(
        {
            f"{kind}/{folder}/1{suffix}": text
            for folder in ("mask", "nomask")
            for kind, suffix, text in (
                ("images", ".jpg", None),
                ("annotations", ".xml", voc_xml("1.jpg", [("with_mask", *_BOX)])),
            )
        },
        faces={"train": 1, "val": 1},
    ),
    "pictures of one name in the folder of each split": FoundSet(
        {
            "annotations/instances_train2017.json": _coco(["1.jpg"]),
            "annotations/instances_val2017.json": _coco(["1.jpg"]),
            **_pictures("train2017/1.jpg", "val2017/1.jpg"),
        },
        faces={"train": 1, "val": 1},
    ),
    "COCO with corners in place of sizes": FoundSet(
        {"a.json": _coco(["a.jpg", "b.jpg"], bbox=[140, 80, 300, 230]), **_pictures("a.jpg", "b.jpg")},
        status=1,
        says=("2 of 2 boxes reach far past the edge, and all lie inside as x1, y1, x2, y2",),
    ),
    "YOLO with corners in place of sizes": FoundSet(
        {**_labelled("a", "b", row="0 0.7 0.3 0.9 0.6\n"), "classes.txt": "with_mask\n"},
        status=1,
        says=("all lie inside as x1, y1, x2, y2; expected centre",),
    ),
    "CSV with commas of thousands": FoundSet(
        {
            "a.csv": 'filename,xmin,ymin,xmax,ymax,class\na.jpg,40,50,"1,120",150,with_mask\n'
            "b.jpg,40,50,120,150,with_mask\n",
            **_pictures("a.jpg", "b.jpg"),
        },
        says=("read as those of thousands", "past the edge 1"),
        faces={"train": 1, "val": 1},
    ),
    "CSV cut short": FoundSet(
        {
            "a.csv": "filename,xmin,ymin,xmax,ymax,class\na.jpg,40,50,120,150,with_mask\n"
            "b.jpg,40,50,120,150,with_mask\nb.jpg",
            **_pictures("a.jpg", "b.jpg"),
        },
        status=1,
        says=("b.jpg: the file ends within this row",),
        faces={"train": 1},
    ),
    "pointers of Git LFS in place of pictures": FoundSet(
        {**_voc("a"), **_voc("b"), "b.jpg": "version https://git-lfs.github.com/spec/v1\n"},
        status=1,
        says=("b.jpg: unreadable picture: a pointer of Git LFS in place of the picture: run git lfs pull",),
        faces={"train": 1},
    ),
    "XML in an encoding that it does not state": FoundSet(
        {**_voc("a"), "b.xml": "<?xml version='1.0' encoding='ascii'?>" + voc_xml("ä.jpg", [("with_mask", *_BOX)])},
        status=1,
        says=("b.xml: unreadable annotation file: XML in another encoding",),
        faces={"train": 1},
    ),
    "COCO with a web address": FoundSet(
        {"a.json": _coco(["https://example.org/up/a%20b.jpg?x=1"]), "images/a b.jpg": None}, faces={"train": 1}
    ),
    "CSV put together with its headers": FoundSet(
        {
            "a.csv": "".join(
                f"filename,xmin,ymin,xmax,ymax,class\n{stem}.jpg,40,50,120,150,with_mask\n" for stem in ("a", "b")
            ),
            **_pictures("a.jpg", "b.jpg"),
        },
        faces={"train": 1, "val": 1},
    ),
    "makesense.ai with a header": FoundSet(
        {
            "labels.csv": "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
            "with_mask,40,50,80,100,a.jpg,320,240\n",
            "a.jpg": None,
        },
        faces={"train": 1},
    ),
    "a zip archive": FoundSet({"archive.zip": "PK"}, status=2, says=("unpack it",), source="archive.zip"),
    "a zip archive in class folders": FoundSet(
        {"archive.zip": "PK", **_pictures("with_mask/a.jpg")}, status=2, says=("archive.zip: a zip archive",)
    ),
    "class folders": FoundSet(
        {"README.txt": "a.jpg\n", **_pictures("with_mask/a.jpg", "without_mask/b.jpg")}, faces={"train": 1, "val": 1}
    ),
    "pictures alone": FoundSet(_pictures("images/a.jpg"), status=2, says=("no classes: 'images' (1 picture)",)),
}
