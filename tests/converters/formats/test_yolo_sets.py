"""YOLO sets as tools and people leave them: recognised, their label files found, their splits kept."""

import os
from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage
from converters.errors import AnnotationError, DatasetError
from converters.formats import yolo_source
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex
from converters.recognition import recognise
from support.annotated_sets import write_set

BOX = "0 0.5 0.5 0.5 0.5\n"
OTHER = "1 0.5 0.5 0.25 0.25\n"
NAMES = "with_mask\nwithout_mask\n"
YAML = "names: [with_mask, without_mask]\n"


def read(place: Path, problems: Problems | None = None, pictures: Path | None = None) -> list[AnnotatedImage]:
    root = place if place.is_dir() else place.parent
    source = AnnotationSource(root, place, PictureIndex([pictures or root]))
    return list(yolo_source.read(source, problems or Problems()))


def found(images: list[AnnotatedImage]) -> dict[str, tuple[str | None, list[str]]]:
    """For each picture its split and its labels."""
    return {image.path.name: (image.split, [box.label for box in image.boxes]) for image in images}


SETS = {
    "labelImg": {"1.jpg": "", "1.txt": BOX, "2.jpg": "", "2.txt": OTHER, "classes.txt": NAMES},
    "Label Studio": {
        "images/1.jpg": "", "images/2.jpg": "", "labels/1.txt": BOX, "labels/2.txt": OTHER, "classes.txt": NAMES,
        "notes.json": '{"categories": [{"id": 0, "name": "with_mask"}], "info": {}}',
    },
    "darknet": {
        "data/obj/1.jpg": "", "data/obj/1.txt": BOX, "data/obj/2.jpg": "", "data/obj/2.txt": OTHER,
        "data/obj.names": NAMES, "obj.data": "classes = 2\ntrain = data/train.txt\nnames = data/obj.names\n",
    },
    "labels in a folder of another name": {
        "pics/1.jpg": "", "pics/2.jpg": "", "annotations/txt/1.txt": BOX, "annotations/txt/2.txt": OTHER,
        "classes.txt": NAMES,
    },
    "capitals": {"Images/1.jpg": "", "Images/2.jpg": "", "Labels/1.txt": BOX, "Labels/2.txt": OTHER,
                 "classes.txt": NAMES},
    "the picture's suffix before .txt": {"p/1.jpg": "", "p/2.jpg": "", "l/1.jpg.txt": BOX, "l/2.jpg.txt": OTHER,
                                         "classes.txt": NAMES},
}  # fmt: skip


@pytest.mark.parametrize("files", SETS.values(), ids=SETS.keys())
def test_sets_without_a_data_yaml_are_recognised_and_read(tmp_path: Path, files: dict[str, str]) -> None:
    write_set(tmp_path, files)
    problems = Problems()
    assert recognise(tmp_path).format == "yolo"
    assert found(read(tmp_path, problems)) == {"1.jpg": (None, ["with_mask"]), "2.jpg": (None, ["without_mask"])}
    assert problems.items == []


def test_roboflow_darknet(tmp_path: Path) -> None:
    for folder in ("train", "valid", "test"):
        write_set(tmp_path / folder, {f"{folder}.jpg": "", f"{folder}.txt": OTHER, "_darknet.labels": NAMES})
    assert recognise(tmp_path).format == "yolo"
    labels = ["without_mask"]
    assert found(read(tmp_path)) == {
        "train.jpg": ("train", labels),
        "valid.jpg": ("val", labels),
        "test.jpg": ("test", labels),
    }


CVAT = {f"obj_{split}_data/{split}.jpg": "" for split in ("train", "valid", "test")}
CVAT |= {f"obj_{split}_data/{split}.txt": BOX for split in ("train", "valid", "test")}
CVAT |= {f"{split}.txt": f"data/obj_{split}_data/{split}.jpg\n" for split in ("train", "valid", "test")}
CVAT |= {"obj.names": NAMES, "obj.data": "classes = 2\nnames = data/obj.names\n"}


