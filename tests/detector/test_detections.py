import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest

from detector import Detections
from detector.detections import Detection
from detector.errors import SourceError


@pytest.fixture
def faces():
    return Detections(
        xyxy=np.array([[1, 2, 11, 22], [3.5, 4, 8, 9], [0, 0, 5, 5]]),
        confidence=np.array([0.9, 0.5, 0.3]),
        class_id=np.array([0, 2, 0]),
        tracker_id=np.array([7, -1, 3]),
    )


def test_arrays_have_their_documented_types(faces):
    assert (faces.xyxy.dtype, faces.xyxy.shape) == (np.float32, (3, 4))
    assert faces.confidence.dtype == np.float32
    assert faces.class_id.dtype == faces.tracker_id.dtype == np.int64


def test_every_class_is_counted_in_class_order(faces):
    assert list(faces.counts().items()) == [("with_mask", 2), ("without_mask", 0), ("mask_worn_incorrectly", 1)]
    assert Detections.empty(("a", "b")).counts() == {"a": 0, "b": 0}


def test_iterating_gives_records(faces):
    first, second, _ = faces
    assert first == Detection((1, 2, 11, 22), pytest.approx(0.9), 0, "with_mask", 7)
    assert (second.label, second.tracker_id) == ("mask_worn_incorrectly", None)
    assert faces[-1] == list(faces)[2]
    with pytest.raises(IndexError):
        faces[3]


def test_masks_slices_and_index_lists_give_detections(faces):
    assert faces[faces.confidence > 0.4].labels == ["with_mask", "mask_worn_incorrectly"]
    assert faces[1:].tracker_id.tolist() == [-1, 3]
    assert faces[[2, 0]].xyxy[:, 0].tolist() == [0, 1]
    assert faces[[True, False, False]].tracker_id.tolist() == [7]
    assert len(faces[[]]) == 0 and len(faces[:0]) == 0


def test_dictionaries_can_be_written_as_json(faces):
    rows = json.loads(json.dumps(faces.to_dicts()))
    assert rows[1] == {
        "label": "mask_worn_incorrectly",
        "class_id": 2,
        "confidence": 0.5,
        "xyxy": [3.5, 4, 8, 9],
        "tracker_id": None,
    }


def test_supervision_gets_a_copy(faces):
    pytest.importorskip("supervision")
    theirs = faces.to_supervision()
    theirs.xyxy[:] = 0
    assert faces.xyxy[0].tolist() == [1, 2, 11, 22]
    assert theirs.tracker_id.tolist() == [7, -1, 3]
    assert theirs.data["class_name"].tolist() == faces.labels
    assert len(Detections.empty().to_supervision()) == 0


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="class_id has 1 values for 2 boxes"):
        Detections(np.zeros((2, 4)), np.zeros(2), np.zeros(1))


@pytest.mark.parametrize(
    ("xyxy", "message"),
    [
        (np.zeros((2, 8)), r"xyxy has the shape \(2, 8\); expected \(N, 4\)"),
        (np.zeros((1, 4, 4)), r"expected \(N, 4\)"),
        (np.zeros(4), r"expected \(N, 4\)"),
        (np.zeros(16), r"expected \(N, 4\)"),
        (np.zeros((4, 0)), r"class_id|confidence"),
        (np.zeros((0, 5)), r"expected \(N, 4\)"),
        (0.0, r"expected \(N, 4\)"),
    ],
)
def test_boxes_of_another_shape_are_refused(xyxy, message):
    with pytest.raises(ValueError, match=message):
        Detections(xyxy, np.zeros(4), np.zeros(4))


@pytest.mark.parametrize("field", ["confidence", "class_id", "tracker_id"])
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (), (2, 2)])
def test_columns_of_another_shape_are_refused(field, shape):
    columns = {"confidence": [0.5, 0.5], "class_id": [0, 0], "tracker_id": [1, 2], field: np.zeros(shape)}
    with pytest.raises(ValueError, match=rf"{field} has the shape .*expected \(2,\)"):
        Detections(np.zeros((2, 4)), **columns)


@pytest.mark.parametrize("class_id", [-1, 3, -4])
def test_a_class_id_without_a_name_is_refused(class_id):
    with pytest.raises(ValueError, match=f"class_id has {class_id}; expected 0 to 2"):
        Detections(np.zeros((2, 4)), [0.5, 0.4], [0, class_id])


@pytest.mark.parametrize("class_id", [0.5, float("nan"), float("inf")])
@pytest.mark.filterwarnings("error")
def test_a_class_id_that_is_no_integer_is_refused(class_id):
    with pytest.raises(ValueError, match=f"class_id has {class_id}; expected integers"):
        Detections(np.zeros((1, 4)), [0.5], [class_id])
    assert Detections(np.zeros((1, 4)), [0.5], [2.0]).labels == ["mask_worn_incorrectly"]


