import json

import numpy as np
import pytest

from detector import Detections
from detector.detections import Detection


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
