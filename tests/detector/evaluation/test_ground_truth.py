import cv2
import numpy as np
import pytest

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.evaluation.ground_truth import load_ground_truth


@pytest.fixture
def dataset(tmp_path):
    """Pictures of 200 x 100; labels are written by the tests."""
    for kind in ("images", "labels"):
        (tmp_path / kind / "test").mkdir(parents=True)
    for name in ("b.jpg", "a.jpg", "c.png"):
        cv2.imwrite(str(tmp_path / "images" / "test" / name), np.zeros((100, 200, 3), np.uint8))
    (tmp_path / "data.yaml").write_text("test: images/test\nnames: [with_mask, without_mask]\n")
    return tmp_path


def load(folder):
    problems = Problems()
    return load_ground_truth(load_dataset_yaml(folder / "data.yaml"), "test", problems), problems


def test_boxes_are_pixels_and_a_picture_without_labels_is_background(dataset):
    (dataset / "labels/test/a.txt").write_text("1 0.5 0.5 0.2 0.4\n")
    (dataset / "labels/test/b.txt").write_text("")
    truth, problems = load(dataset)
    assert [image.file_name for image in truth.images] == ["a.jpg", "b.jpg", "c.png"]
    assert truth.images[0].xyxy.tolist() == pytest.approx(np.array([[80, 30, 120, 70]]))
    assert truth.images[0].class_id.tolist() == [1]
    assert [len(image.xyxy) for image in truth.images] == [1, 0, 0]
    assert not problems.items


def test_boxes_are_clipped_to_the_picture(dataset):
    (dataset / "labels/test/a.txt").write_text("0 0.975 0.5 0.1 1.2\n")
    truth, _ = load(dataset)
    assert truth.images[0].xyxy.tolist() == pytest.approx(np.array([[185, 0, 200, 100]]))


def test_duplicates_are_reported_and_counted_once(dataset):
    (dataset / "labels/test/a.txt").write_text("0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n")
    truth, problems = load(dataset)
    assert truth.images[0].class_id.tolist() == [0, 1]
    assert [(problem.kind, problem.object) for problem in problems.repairs] == [("duplicate box", 2)]
    assert not problems.omissions


def test_a_picture_with_a_face_that_cannot_be_placed_is_left_out(dataset):
    (dataset / "labels/test/a.txt").write_text("0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0 0.4\n")
    (dataset / "labels/test/b.txt").write_text("0 80 100 80 100\n")
    truth, problems = load(dataset)
    assert [image.file_name for image in truth.images] == ["c.png"]
    assert [(problem.kind, problem.object) for problem in problems.omissions] == [
        ("zero area", 2),
        ("outside the picture", 1),
    ]


def test_ids_do_not_depend_on_what_was_left_out(dataset):
    (dataset / "images/test/a.jpg").write_bytes(b"no picture")
    truth, problems = load(dataset)
    assert [image.id for image in truth.images] == [2, 3]
    assert [problem.file for problem in problems.omissions] == [str(dataset / "images/test/a.jpg")]


def test_ultralytics_label_cache_is_not_read(dataset):
    (dataset / "labels/test/a.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    (dataset / "labels/test.cache").write_bytes(b"\x80\x04not for us")
    truth, problems = load(dataset)
    assert len(truth.images[0].xyxy) == 1
    assert not problems.items


def test_the_coco_form_is_complete(dataset):
    (dataset / "labels/test/b.txt").write_text("1 0.5 0.5 0.2 0.4\n")
    truth, _ = load(dataset)
    coco = truth.to_coco()
    assert coco["categories"] == [{"id": 0, "name": "with_mask"}, {"id": 1, "name": "without_mask"}]
    assert coco["images"][1] == {"id": 2, "file_name": "b.jpg", "width": 200, "height": 100}
    (annotation,) = coco["annotations"]
    assert annotation["bbox"] == pytest.approx([80, 30, 40, 40])
    assert {key: annotation[key] for key in ("id", "image_id", "category_id", "area", "iscrowd")} == {
        "id": 1,
        "image_id": 2,
        "category_id": 1,
        "area": 1600,
        "iscrowd": 0,
    }