def test_cvat_yolo_1_1_with_its_lists(tmp_path: Path) -> None:
    write_set(tmp_path, CVAT)
    problems = Problems()
    assert recognise(tmp_path).format == "yolo"
    images = read(tmp_path, problems)
    assert {name: split for name, (split, _) in found(images).items()} == {
        "train.jpg": "train", "valid.jpg": "val", "test.jpg": "test",
    }  # fmt: skip
    assert problems.items == []


def test_one_list_alone_divides_nothing_and_that_is_said(tmp_path: Path) -> None:
    write_set(tmp_path, {**SETS["darknet"], "data/train.txt": "data/obj/1.jpg\ndata/obj/2.jpg\n"})
    problems = Problems()
    assert {split for split, _ in found(read(tmp_path, problems)).values()} == {None}
    assert problems.notes == ["train.txt is the only list of pictures, and does not divide them."]


def test_one_folder_alone_divides_nothing(tmp_path: Path) -> None:
    write_set(tmp_path, {"obj_train_data/1.jpg": "", "obj_train_data/1.txt": BOX, "obj.names": NAMES})
    assert found(read(tmp_path)) == {"1.jpg": (None, ["with_mask"])}


def test_obj_data_says_which_list_is_of_which_split(tmp_path: Path) -> None:
    files = SETS["darknet"] | {"obj.data": "train = data/most.txt\nvalid=C:\\data\\rest.txt\nnames = data/obj.names\n"}
    write_set(tmp_path, {**files, "data/most.txt": "/content/data/obj/1.jpg\n", "data/rest.txt": "2.jpg\n"})
    assert {name: split for name, (split, _) in found(read(tmp_path)).items()} == {"1.jpg": "train", "2.jpg": "val"}


def test_a_list_may_name_pictures_without_their_suffix(tmp_path: Path) -> None:
    write_set(tmp_path, SETS["labelImg"] | {"train.txt": "1\n", "val.txt": "2\n"})
    assert {name: split for name, (split, _) in found(read(tmp_path)).items()} == {"1.jpg": "train", "2.jpg": "val"}


def test_lines_of_a_list_without_a_picture_are_listed(tmp_path: Path) -> None:
    lines = {"train.txt": f"1.jpg\nmissing.jpg\n{'x' * 5000}.jpg\na\0b.jpg\n", "test.txt": "2.jpg"}
    write_set(tmp_path, SETS["labelImg"] | lines)
    problems = Problems()
    assert len(read(tmp_path, problems)) == 2
    assert problems.counts("left out") == {"missing picture": 3}
    assert all(len(str(problem)) < 600 for problem in problems.items)


def test_a_picture_in_two_splits_is_given_in_both(tmp_path: Path) -> None:
    write_set(tmp_path, SETS["labelImg"] | {"train.txt": "1.jpg\n2.jpg\n", "valid.txt": "2.jpg\n"})
    problems = Problems()
    images = read(tmp_path, problems)
    assert {(image.path.name, image.split) for image in images} == {
        ("1.jpg", "train"), ("2.jpg", "train"), ("2.jpg", "val"),
    }  # fmt: skip
    assert problems.items == []


def test_one_folder_for_train_and_val_divides_nothing(tmp_path: Path) -> None:
    write_set(tmp_path, {"images/1.jpg": "", "labels/1.txt": BOX, "data.yaml": "train: images\nval: images\n" + YAML})
    problems = Problems()
    assert found(read(tmp_path, problems)) == {"1.jpg": (None, ["with_mask"])}
    assert (len(problems.notes), problems.items) == (1, [])


@pytest.mark.parametrize("labels", ["images/{}/{}.txt", "Labels/{}/{}.txt", "labels/{}/{}.txt", "other/txt/{}/{}.txt"])
def test_label_files_of_a_data_yaml_are_found_where_they_are(tmp_path: Path, labels: str) -> None:
    for split in ("train", "val"):  # of one name: each split has its own
        write_set(tmp_path, {f"images/{split}/1.jpg": "", labels.format(split, "1"): BOX if split == "val" else OTHER})
    (tmp_path / "data.yaml").write_text("train: images/train\nval: images/val\n" + YAML)
    problems = Problems()
    images = read(tmp_path, problems)
    assert {(image.split, image.boxes[0].label) for image in images} == {
        ("train", "without_mask"),
        ("val", "with_mask"),
    }
    assert problems.items == []


