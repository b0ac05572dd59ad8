import numpy as np
import pytest

from detector import Detections, UsageError
from detector.media.blurring import BLURS, blur_faces

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")
FACES = Detections([[20, 20, 60, 70], [100, 20, 140, 70], [180, 20, 220, 70]], [0.9, 0.8, 0.7], [0, 1, 2], None, NAMES)


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (100, 240, 3), dtype=np.uint8)


def detail(image: np.ndarray, face: int) -> float:
    """How much neighbouring pixels of a face differ."""
    x1, y1, x2, y2 = FACES.xyxy[face].astype(int)
    return float(np.abs(np.diff(image[y1:y2, x1:x2].astype(int), axis=1)).mean())


@pytest.mark.parametrize(("blur", "blurred"), [("faces", [0, 1, 2]), ("bare", [1, 2]), ("none", [])])
def test_the_right_faces_lose_their_detail(blur: str, blurred: list[int]) -> None:
    image = noise()
    result = blur_faces(image, FACES, blur)
    for face in range(3):
        assert (detail(result, face) < 5) == (face in blurred)
    assert (result[:, 75:85] == image[:, 75:85]).all()  # between the faces
    assert (image == noise()).all()


def test_faces_at_the_edge_and_outside_are_no_error() -> None:
    boxes = [[-10, -10, 5, 5], [230, 90, 400, 300], [500, 500, 600, 600], [50, 50, 50, 50]]
    faces = Detections(boxes, [0.9] * 4, [1] * 4, None, NAMES)
    result = blur_faces(noise(), faces, "faces")
    assert (result[:5, :5] != noise()[:5, :5]).any()


def test_drawing_from_python_blurs_too() -> None:
    image = noise()
    assert detail(FACES.draw(image, blur="faces", hide_labels=True), 1) < 15
    assert detail(FACES.draw(image), 1) > 50
    with pytest.raises(UsageError, match=f"blur: 'all'; expected {' or '.join(BLURS)}"):
        FACES.draw(image, blur="all")
