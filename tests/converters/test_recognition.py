import json
from pathlib import Path

import pytest

from converters.errors import DatasetError, UsageError
from converters.formats import FORMATS
from converters.recognition import READERS, recognise
from support.annotated_sets import voc_xml

CSV = "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,2,3,4,x\n"
COCO = json.dumps({"images": [], "annotations": [], "categories": []})
FILES = {
    "voc": ("a.xml", voc_xml("a.jpg", [])),
    "csv": ("boxes.csv", CSV),
    "json": ("a.jpg.json", '{"FileName": "a.jpg", "Annotations": []}'),
    "coco": ("instances.json", COCO),
    "yolo": ("data.yaml", "train: images\nnames: [a]\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_format_is_recognised_in_a_folder_and_in_a_file(tmp_path, annotation, name):
    path = annotation(*FILES[name])
    annotation("split.csv", "image,split\n")
    annotation("meta.json", "{}")
    annotation("other.yaml", "a: 1\n")
    annotation("other.xml", "<other/>")
    assert recognise(tmp_path) == recognise(path) == name


def test_class_folders(tmp_path, picture):
    picture("with_mask/a.jpg")
    assert recognise(tmp_path / "images") == "folders"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("? [a]\n: b\n", "a list as a key"),
        ("train: images\nnames: {.inf: a}\n", "names: keys that are no ids"),
        ("train: images\nnc: 99999999999\n", "at most 100,000 classes"),
        ('train: "images\\0"\nnames: [a]\n', "null byte"),
    ],
)
def test_wrong_data_yaml_is_named_and_its_folders_are_no_classes(tmp_path, picture, text, message):
    picture("a.jpg")
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DatasetError, match=message):
        recognise(tmp_path)


def test_what_this_project_writes_is_yolo(tmp_path, annotation):
    annotation(*FILES["yolo"])
    annotation(*FILES["coco"])
    assert recognise(tmp_path) == "yolo"


def test_several_formats_are_refused_by_name(tmp_path, annotation):
    annotation(*FILES["voc"])
    annotation(*FILES["csv"])
    with pytest.raises(UsageError, match=r"csv and voc.*--format"):
        recognise(tmp_path)


def test_nothing_known(tmp_path, annotation):
    annotation("readme.txt", "hello")
    with pytest.raises(UsageError, match="no annotations of a known format"):
        recognise(tmp_path)


def test_every_format_has_a_reader_and_is_documented():
    assert list(READERS) == list(FORMATS)
    top = Path(__file__).resolve().parents[2]
    page = (top / "docs/convert.md").read_text(encoding="utf-8")
    known_sets = (top / "datasets.yaml").read_text(encoding="utf-8")
    (line,) = [line for line in known_sets.splitlines() if line.startswith("#   format ")]
    for name in FORMATS:
        assert f"\n| `{name}` | " in page
        assert name in line
