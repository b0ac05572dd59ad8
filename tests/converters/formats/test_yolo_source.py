import pytest

from converters.annotation import Box
from converters.errors import AnnotationError
from converters.formats import yolo_source
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex


@pytest.fixture
def write(tmp_path, picture):
    """Writes a 200 x 100 picture with one box in the middle."""

    def one(name, class_id=0, folder="labels"):
        path = picture(name, 200, 100)
        label = tmp_path / folder / name
        label.parent.mkdir(parents=True, exist_ok=True)
        label.with_suffix(".txt").write_text(f"{class_id} 0.5 0.5 0.5 0.5\n")
        return path

    return one


def read(tmp_path, problems=None, annotations=None):
    source = AnnotationSource(tmp_path, annotations or tmp_path, PictureIndex([tmp_path]))
    return list(yolo_source.read(source, problems or Problems()))


def test_all_splits_of_a_data_yaml(tmp_path, write):
    for split in ("train", "val", "test"):
        write(f"{split}/a.jpg")
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\ntest: images/test\nnames: [with_mask]\n")
    images = read(tmp_path)
    assert [image.split for image in images] == ["train", "val", "test"]
    assert images[0].boxes == (Box(0.25, 0.25, 0.75, 0.75, "with_mask"),)
    assert {image.units for image in images} == {"fractions"}


def test_classes_txt_names_the_classes(tmp_path, write):
    write("a.jpg", 1)
    (tmp_path / "classes.txt").write_text("with_mask\nwithout_mask\n")
    (image,) = read(tmp_path)
    assert image.boxes[0].label == "without_mask"


def test_without_names_the_numbers_are_the_labels(tmp_path, write):
    write("a.jpg", 2)
    (image,) = read(tmp_path)
    assert image.boxes[0].label == "2"


def test_pictures_without_a_label_file_are_unlabelled_where_no_yaml_lists_them(tmp_path, write, picture, problems):
    write("a.jpg")
    picture("b.jpg")
    assert len(read(tmp_path, problems)) == 1
    assert problems.counts("passed over") == {"unlabelled picture": 1}


def test_pictures_outside_the_source_are_left_out(tmp_path, write, problems):
    inside, outside = tmp_path / "set", tmp_path / "images"
    inside.mkdir()
    write("secret.jpg")
    (inside / "data.yaml").write_text("train: list.txt\nval: ../images\nnames: [with_mask]\n")
    (inside / "list.txt").write_text(f"./../images/secret.jpg\n{outside}/secret.jpg\n")
    source = AnnotationSource(inside, inside, PictureIndex([inside]))
    assert list(yolo_source.read(source, problems)) == []
    assert set(problems.counts("left out")) == {"picture outside the source", "folder outside the source"}


def test_linked_pictures_count_as_inside(tmp_path, write, problems):
    original = write("../elsewhere/a.jpg")
    inside = tmp_path / "set" / "images"
    inside.mkdir(parents=True)
    (inside / "a.jpg").symlink_to(original)
    (tmp_path / "set" / "images" / "a.txt").write_text("0 0.5 0.5 0.5 0.5\n")
    (tmp_path / "set" / "data.yaml").write_text("train: images\nnames: [with_mask]\n")
    source = AnnotationSource(tmp_path / "set", tmp_path / "set", PictureIndex([tmp_path / "set"]))
    assert len(list(yolo_source.read(source, problems))) == 1
    assert problems.items == []


def test_two_yaml_files_are_refused(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("train: images\nnames: [a]\n")
    with pytest.raises(AnnotationError, match="2 data"):
        read(tmp_path)