def test_empty_lists_are_no_faces():
    assert Detections([], [], []) == Detections.empty()
    assert Detections([], [], []).xyxy.shape == (0, 4)
    assert Detections.empty().is_empty()


def test_detections_are_equal_by_value(faces):
    again = Detections(faces.xyxy.copy(), faces.confidence.copy(), faces.class_id.copy(), faces.tracker_id.copy())
    assert faces == again
    assert faces != faces[:2]
    assert faces != "faces"
    for field, value in {
        "xyxy": faces.xyxy + 1,
        "confidence": faces.confidence / 2,
        "class_id": [1, 2, 0],
        "tracker_id": [7, 8, 3],
        "names": ("a", "b", "c"),
    }.items():
        assert faces != dataclasses.replace(faces, **{field: value}), field
    assert faces != dataclasses.replace(faces, tracker_id=None)
    assert dataclasses.replace(faces, tracker_id=None) != faces
    undecided = dataclasses.replace(faces, confidence=[np.nan] * 3)
    assert undecided == dataclasses.replace(undecided)
    with pytest.raises(TypeError, match="unhashable"):
        hash(faces)


def test_detections_are_pickled_and_copied(faces):
    for copied in (pickle.loads(pickle.dumps(faces)), copy.copy(faces), copy.deepcopy(faces)):
        assert copied == faces


def test_merged_faces_are_in_order_of_their_score(faces):
    one = Detections([[0, 0, 1, 1]], [0.6], [1])
    merged = Detections.merge([faces, one, Detections.empty()])
    assert merged.confidence.tolist() == pytest.approx([0.9, 0.6, 0.5, 0.3])
    assert merged.labels == ["with_mask", "without_mask", "mask_worn_incorrectly", "with_mask"]
    assert merged.tracker_id.tolist() == [7, -1, -1, 3]
    assert Detections.merge([one, one]).tracker_id is None
    assert Detections.merge([]) == Detections.empty()
    assert Detections.merge([faces]) == faces


def test_faces_of_other_classes_are_not_merged(faces):
    with pytest.raises(ValueError, match=r"names \('a', 'b'\); expected \('with_mask'"):
        Detections.merge([faces, Detections.empty(("a", "b"))])


def test_areas_are_in_square_pixels(faces):
    assert faces.area.tolist() == [200, 22.5, 25]
    assert faces.area.dtype == np.float32
    assert Detections.empty().area.shape == (0,)


def test_crops_are_copies_of_the_pixels_inside_the_picture():
    image = np.arange(10 * 8 * 3, dtype=np.uint8).reshape(10, 8, 3)
    found = Detections([[1, 2, 4, 6], [1.5, 2.5, 3.5, 5.5], [-3, -2, 2, 3], [20, 20, 30, 30]], [0.9] * 4, [0] * 4)
    first, partly, edge, outside = found.crop(image)
    np.testing.assert_array_equal(first, image[2:6, 1:4])
    np.testing.assert_array_equal(partly, image[2:6, 1:4])
    np.testing.assert_array_equal(edge, image[0:3, 0:2])
    assert outside.size == 0
    first[:] = 0
    assert image[2, 1].any()
    assert found.crop(image[..., 0])[0].shape == (4, 3)
    assert Detections.empty().crop(image) == []


def test_a_notebook_shows_a_table() -> None:
    faces = Detections([[1, 2, 30.4, 40], [5, 6, 7, 8]], [0.987, 0.5], [1, 0], [7, -1])
    html = faces._repr_html_()
    assert html.startswith("<p>1 with_mask, 1 without_mask</p><table>")
    assert "<td>without_mask</td><td>0.99</td><td>1</td><td>2</td><td>30</td><td>40</td><td>7</td></tr>" in html
    assert html.endswith("<td>8</td><td></td></tr></table>")
    assert Detections.empty()._repr_html_() == "<p>no faces</p>"


def test_the_table_of_a_notebook_is_escaped() -> None:
    hostile = "<script>alert(1)</script>"
    for faces in (
        Detections([[1, 2, 3, 4]], [0.5], [0], names=(hostile,)),
        Detections.empty(error=SourceError(hostile, "no such file")),
    ):
        assert "&lt;script&gt;" in faces._repr_html_()
        assert "<script>" not in faces._repr_html_()


def test_the_table_of_a_notebook_ends_after_100_faces() -> None:
    faces = Detections(np.zeros((130, 4)), np.zeros(130), np.zeros(130))
    assert faces._repr_html_().count("<tr>") == 101
    assert faces._repr_html_().endswith("<p>and 30 more</p>")


def test_the_error_stays_with_parts_and_merged_faces() -> None:
    failed = Detections.empty(error=SourceError("x.jpg", "no such file"))
    assert failed[:0].error is failed.error
    assert Detections.merge([Detections.empty(), failed]).error is failed.error
    assert failed != Detections.empty()
