import json

import pytest

from converters.annotation import Box
from converters.formats import coco
from converters.problems import Problems
from converters.reading.annotation_source import AnnotationSource
from converters.reading.picture_index import PictureIndex


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


FACE = {"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40]}


@pytest.mark.parametrize(("image_id", "category_id"), [("7", 3), (7, "3"), ("7", "3"), (7.0, 3), (" 7", 3)], ids=str)
def test_ids_that_differ_only_in_type_are_matched(source, problems, picture, annotation, image_id, category_id):
    picture("a.jpg")
    item = {**FACE, "image_id": image_id, "category_id": category_id}
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=[item])))
    (image,) = read(source, problems)
    assert image.boxes == (Box(10, 20, 40, 60, "mask"),)
    assert problems.items == []
    assert len(problems.notes) == (image_id != 7 or category_id != 3)


def test_ids_of_one_text_are_not_guessed_at(source, problems, picture, annotation):
    picture("a.jpg")
    picture("sub/b.jpg")
    images = [{"id": 7, "file_name": "a.jpg"}, {"id": "7", "file_name": "sub/b.jpg"}]
    annotation("x.json", json.dumps(document(images=images, annotations=[{**FACE, "image_id": " 7"}, FACE])))
    assert [len(image.boxes) for image in read(source, problems)] == [1, 0]
    assert problems.counts() == {"annotation of no picture": 1}


@pytest.mark.parametrize("box", [{}, {"bbox": []}, {"bbox": None}])
@pytest.mark.parametrize("outer", [True, False])
def test_box_of_polygons_where_there_is_no_bbox(source, problems, picture, annotation, box, outer):
    picture("a.jpg")
    polygon = [10, 20, 40, 20, 40, 60, 10, 60]
    polygons = [polygon, [15, 20, 20, 25, 15, 25], []] if outer else polygon
    item = {"image_id": 7, "category_id": 3, "segmentation": polygons, **box}
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=[item])))
    (image,) = read(source, problems)
    assert image.boxes == (Box(10, 20, 40, 60, "mask"),)
    assert problems.notes == ["x.json: 1 object has no bbox, and got the box around the polygons."]


@pytest.mark.parametrize(
    "polygons", [[], [[]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5, "x"]], [[1, 2, 3, 4, 5, 6, 7]], {"counts": "x"}, "text", 3]
)
def test_object_without_bbox_and_polygon_leaves_its_picture_out(source, problems, picture, annotation, polygons):
    picture("a.jpg")
    item = {"image_id": 7, "category_id": 3, "segmentation": polygons}
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=[item])))
    assert read(source, problems) == []
    assert problems.counts() == {"malformed object": 1}


def test_iscrowd_that_is_set_everywhere_says_nothing(source, problems, picture, annotation):
    picture("a.jpg")
    items = [{**FACE, "iscrowd": 1}, {**FACE, "bbox": [50, 20, 30, 40], "iscrowd": 1}]
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=items)))
    assert [len(image.boxes) for image in read(source, problems)] == [2]
    assert problems.notes == ["x.json: iscrowd is set for all objects, and so it was not taken for crowds."]
    annotation("x.json", json.dumps(document(images=document()["images"][:1], annotations=[*items, FACE])))
    assert read(source, problems) == []


def test_attributes_stay_beside_the_label(source, problems, picture, annotation):
    picture("a.jpg")
    item = {"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40], "attributes": {"worn": "chin", "rotation": 0.0}}
    annotation("x.json", json.dumps(document(annotations=[item])))
    assert read(source, problems)[0].boxes == (Box(10, 20, 40, 60, "mask", (("worn", "chin"), ("rotation", "0.0"))),)


def test_box_that_cvat_has_turned_leaves_its_picture_out(source, problems, picture, annotation):
    picture("a.jpg")
    item = {"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40], "attributes": {"rotation": 30.0}}
    annotation("x.json", json.dumps(document(annotations=[item])))
    assert [image.path.name for image in read(source, problems)] == []
    assert "turned by 30 degrees" in problems.omissions[0].value
