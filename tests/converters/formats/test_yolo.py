import cv2
import numpy as np
import pytest

from converters.errors import DatasetError
from converters.formats.yolo import load_dataset_yaml, read_labels, split_images
from converters.formats.yolo_labels import label_path
from converters.problems import Problems
from support.annotated_sets import draw_scene


@pytest.fixture
def dataset(tmp_path):
    """Writes pictures (width 200, height 100) with label files, and data.yaml."""

    def write(yaml: str, labels: dict[str, str | None], name: str = "data.yaml"):
        for relative, text in labels.items():
            path = tmp_path / "images" / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(path), draw_scene(1, 200, 100))
            if text is not None:
                label = tmp_path / "labels" / relative
                label.parent.mkdir(parents=True, exist_ok=True)
                label.with_suffix(".txt").write_text(text)
        path = tmp_path / name
        path.write_text(yaml)
        return path

    return write


NAMES = "names: [with_mask, without_mask]\n"


def boxes_of(path, split="val"):
    problems = Problems()
    return [image.boxes for image in read_labels(load_dataset_yaml(path), split, problems)], problems


def test_boxes_are_in_pixels_and_labelled_with_class_names(dataset):
    path = dataset(
        "val: images/val\n" + NAMES, {"val/a.png": "1 0.5 0.5 0.1 0.2\n", "val/b.png": "", "val/c.png": None}
    )
    (first, second, third), problems = boxes_of(path)
    assert [(box.x1, box.y1, box.x2, box.y2, box.label) for box in first] == [
        (pytest.approx(90), pytest.approx(40), pytest.approx(110), pytest.approx(60), "without_mask")
    ]
    assert (second, third) == ((), ())
    assert problems.items == []


def test_polygons_become_their_bounding_boxes(dataset):
    path = dataset("val: images/val\n" + NAMES, {"val/a.png": "0 0.1 0.2 0.5 0.3 0.3 0.9\n"})
    ((box,),), _ = boxes_of(path)
    assert (box.x1, box.y1, box.x2, box.y2) == pytest.approx((20, 20, 100, 90))


@pytest.mark.parametrize(
    "row",
    ["0 0.5 0.5 0.1", "0 0.5 0.5 0.1 0.1 0.9", "x 0.5 0.5 0.1 0.1", "0 nan 0.5 0.1 0.1", "0 inf 0.5 0.1 0.1",
     "2 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "0.5 0.5 0.5 0.1 0.1", "0 0.5 0.5 -0.1 0.1"],
)  # fmt: skip
def test_malformed_row_leaves_its_picture_out_and_is_reported(dataset, row):
    path = dataset(
        "val: images/val\n" + NAMES,
        {"val/a.png": f"0 0.5 0.5 0.1 0.1\n\n{row}\n", "val/b.png": "0 0.5 0.5 0.1 0.1"},
    )
    found, problems = boxes_of(path)
    assert len(found) == 1
    (problem,) = problems.omissions
    assert (problem.kind, problem.object) == ("malformed row", 2)
    assert problem.file.endswith("labels/val/a.txt")


def test_unreadable_picture_is_reported(dataset, tmp_path):
    path = dataset("val: images/val\n" + NAMES, {"val/a.png": "", "val/b.png": ""})
    (tmp_path / "images/val/a.png").write_bytes(b"")
    found, problems = boxes_of(path)
    assert (len(found), problems.counts()) == (1, {"unreadable picture": 1})


def test_size_is_that_of_the_picture_as_opencv_shows_it(dataset, tmp_path):
    from PIL import Image

    path = dataset("val: images/val\n" + NAMES, {"val/a.jpg": "0 0.5 0.5 0.5 0.5\n"})
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((100, 200, 3), np.uint8)).save(tmp_path / "images/val/a.jpg", exif=exif)
    (image,) = read_labels(load_dataset_yaml(path), "val", Problems())
    assert image.size == cv2.imread(str(image.path)).shape[1::-1] == (100, 200)
    assert (image.boxes[0].width, image.boxes[0].height) == (50, 100)


@pytest.mark.parametrize(
    "text",
    [
        "val: images/val\n",
        "val: [images/val]\n",
        "path: .\nval: images/val\n",
        "path: ../{folder}\nval: images/val\n",
        "path: {root}\nval: images/val\n",
        "path: elsewhere\nval: images/val\n",
        "validation: images/val\n",
        "val: ../images/val\n",
        "val: {root}/images/val\n",
        "val: list.txt\n",
        "val: dotted.txt\n",
        "val: images/val/a.png\n",
    ],
)
def test_places_are_found_as_ultralytics_users_write_them(dataset, tmp_path, text):
    path = dataset(text.format(root=tmp_path, folder=tmp_path.name) + NAMES, {"val/a.png": ""})
    (tmp_path / "list.txt").write_text(f"{tmp_path}/images/val/a.png\n\n")
    (tmp_path / "dotted.txt").write_text("\ufeff./images/val/a.png\n")
    assert split_images(load_dataset_yaml(path), "val") == [tmp_path / "images/val/a.png"]


