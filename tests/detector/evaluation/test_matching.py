import numpy as np

from detector.evaluation.matching import match_boxes

FACES = np.array([[0, 0, 10, 10], [20, 0, 30, 10]], float)


def test_a_face_goes_to_the_first_box_that_overlaps_it_enough() -> None:
    boxes = np.array([[0, 0, 10, 9], [0, 0, 10, 10], [22, 0, 36, 10]], float)
    assert match_boxes(boxes, FACES, 0.5).tolist() == [0, -1, 1]
    assert match_boxes(boxes, FACES, 0.7).tolist() == [0, -1, -1]


def test_a_box_takes_the_face_that_it_overlaps_most() -> None:
    faces = np.array([[0, 0, 10, 10], [2, 0, 12, 10]], float)
    boxes = np.array([[2, 0, 12, 10], [2, 0, 12, 10]], float)
    assert match_boxes(boxes, faces, 0.5).tolist() == [1, 0]


def test_no_boxes_and_no_faces_match_nothing() -> None:
    none = np.empty((0, 4))
    assert match_boxes(none, FACES, 0.5).tolist() == []
    assert match_boxes(FACES, none, 0.5).tolist() == [-1, -1]