def test_a_label_file_of_another_split_is_not_taken(tmp_path: Path) -> None:
    write_set(tmp_path, {"train/images/1.jpg": "", "train/labels/1.txt": BOX, "valid/images/1.jpg": ""})
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["train"]
    assert [(problem.kind, Path(problem.file).name) for problem in problems.items] == [
        ("unlabelled picture", "1.jpg"),
        ("missing label files", tmp_path.name),
    ]
    assert "none of 1 picture of val" in problems.omissions[0].value


@pytest.mark.parametrize("yaml", [None, "train: images\n" + YAML])
def test_a_picture_without_a_label_file_is_unlabelled_and_an_empty_one_is_background(
    tmp_path: Path, yaml: str | None
) -> None:
    pictures = {f"images/{number}.jpg": "" for number in range(3)}
    write_set(tmp_path, {**pictures, "labels/0.txt": BOX, "labels/1.txt": "", **({"data.yaml": yaml} if yaml else {})})
    problems = Problems()
    assert [len(image.boxes) for image in read(tmp_path, problems)] == [1, 0]
    assert problems.counts() == {"unlabelled picture": 1}
    assert any("1 picture without a label file" in note for note in problems.notes)


@pytest.mark.parametrize("yaml", [None, "train: images\n" + YAML])
def test_a_set_without_any_label_file_is_an_error_that_says_where_was_looked(tmp_path: Path, yaml: str | None) -> None:
    write_set(tmp_path, {"images/0.jpg": "", "images/1.jpg": "", **({"data.yaml": yaml} if yaml else {})})
    with pytest.raises(AnnotationError, match=r"any of its 2 pictures; 0\.txt was looked for in .*labels and .*images"):
        read(tmp_path)


def test_label_files_without_a_picture_are_lost_faces(tmp_path: Path) -> None:
    write_set(tmp_path, SETS["labelImg"] | {"3.txt": BOX, "4.txt": "", "README.txt": "0 faces\n"})
    problems = Problems()
    assert len(read(tmp_path, problems)) == 2
    assert [(problem.kind, Path(problem.file).name) for problem in problems.omissions] == [("missing picture", "3.txt")]


def test_several_classes_txt_name_the_classes_of_their_folders(tmp_path: Path) -> None:
    for folder, names in (("one", NAMES), ("two", "without_mask\nwith_mask\n")):
        write_set(
            tmp_path, {f"{folder}/{folder}.jpg": "", f"{folder}/{folder}.txt": BOX, f"{folder}/classes.txt": names}
        )
    assert found(read(tmp_path)) == {"one.jpg": (None, ["with_mask"]), "two.jpg": (None, ["without_mask"])}


def test_a_folder_called_images_above_the_source_does_not_matter(tmp_path: Path) -> None:
    place = write_set(tmp_path / "images" / "set", SETS["labelImg"])
    write_set(tmp_path / "labels" / "set", {"1.txt": OTHER})
    assert found(read(place))["1.jpg"] == (None, ["with_mask"])


def test_labels_beside_the_named_folder_of_pictures_are_found(tmp_path: Path) -> None:
    write_set(tmp_path, {"images/1.jpg": "", "labels/1.txt": BOX})
    assert len(read(tmp_path / "images")) == 1
    assert len(read(tmp_path / "labels", pictures=tmp_path / "images")) == 1


def test_source_is_a_list_a_label_file_or_a_file_of_names(tmp_path: Path) -> None:
    write_set(tmp_path, SETS["labelImg"] | {"some.txt": "2.jpg\n"})
    assert found(read(tmp_path / "some.txt")) == {"2.jpg": (None, ["without_mask"])}
    assert found(read(tmp_path / "1.txt")) == {"1.jpg": (None, ["with_mask"])}
    assert len(read(tmp_path / "classes.txt")) == 2