def test_pictures_are_sorted_and_each_is_there_once(dataset, tmp_path):
    path = dataset("train: [images/b, images/a, images/b]\n" + NAMES, {"b/x.png": "", "a/z.png": "", "a/Y.JPG": ""})
    found = split_images(load_dataset_yaml(path), "train")
    assert [str(picture.relative_to(tmp_path / "images")) for picture in found] == ["a/Y.JPG", "a/z.png", "b/x.png"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("names: {1: b, 0: a}", ("a", "b")),
        ("names: {'0': a, '1': b}", ("a", "b")),
        ("nc: 2\nnames: [a, b]", ("a", "b")),
        ("nc: 2", ("class_0", "class_1")),
        ("names: [yes, 7, 007, 1e3, off, 2026-13-45]", ("yes", "7", "007", "1e3", "off", "2026-13-45")),
        ("nc: 1.0\nnames: [null x]", ("null x",)),
    ],
)
def test_names(dataset, names, expected):
    assert load_dataset_yaml(dataset(f"val: images\n{names}\n", {})).names == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "keys such as"),
        ("- a\n", "YAML list"),
        ("val: [\n", "not valid YAML"),
        ("val: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("names: [a]\n", "none of the keys"),
        ("val: {a: b}\nnames: [a]\n", "val: a dict"),
        ("val: images\n", "no class names"),
        ("val: images\nnames: []\n", "no class names"),
        ("val: images\nnames: {1: a, 2: b}\n", "without gaps"),
        ("val: images\nnames: {x: a}\n", "names: keys"),
        ("val: images\nnames: [[a], [b]]\n", "no word"),
        ("val: images\nnames: [a, a]\n", "each class name once"),
        ("val: images\nnames: [a, b]\nnc: 3\n", "nc: 3 but 2 names"),
        ("path: [1]\nval: images\nnames: [a]\n", "path: a list"),
        ("? [a, b]\n: c\nval: images\nnames: [a]\n", "a list as a key"),
        ("val: images\nnames: !!bool maybe\n", "does not fit its type"),
        ("val: images\nnc: 1000000000\n", "nc: 1000000000; expected a whole number, at most 100,000 classes"),
        ("val: images\nnames: {.inf: a}\n", "names: keys"),
        ("val: images\nnames: {1e999: a}\n", "names: keys"),
        ("val: images\nnames: {0: a, 0.0: b}\n", "an id twice"),
        ("val: images\nnames: [null]\n", "no word"),
        ("val: images\nnc: .inf\nnames: [a]\n", "nc: .inf"),
        (f"val: images\nnc: {'9' * 5000}\nnames: [a]\n", "nc: 999"),
        ("val: images\nnc: -1\n", "nc: -1"),
        ("val: images\nnames: [a]\nkpt_shape: [.inf, 2]\n", "kpt_shape"),
        ("val: images\nnames: [a]\nkpt_shape: 5\n", "kpt_shape"),
        ("val: images\nnames:" + "".join(f"\n  {n}: a" for n in range(1, 500)), "without gaps"),
        ('val: "a\\0b"\nnames: [a]\n', "null byte"),
        (f"val: {'x' * 5000}\nnames: [a]\n", "File name too long"),
        ("path: ~nobody-of-that-name\nval: x\nnames: [a]\n", "home directory"),
        ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nval: x\nnames: *c\n", "no word"),
    ],
)  # fmt: skip
def test_wrong_yaml_is_one_clear_error(dataset, text, message):
    path = dataset(text, {})
    with pytest.raises(DatasetError, match=message) as error:
        load_dataset_yaml(path)
    assert str(path) in str(error.value)
    assert len(str(error.value)) < 500


def test_missing_yaml_split_folder_and_pictures_are_named(dataset, tmp_path):
    with pytest.raises(DatasetError, match="no such file"):
        load_dataset_yaml(tmp_path / "none.yaml")
    (tmp_path / "empty").mkdir()
    found = load_dataset_yaml(dataset("val: nowhere\ntrain: empty\n" + NAMES, {}))
    with pytest.raises(DatasetError, match="no 'test' split"):
        split_images(found, "test")
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        split_images(found, "val")
    with pytest.raises(DatasetError, match="no pictures in its 'train'"):
        split_images(found, "train")


def test_line_of_a_list_that_is_too_long_for_a_path_is_a_picture_that_is_missing(dataset):
    path = dataset("val: list.txt\n" + NAMES, {})
    (path.parent / "list.txt").write_text("x" * 5000 + ".jpg\n")
    problems = Problems()
    assert list(read_labels(load_dataset_yaml(path), "val", problems)) == []
    assert problems.counts() == {"unreadable picture": 1}


def test_download_entry_is_never_run(dataset, tmp_path):
    victim = tmp_path / "made by download"
    path = dataset(f"val: nowhere\ndownload: |\n  import pathlib; pathlib.Path({str(victim)!r}).touch()\n" + NAMES, {})
    with pytest.raises(DatasetError):
        split_images(load_dataset_yaml(path), "val")
    assert not victim.exists()


def test_label_files_lie_where_ultralytics_looks_for_them(tmp_path):
    from detector.libraries import import_ultralytics

    import_ultralytics()
    from ultralytics.data.utils import img2label_paths

    for name in (
        "images/train/a.jpg",
        "images/images/a.b.png",
        "x/y/a.jpg",
        "images/labels/images/c.JPG",
        "images.jpg",
    ):
        assert str(label_path(tmp_path / name)) == img2label_paths([str(tmp_path / name)])[0]
