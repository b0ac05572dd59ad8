import json
from pathlib import Path

import pytest

from converters import recognition
from converters.errors import AnnotationError, DatasetError, UnknownFormatError
from converters.formats import FORMATS
from converters.formats.readers import JSON_FORMATS, READERS, TEXT_FORMATS, XML_FORMATS
from converters.recognition import Recognition, recognise
from support.annotated_sets import voc_xml
from support.format_samples import SAMPLES

CSV = "filename,xmin,ymin,xmax,ymax,class\na.jpg,1,2,3,4,x\n"
COCO = json.dumps({"images": [], "annotations": [], "categories": []})
UNREAD = UnknownFormatError
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
    assert recognise(tmp_path).format == recognise(path).format == name


def test_class_folders(tmp_path, picture):
    picture("with_mask/a.jpg")
    assert recognise(tmp_path / "images").format == "folders"


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
    (unread,) = recognise(tmp_path).unread
    assert Path(unread.subject).name == "instances.json"
    (tmp_path / "conversion.json").write_text("{}")
    assert recognise(tmp_path) == Recognition("yolo")


def test_two_files_of_detector_infer_are_the_one_that_has_pictures_without_a_face(tmp_path, annotation):
    for files in (SAMPLES["detections"].files, SAMPLES["coco"].files):
        for name, text in files.items():
            annotation(name, text)
    assert recognise(tmp_path).format == "coco"


def test_the_oidv4_toolkit_leaves_the_files_of_the_whole_set_beside_its_own(tmp_path, annotation):
    for name in ("open-images", "oidv4"):
        for path, text in SAMPLES[name].files.items():
            annotation(path, text)
    recognised = recognise(tmp_path)
    assert recognised.format == "oidv4"
    assert "open-images annotations of a set that is read as oidv4" in str(recognised.unread[0])


def test_several_formats_are_refused_by_name_and_file(tmp_path, annotation):
    annotation(*FILES["voc"])
    annotation(*FILES["csv"])
    with pytest.raises(UnknownFormatError, match=r"csv \(.*boxes.csv\), voc \(.*a.xml\).*--format csv or"):
        recognise(tmp_path)


def test_annotations_after_many_other_files_of_the_same_kind(tmp_path, annotation):
    for number in range(60):
        annotation(f"a/{number}.xml", "<project/>")
    annotation("z/1.xml", voc_xml("1.jpg", []))
    assert recognise(tmp_path).format == "voc"


def test_second_format_in_another_folder_is_seen(tmp_path, annotation):
    for number in range(60):
        annotation(f"a/{number}.json", FILES["json"][1])
    annotation("b/instances.json", COCO)
    with pytest.raises(UnknownFormatError, match=r"coco .* json"):
        recognise(tmp_path)


