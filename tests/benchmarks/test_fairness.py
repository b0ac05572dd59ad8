"""The pieces of `benchmarks/fairness.py`: the angle, where skin is looked for, groups and intervals."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.formats.yolo import load_dataset_yaml
from converters.problems import Problems
from detector.detections import Detections
from detector.evaluation.ground_truth import load_ground_truth
from detector.evaluation.robustness.counts import FoundFace
from fairness import GREY, UNSEEN, TonedFace, count_groups, print_table, toned_faces
from fairness_parts.sheet import draw_face, write_sheet
from fairness_parts.skin import GROUPS, measure_skin, typology_angle

# BGR colours of skin from light to dark, and the groups that they are in.
TONES = {
    (185, 205, 240): "light",
    (100, 135, 180): "intermediate and tan",
    (75, 100, 145): "brown",
    (30, 45, 75): "dark",
}
BOX = np.array([20.0, 20.0, 80.0, 100.0])
BARE, MASKED = 1, 0


def face(colour: tuple[int, int, int], background: tuple[int, int, int] = (120, 60, 20)) -> np.ndarray:
    image = np.full((120, 100, 3), background, np.uint8)
    image[20:100, 20:80] = colour
    return image


@pytest.mark.parametrize(("lab", "degrees"), [((70, 15, 20), 45.0), ((50, 10, 20), 0.0), ((30, 10, 20), -45.0)])
def test_the_angle_is_that_of_the_formula(lab: tuple[int, int, int], degrees: float) -> None:
    bgr = cv2.cvtColor(np.array([[lab]], np.float32), cv2.COLOR_Lab2BGR) * 255
    assert typology_angle(bgr.round().astype(np.uint8)[0]) == pytest.approx(degrees, abs=1.5)


@pytest.mark.parametrize(("colour", "group"), TONES.items())
def test_skin_is_in_its_group(colour: tuple[int, int, int], group: str) -> None:
    for class_id in (BARE, MASKED):
        skin = measure_skin(face(colour), BOX, class_id)
        assert skin is not None and skin.group == group


def test_a_mask_of_the_colour_of_skin_is_not_measured() -> None:
    image = face((185, 205, 240))
    image[55:100, 20:80] = (30, 45, 75)
    skin = measure_skin(image, BOX, MASKED)
    assert skin is not None and skin.group == "light"


def test_hair_and_glasses_are_not_measured() -> None:
    image = face((185, 205, 240))
    image[20:34, 20:80] = (25, 25, 25)
    skin = measure_skin(image, BOX, MASKED)
    assert skin is not None and skin.group == "light"
    assert not skin.pixels[: 34 - skin.window[1]].any()


def test_eyebrows_and_shadows_of_the_colour_of_skin_are_not_measured() -> None:
    image = face((185, 205, 240))
    image[38:44, 20:80] = (30, 45, 75)
    skin = measure_skin(image, BOX, MASKED)
    assert skin is not None and skin.group == "light"


def test_a_colour_without_yellow_has_no_angle() -> None:
    assert typology_angle(np.array([[150, 140, 170]], np.uint8)) is None


def test_too_little_skin_is_no_measure() -> None:
    assert measure_skin(face((120, 60, 20)), BOX, BARE) is None
    assert measure_skin(face((185, 205, 240)), np.array([20.0, 20.0, 26.0, 27.0]), BARE) is None
    assert measure_skin(face((185, 205, 240)), np.array([99.0, 20.0, 100.0, 60.0]), BARE) is None


def test_every_face_is_counted_once_also_those_without_a_tone() -> None:
    found, missed = FoundFace(BARE, BARE, 0.1), FoundFace(MASKED, None, 0.1)
    faces = [TonedFace(found, "brown"), TonedFace(missed, GREY), TonedFace(found, UNSEEN)]
    counts = count_groups(faces)
    assert list(counts) == ["brown", GREY, UNSEEN]
    assert [(each.faces, each.found) for each in counts.values()] == [(1, 1), (1, 0), (1, 1)]


def test_a_group_of_which_no_face_was_found_has_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("a set", count_groups([TonedFace(FoundFace(MASKED, None, 0.1), "brown")]))
    assert "| brown | 1 | 0.000 (0.000-0.793) | - | 0 of 0 | 0 of 1 | 0 of 0 |" in capsys.readouterr().out


def test_faces_are_matched_and_grouped_in_the_order_of_the_set(tmp_path: Path) -> None:
    for folder in ("images/val", "labels/val"):
        (tmp_path / folder).mkdir(parents=True)
    for number, colour in enumerate(TONES):
        cv2.imwrite(str(tmp_path / f"images/val/{number}.png"), face(colour))
        (tmp_path / f"labels/val/{number}.txt").write_text(f"{BARE} 0.5 0.5 0.6 0.6667\n")
    cv2.imwrite(str(tmp_path / "images/val/4.png"), face((150, 150, 150), (60, 60, 60)))
    (tmp_path / "labels/val/4.txt").write_text(f"{BARE} 0.5 0.5 0.6 0.6667\n")
    (tmp_path / "data.yaml").write_text("val: images/val\nnames: [with_mask, without_mask, mask_worn_incorrectly]\n")

    class LightOnly:
        batch_size = 2

        def predict(self, images: list[np.ndarray]) -> list[Detections]:
            return [
                Detections([BOX], [0.9], [BARE]) if image[60, 50, 0] > 180 else Detections.empty() for image in images
            ]

    truth = load_ground_truth(load_dataset_yaml(tmp_path / "data.yaml"), "val", Problems())
    faces = toned_faces(LightOnly(), truth, 0.5)
    assert [each.group for each in faces] == [*GROUPS, GREY]
    assert [each.found.found_class for each in faces] == [BARE, None, None, None, None]


def test_the_sheet_shows_the_face_and_only_the_measured_skin_beside_it(tmp_path: Path) -> None:
    image = face((185, 205, 240))
    skin = measure_skin(image, BOX, MASKED)
    assert skin is not None
    tile = draw_face(image, BOX, skin)
    assert tuple(tile[80, 48]) == (185, 205, 240) and tuple(tile[80, 96 + 48]) == (255, 255, 255)
    assert tuple(tile[26, 96 + 48]) == (185, 205, 240)
    write_sheet(tmp_path / "sheet.png", {"light": [tile] * 9, "brown": []})
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet is not None and sheet.shape == (28 + 2 * 112 + 28, 8 * 192, 3)