ROBOFLOW = {
    **{f"{folder}/images/{folder}.jpg": "" for folder in ("train", "valid")},
    **{f"{folder}/labels/{folder}.txt": BOX for folder in ("train", "valid")},
}


def test_a_test_folder_that_is_not_there_is_noted(tmp_path: Path) -> None:
    yaml = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\n" + YAML
    write_set(tmp_path, ROBOFLOW | {"data.yaml": yaml})
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["train", "val"]
    assert problems.items == []
    (note,) = problems.notes
    assert "test/images for test, which is not there" in note


def test_an_empty_split_is_noted(tmp_path: Path) -> None:
    write_set(tmp_path, ROBOFLOW | {"data.yaml": "train: train/images\nval: val/images\n" + YAML})
    (tmp_path / "val/images").mkdir(parents=True)
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["train"]
    assert "no usable picture for val" in problems.notes[0]
    assert problems.counts() == {"picture in no split": 1}


def test_a_train_folder_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    write_set(tmp_path, ROBOFLOW | {"data.yaml": "train: elsewhere/pics\nval: valid/images\n" + YAML})
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["val"]
    assert problems.counts("left out") == {"missing folder or list": 1}


@pytest.mark.parametrize(
    "yaml",
    [
        "train: /content/masks/train/images\nval: /content/masks/valid/images\n",
        "train: ..\\train\\images\nval: ..\\valid\\images\n",
        "train: C:\\Users\\me\\masks\\train\\images\nval: 'D:/masks/valid/images'\n",
        "path: /kaggle/input/masks\ntrain: train/images\nval: valid/images\n",
        "path: ../datasets/masks\ntrain: [train]\nval: [valid]\n",
        "train: /kaggle/working/train.txt\nval: /kaggle/working/val.txt\n",
    ],
)
def test_paths_of_another_machine_are_found_below_the_source(tmp_path: Path, yaml: str) -> None:
    lists = {"train.txt": "/kaggle/working/images/train.jpg\n", "val.txt": "D:\\masks\\valid.jpg\n"}
    write_set(tmp_path, ROBOFLOW | lists | {"data.yaml": yaml + YAML})
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["train", "val"]
    assert problems.items == []
    assert all("which is not here" in note for note in problems.notes)
    assert len(problems.notes) == (0 if "path:" in yaml else 2)  # ultralytics too looks beside the data.yaml


@pytest.mark.parametrize("place", ["/", "..", "../.."])
def test_a_folder_that_holds_the_source_is_not_searched(tmp_path: Path, place: str) -> None:
    (tmp_path / "other.jpg").write_bytes(b"")
    write_set(tmp_path / "set", ROBOFLOW | {"data.yaml": f"train: {place}\n{YAML}"})
    problems = Problems()
    assert len(read(tmp_path / "set", problems)) == 2
    assert problems.items == []
    assert "which holds SOURCE" in problems.notes[0]