def test_each_file_is_parsed_once(tmp_path, annotation, monkeypatch):
    for number in range(100):
        annotation(f"{number}.json", FILES["json"][1])
    parsed = []
    load_json = recognition.load_json
    monkeypatch.setattr(recognition, "load_json", lambda path, limit: (parsed.append(path), load_json(path, limit))[1])
    recognise(tmp_path)
    assert len(parsed) == len(set(parsed)) < 30


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        ("a.json", '{"samples": [{"filepath": "a.jpg"}]}', UNREAD, "a FiftyOne export; .*COCODetection"),
        (
            "a.json",
            '{"images": [{"file_name": "a.jpg"}], "categories": []}',
            UnknownFormatError,
            "COCO without annotations",
        ),
        ("a.json", '{"faces": [{"bbox": [1, 2, 3, 4]}]}', UNREAD, r"JSON .*not read \(keys faces\)"),
        ("a.json", '[{"photo": "a.jpg"}]', UNREAD, r"a list of objects with the keys photo"),
        ("a.json", '{"images":[{"file_name":"a.jpg"}],\n"bbox":[{"id":0,', AnnotationError, "JSON that ends in line 2"),
        ("a.json", '{"file_name": a.jpg}', AnnotationError, "not valid JSON"),
        ("a.json", '{"bbox": [1],\n\n"file_name": "a.jp', AnnotationError, "JSON that ends in line 3"),
        ("a.jsonl", '{"file_name": "a.jpg"}\n{"file_na', AnnotationError, "line 2: JSON that ends"),
        ("a.txt", '{"shapes": [],\n"imagePath": "a.jpg"}', UNREAD, "JSON or XML under another name"),
        ("train.odgt", '{"ID": "1", "gtboxes": []}\n', UNREAD, "JSON or XML under another name"),
        ("a.xml", "\n<annotation>\n<object><bnd", AnnotationError, "XML that ends in line 3"),
        ("a.xml", "<annotation>\n<object><bndbox>", AnnotationError, "XML that ends in line 2"),
        ("a.xml", "<data><image file='a.jpg'/></data>", UNREAD, "root element <data>"),
        ("a.csv", 'image_id,bbox\na,"[1, 2, 3, 4]"\n', UNREAD, "a table with the columns image_id, bbox"),
        (
            "a.csv",
            "photo,kind\na.jpg,with_mask\n",
            UnknownFormatError,
            "a table with the columns photo, kind: no boxes",
        ),
        ("a.csv", "id,label\n1,with_mask\n", UNREAD, "a table with the columns id, label: no boxes"),
        ("a.json", '[{"filename": "a", "kind": 1}]', UNREAD, "a list of objects with the keys filename, kind"),
        ("a.txt", "a.jpg\nb.jpg\n", UNREAD, "a list of pictures"),
        (
            "via.csv",
            "# Exported using VGG Image Annotator\n# CSV_HEADER = metadata_id,file_list,flags,spatial_coordinates\n",
            UNREAD,
            "CSV of VGG Image Annotator 3; expected its export as COCO",
        ),
        ("a.txt", "face 0.1 0.2 0.3 0.4\n", UnknownFormatError, "YOLO labels with class names"),
        ("a.json", "", AnnotationError, "an empty file"),
        ("a.csv", "\n", AnnotationError, "an empty file"),
        ("a.json", "version https://git-lfs.github.com/spec/v1\noid", UNREAD, "Git LFS .*run git lfs pull"),
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid", UNREAD, "Git LFS"),
        ("a.xml", "<!DOCTYPE html>\n<html><br></html>", UNREAD, "a web page in place of the file"),
        ("a.json", "PK\x03\x04", UNREAD, "a zip archive under another name"),
        ("a.zip", "", UNREAD, "a zip archive; expected its content: unpack it"),
        ("a.tar.gz", "", UNREAD, "an archive; expected its content"),
        ("a.parquet", "", UNREAD, "Parquet"),
        ("train.tfrecord-00000-of-00004", "", UNREAD, "TFRecord"),
        ("a.yaml", "train: [images\nval: images\n", DatasetError, "not valid YAML"),
        ("data.yaml", "nothing: 1", DatasetError, "none of the keys train, val and test"),
    ],
)
def test_what_is_not_read_is_named_and_never_taken_for_class_folders(
    tmp_path, picture, annotation, name, text, error, message
):
    picture("with_mask/a.jpg")
    path = annotation(name, text)
    for source in (tmp_path, path):
        with pytest.raises(error, match=message) as raised:
            recognise(source)
        assert raised.value.subject == str(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.txt", "Boxes of a.jpg, b.jpg\na.jpg\nb.jpg"),
        ("LICENSE.txt", "a.jpg"),
        ("notes.txt", "The pictures come from two cameras.\nSee a.jpg for an example.\n1 2 3\n"),
        ("classes.txt", "with_mask\nwithout_mask\n"),
        ("classes.json", '{"with_mask": 0, "labels": ["without_mask"]}'),
        ("pom.xml", "<project><version>1.2</version></project>"),
        ("results.csv", "epoch,loss\n1,0.5\n"),
        ("split.csv", "image,split\na.jpg,train\n"),
        ("settings.yaml", "epochs: 3\ntest: yes\n"),
        ("broken.yaml", "a: [1"),
        ("notes.txt", "\0\1"),
        ("empty.txt", ""),
        ("args.yaml", "model: yolov8n.pt\nbox: 7.5\n"),
        ("hyperparameters.json", '{"box": 7.5}'),
        ("script.py", "box = 'a.jpg'"),
    ],
)
def test_what_is_no_annotation_leaves_class_folders_alone(tmp_path, picture, annotation, name, text):
    picture("with_mask/a.jpg")
    annotation(name, text)
    recognised = recognise(tmp_path)
    assert recognised.format == "folders"
    assert recognised.unread == ()


