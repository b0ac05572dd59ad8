import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from detector import Detector
from detector.augmentation import draw_mask
from detector.errors import UsageError
from detector.media.images import read_image
from support.paths import ROOT
from support.waiting import HANGS

FACE = (40, 20, 100, 100)


def skin(value: int = 160) -> np.ndarray:
    return np.full((120, 140, 3), value, np.uint8)


def covered(worn: str, share: float) -> bool:
    """Whether the middle of the face is covered at a share of its height."""
    image = skin()
    y = round(FACE[1] + share * (FACE[3] - FACE[1]))
    return bool((draw_mask(image, FACE, worn)[y, 70] != image[y, 70]).any())  # type: ignore[arg-type]


def test_a_worn_mask_covers_nose_and_mouth_and_a_slipped_one_bares_the_nose() -> None:
    eyes, nose, mouth, chin = 0.3, 0.58, 0.76, 0.92
    assert [covered("correctly", part) for part in (eyes, nose, mouth, chin)] == [False, True, True, True]
    assert [covered("slipped", part) for part in (eyes, nose, mouth, chin)] == [False, False, True, True]


def test_the_picture_itself_and_what_is_far_from_the_face_stay_as_they_are() -> None:
    image = skin()
    drawn = draw_mask(image, FACE)
    assert (image == 160).all()
    assert (drawn[:50] == 160).all() and (drawn[:, :30] == 160).all() and (drawn[:, 110:] == 160).all()


def test_the_cloth_takes_the_colour_and_the_light_of_the_face() -> None:
    red = draw_mask(skin(), FACE, colour=(0, 0, 220))[75, 70]
    assert red[2] > 150 and red[0] < 20
    assert draw_mask(skin(60), FACE)[75, 70].mean() < draw_mask(skin(160), FACE)[75, 70].mean() - 40


@pytest.mark.parametrize(
    "box", [(-30, -30, 20, 20), (130, 110, 200, 200), (500, 500, 600, 600), (5, 5, 5, 5), (3, 3, 6, 7)]
)
def test_boxes_at_and_past_the_edge_are_no_problem(box: tuple[int, ...]) -> None:
    assert draw_mask(skin(), box).shape == (120, 140, 3)


def test_other_ways_to_wear_a_mask_are_refused() -> None:
    with pytest.raises(UsageError, match="'backwards'; expected 'correctly' or 'slipped'"):
        draw_mask(skin(), FACE, "backwards")  # type: ignore[arg-type]


def test_the_shipped_weights_take_drawn_masks_for_masks(detector: Detector, assets: Path) -> None:
    image = read_image(assets / "bus.jpg")
    face = detector.predict(image)[0]
    assert face.label == "without_mask"
    assert detector.predict(draw_mask(image, face.xyxy))[0].label == "with_mask"
    assert detector.predict(draw_mask(image, face.xyxy, "slipped"))[0].label != "without_mask"


@pytest.mark.slow
def test_the_demo_writes_photos_with_worn_and_with_slipped_masks(tmp_path: Path) -> None:
    script = [sys.executable, str(ROOT / "examples" / "demo.py"), str(tmp_path / "pictures")]
    subprocess.run(script, check=True, capture_output=True, timeout=HANGS)
    names = {path.name for path in (tmp_path / "pictures").iterdir()}
    assert names == {f"{stem}{kind}.jpg" for stem in ("bus", "zidane") for kind in ("", "-worn", "-slipped")}