def test_a_device_is_no_list(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    yaml = f"train: train/images\nval: /dev/zero\ntest: {tmp_path}/pipe\n"
    write_set(tmp_path, ROBOFLOW | {"data.yaml": yaml + YAML})
    problems = Problems()
    assert [image.split for image in read(tmp_path, problems)] == ["train"]
    assert sum("which is not there" in note for note in problems.notes) == 2


def test_linked_folders_are_those_of_the_source(tmp_path: Path) -> None:
    write_set(tmp_path, {f"elsewhere/{name}": text for name, text in ROBOFLOW.items()})
    write_set(tmp_path, {"set/data.yaml": "train: train/images\nval: valid/images\n" + YAML})
    for folder in ("train", "valid"):
        (tmp_path / "set" / folder).symlink_to(tmp_path / "elsewhere" / folder)
    problems = Problems()
    images = read(tmp_path / "set", problems)
    assert [(image.split, image.path.is_relative_to(tmp_path / "set")) for image in images] == [
        ("train", True), ("val", True),
    ]  # fmt: skip
    assert (problems.items, problems.notes) == ([], [])


def test_the_rest_of_a_missing_path_never_stands_for_folders_that_are_named_rightly(tmp_path: Path) -> None:
    yaml = "train: images/train\nval: images/val\ntest: /data/test/images\n" + YAML
    write_set(tmp_path, {f"images/{split}/{split}.jpg": "" for split in ("train", "val")})
    write_set(tmp_path, {f"labels/{split}/{split}.txt": BOX for split in ("train", "val")} | {"data.yaml": yaml})
    assert [image.split for image in read(tmp_path)] == ["train", "val"]


@pytest.mark.parametrize("yaml", ["train: /kaggle/pics\nval: /kaggle/pics2\n", "nc: 2\n"])
def test_a_data_yaml_that_names_nothing_that_is_here_gives_the_class_names(tmp_path: Path, yaml: str) -> None:
    write_set(tmp_path, ROBOFLOW | {"data.yaml": yaml + YAML})
    problems = Problems()
    assert recognise(tmp_path).format == "yolo"
    assert found(read(tmp_path, problems)) == {
        "train.jpg": ("train", ["with_mask"]),
        "valid.jpg": ("val", ["with_mask"]),
    }
    assert "all pictures below SOURCE were read" in problems.notes[0]


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("train:\ttrain/images\nval: valid/images\nnames: ['a', 'b'\n", "not valid YAML"),
        ("train: train/images\nnc: 2\nnames: [a, b, c]\n", "nc: 2 but 3 names"),
        ("train: train/images\nnc: 99999999999\n", "at most 100,000 classes"),
        ("path: ~nobody-of-that-name\ntrain: train/images\nnames: [a]\n", "home directory"),
        (f"path: {'x' * 5000}\ntrain: train/images\nnames: [a]\n", "too long"),
        ('train: "a\\0b"\nnames: [a]\n', "null byte"),
        ("train: .hidden/loop/images\nnames: [a]\n", "symbolic links"),
    ],
)
@pytest.mark.parametrize("name", ["data.yaml", "masks.yml"])
def test_a_wrong_data_yaml_is_named_and_not_passed_over(tmp_path: Path, yaml: str, message: str, name: str) -> None:
    write_set(tmp_path, ROBOFLOW | {".hidden/x": ""})
    (tmp_path / ".hidden/loop").symlink_to("loop")
    write_set(tmp_path, {name: yaml})
    for look in (recognise, read):
        with pytest.raises(DatasetError, match=message) as error:
            look(tmp_path)
        assert str(tmp_path / name) in str(error.value)
        assert len(str(error.value)) < 500


def test_a_dataset_description_in_one_line_is_found(tmp_path: Path) -> None:
    write_set(tmp_path, ROBOFLOW | {"masks.yml": "{train: train/images, val: valid/images, names: [with_mask]}"})
    assert [image.split for image in read(tmp_path)] == ["train", "val"]


def test_yaml_files_that_describe_no_dataset_are_passed_over(tmp_path: Path) -> None:
    write_set(tmp_path, SETS["labelImg"])
    write_set(tmp_path, {"yolov5s.yaml": "nc: 80\nnames: x\nbackbone: []\nhead: []\n", "ci.yml": "test: [1\n"})
    assert len(read(tmp_path)) == 2


def test_landmarks_behind_boxes_are_not_read_as_polygons(tmp_path: Path) -> None:
    rows = {f"labels/{number}.txt": f"{BOX.strip()} -1 -1 -1 -1 -1 -1 -1 -1 -1 -1\n" for number in range(2)}
    write_set(tmp_path, {"images/0.jpg": "", "images/1.jpg": "", **rows})
    (tmp_path / "data.yaml").write_text("train: images\nkpt_shape: [5, 2]\n" + YAML)
    assert {(box.x1, box.x2) for image in read(tmp_path) for box in image.boxes} == {(0.25, 0.75)}
    (tmp_path / "data.yaml").write_text("train: images\n" + YAML)
    assert {(box.x1, box.x2) for image in read(tmp_path) for box in image.boxes} == {(0.25, 0.75)}