def test_table_that_is_no_utf_8_is_named(tmp_path, picture):
    picture("with_mask/a.jpg")
    (tmp_path / "a.csv").write_bytes(b"filename,class\ncaf\xe9.jpg,x\n")
    with pytest.raises(AnnotationError, match=r"a.csv: not UTF-8 text .*expected UTF-8, or UTF-16"):
        recognise(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("settings.json", "{broken"), ("a.xml", "<project>"), ("b.xml", "\0\1")])
def test_damaged_file_beside_class_folders_is_named(tmp_path, picture, annotation, name, text):
    picture("with_mask/a.jpg")
    annotation(name, text)
    recognised = recognise(tmp_path)
    assert recognised.format == "folders"
    assert [Path(error.subject).name for error in recognised.unread] == [name]


def test_many_files_that_are_not_read_are_named_by_kind(tmp_path, annotation):
    for number in range(30):
        annotation(f"{number}.json", '{"shapes": [], "points": []}')
        annotation(f"{number}.xml", "<a>" + "\n" * number + "<box/>")
    with pytest.raises(UnknownFormatError, match="60 annotation files, and none that can be read") as raised:
        recognise(tmp_path)
    lines = str(raised.value).splitlines()
    assert "0.json and 29 more: JSON of a kind that is not read (keys shapes, points)" in lines[1]
    assert len(lines) == 12
    assert lines[-1] == "  and 21 more of other kinds"


def test_files_that_are_not_read_are_kept_beside_a_format(tmp_path, annotation):
    annotation(*FILES["voc"])
    annotation("other.json", '{"faces": [{"bbox": [1, 2, 3, 4]}]}')
    annotation("archive.zip", "")
    recognised = recognise(tmp_path)
    assert recognised.format == "voc"
    assert [Path(error.subject).name for error in recognised.unread] == ["archive.zip", "other.json"]


def test_label_files_do_not_hide_a_wrong_data_yaml(tmp_path, annotation):
    annotation("data.yaml", "train: images\nnc: 2\nnames: [a]\n")
    annotation("labels/a.txt", "0 0.5 0.5 0.2 0.2\n")
    with pytest.raises(DatasetError, match="nc: 2 but 1 name"):
        recognise(tmp_path)


def test_nothing_known(tmp_path, annotation):
    annotation("readme.txt", "hello")
    with pytest.raises(UnknownFormatError, match=r"no annotations of a known format \(seen: \.txt 1\)"):
        recognise(tmp_path)


def test_every_format_is_recognised_by_content():
    tested = {**JSON_FORMATS, **XML_FORMATS, **TEXT_FORMATS}
    assert tested.keys() == set(FORMATS) - {"folders"}


def test_every_format_has_a_reader_and_is_documented():
    assert list(READERS) == list(FORMATS)
    top = Path(__file__).resolve().parents[2]
    page = (top / "docs/convert.md").read_text(encoding="utf-8")
    for name in FORMATS:
        assert f"\n| `{name}` | " in page
