from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.detections import Detections
from support.annotated_sets import voc_xml
from support.commands import Ran


class OneFace:
    """In place of the detector: finds one bare face at the same place in every picture."""

    batch_size = 4

    def __init__(self, **options: object) -> None:
        assert options == {"agnostic_nms": True}

    def predict(self, images: list[np.ndarray]) -> list[Detections]:
        return [Detections(np.array([[200, 100, 240, 150]]), np.array([0.9]), np.array([1])) for _ in images]


@pytest.fixture
def convert(convert: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Runs `detector convert` in this process, with a detector that finds the same face everywhere."""
    monkeypatch.setattr("detector.inference.detector.Detector", OneFace)
    return convert


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Six pictures of noise: on the first two the face that the detector finds is annotated, in two ways."""
    folder = tmp_path / "set"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):
        boxes = [("with_mask", 10, 10, 50, 50)]
        if number < 2:
            boxes.append((("without_mask", "with_mask")[number], 200, 100, 240, 150))
        cv2.imwrite(str(folder / f"{number}.png"), random.integers(0, 255, (240, 320, 3), dtype=np.uint8))
        (folder / f"{number}.xml").write_text(voc_xml(f"{number}.png", boxes))
    return folder


def test_checking_writes_nothing_and_says_what_would_be_read(convert, voc, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    ran = convert(voc, "--check")
    assert (ran.status, ran.err) == (0, "")
    assert all(text in ran.out for text in ("voc -> yolo", "train", "with_mask", "32 to 96 px", "Nothing was written"))
    assert "Doubtful" not in ran.out
    assert sorted(tmp_path.rglob("*")) == before


def test_everything_left_out_is_listed_and_ends_with_status_1(convert, voc):
    for number in range(25):
        (voc / f"lost{number}.xml").write_text(voc_xml(f"lost{number}.png", []))
    ran = convert(voc, "--check")
    assert ran.status == 1
    assert all(f"lost{number}.xml" in ran.err for number in range(25))


def test_other_exit_statuses_are_those_of_a_conversion(convert, voc, tmp_path):
    assert convert(tmp_path / "nothing", "--check").status == 2
    (voc / "x.xml").write_text(voc_xml("0.png", [("strange", 1, 1, 9, 9)]))
    ran = convert(voc, "--check")
    assert ran.status == 2
    assert "'strange' (1)" in ran.err
    (voc / "x.xml").write_text("broken")
    assert convert(voc, "--check", "--strict").status == 1


def test_a_face_with_two_labels_is_doubtful_without_a_detector(convert, voc):
    (voc / "3.xml").write_text(voc_xml("3.png", [("with_mask", 9, 9, 50, 50), ("without_mask", 9, 9, 50, 50)]))
    ran = convert(voc, "--check")
    assert ran.status == 1
    assert "Doubtful labels: two labels 1" in ran.out
    assert "3.xml" in ran.err


@pytest.mark.parametrize("name", ["sheet.png", "sheet.html"])
def test_the_sheet_shows_what_the_detector_doubts(convert, voc, tmp_path, name):
    ran = convert(voc, "--check", "--sheet", tmp_path / name)
    assert ran.status == 0, ran.err
    assert "Doubtful labels: other label 1, not annotated 4" in ran.out
    assert f"5 doubtful labels, drawn in {tmp_path / name}" in ran.out
    assert (tmp_path / name).stat().st_size > 10_000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["set", name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--out: missing; expected a folder for the dataset, or --check"),
        (["--sheet", "a.png", "--out", "o"], "--sheet: given without --check"),
        (["--check", "--sheet", "a.jpg"], "--sheet: 'a.jpg'; expected a file that ends in .png or .html"),
        (["--check", "--sheet", "set/1.png"], "--sheet: set/1.png is a file of the input"),
    ],
)
def test_wrong_usage(convert, voc, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    before = (voc / "1.png").read_bytes()
    ran = convert("set", *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert (voc / "1.png").read_bytes() == before
