import json

import pytest

from converters.annotation import Box
from converters.annotation_source import AnnotationSource
from converters.formats import coco
from converters.picture_index import PictureIndex
from converters.problems import Problems


def document(**changes: object) -> dict:
    data: dict = {
        "images": [
            {"id": 7, "file_name": "a.jpg", "width": 320, "height": 240},
            {"id": 9, "file_name": "sub/b.jpg", "width": 320, "height": 240},
        ],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30.5, 40]}],
        "categories": [{"id": 3, "name": "mask"}],
    }
    return {**data, **changes}


def read(source: AnnotationSource, problems: Problems) -> list:
    return list(coco.read(source, problems))


def test_boxes_are_corner_and_size(source, problems, picture, annotation):
    picture("a.jpg")
    picture("sub/b.jpg")
    annotation("x.json", json.dumps(document()))
    first, second = read(source, problems)
    assert first.boxes == (Box(10, 20, 40.5, 60, "mask"),)
    assert first.size == (320, 240)
    assert second.boxes == ()
    assert problems.items == []


@pytest.mark.parametrize(
    ("name", "split"),
    [("instances_val2017.json", "val"), ("train.json", "train"), ("valid/_annotations.coco.json", "val")],
)
def test_split_from_the_name_of_the_file_or_its_folder(source, problems, picture, annotation, name, split):
    picture("a.jpg")
    annotation(name, json.dumps(document(images=document()["images"][:1])))
    (image,) = read(source, problems)
    assert image.split == split


@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": None},
        {"bbox": [1, 2, "x", 4]},
        {"bbox": [1, 2, float("nan"), 4]},
        {"category_id": 99},
        {"category_id": [3]},
    ],
)
def test_picture_with_a_malformed_object_is_left_out(source, problems, picture, annotation, change):
    picture("a.jpg")
    picture("sub/b.jpg")
    item = {**document()["annotations"][0], **change}
    annotation("x.json", json.dumps(document(annotations=[document()["annotations"][0], item])))
    assert [image.path.name for image in read(source, problems)] == ["b.jpg"]
    assert problems.omissions[0].object == 2


@pytest.mark.parametrize("image_id", [99, None, [7], {}])
def test_annotation_of_no_picture_is_reported(source, problems, picture, annotation, image_id):
    picture("a.jpg")
    picture("sub/b.jpg")
    item = {**document()["annotations"][0], "image_id": image_id}
    annotation("x.json", json.dumps(document(annotations=[item, "junk"])))
    assert len(read(source, problems)) == 2
    assert problems.counts("left out") == {"annotation of no picture": 2}


@pytest.mark.parametrize(
    "change",
    [
        {"images": [{"id": 1}]},
        {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]},
        {"images": [{"id": [], "file_name": "a.jpg"}]},
        {"images": ["a.jpg"]},
        {"categories": [{"id": 1}]},
        {"categories": [{"id": 1, "name": None}]},
        {"categories": [3]},
        {"categories": [{"id": 3, "name": "mask"}, {"id": 3, "name": "bare"}]},
    ],
)
def test_file_without_sense_is_left_out(source, problems, picture, annotation, change):
    picture("a.jpg")
    annotation("x.json", json.dumps(document(**change)))
    assert read(source, problems) == []
    assert problems.counts("left out") == {"unreadable annotation file": 1}


def test_traversal_never_leaves_the_folders(tmp_path, problems, picture, annotation):
    inside = picture("a.jpg")
    (tmp_path / "secret.jpg").write_bytes(inside.read_bytes())
    images = [{"id": 1, "file_name": "../secret.jpg"}, {"id": 2, "file_name": str(tmp_path / "secret.jpg")}]
    annotation("x.json", json.dumps(document(images=images, annotations=[])))
    source = AnnotationSource(tmp_path, tmp_path / "annotations", PictureIndex([tmp_path / "images"]))
    assert read(source, problems) == []
    assert problems.counts("left out") == {"missing picture": 2}


def test_crowd_region_is_not_taken_for_a_face(source, problems, picture, annotation):
    picture("a.jpg")
    crowd = {"image_id": 7, "category_id": 3, "bbox": [0, 0, 300, 200], "iscrowd": 1}
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=[crowd])))
    assert read(source, problems) == []
    assert "crowd" in problems.omissions[0].value


def test_frames_of_videos_in_detections_json_are_named_and_not_found_as_pictures(source, problems, picture, annotation):
    picture("clip.jpg")
    images = [{"id": n, "file_name": "clip.mp4", "width": 320, "height": 240, "frame": n, "seconds": n} for n in (1, 2)]
    annotation("detections.json", json.dumps({"images": images, "annotations": [], "categories": []}))
    assert list(coco.read(source, problems)) == []
    assert [(item.kind, item.value) for item in problems.omissions] == [("frames of a video", "clip.mp4: 2 frames")]
