import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from converters.annotation import AnnotatedImage, Box
from detector.errors import OptionError
from detector.evaluation import doubtful_sheet
from detector.evaluation.doubtful_labels import DoubtfulLabel
from detector.evaluation.doubtful_sheet import write_sheet

MARK = (0xF2, 0x3D, 0xFF)  # BGR
GREEN = (96, 174, 39)


@pytest.fixture
def image(tmp_path: Path) -> AnnotatedImage:
    path = tmp_path / "a <b>.png"
    cv2.imwrite(str(path), np.full((200, 300, 3), 90, np.uint8))
    return AnnotatedImage(path, (Box(120, 60, 160, 100, "with_mask"),), (300, 200), Path("a.xml"))


def missed(path: Path, x: float, confidence: float = 0.9) -> DoubtfulLabel:
    return DoubtfulLabel("not annotated", path, (x, 50, x + 50, 110), None, "without_mask", confidence)


def count(sheet: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((sheet == colour).all(axis=2).sum())


def test_faces_are_drawn_with_their_mark_and_what_is_annotated_near_them(tmp_path, image):
    write_sheet(tmp_path / "sheet.png", "one set", [missed(image.path, 60)], [image])
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert count(sheet, MARK) > 500
    assert count(sheet, GREEN) > 50
    assert (sheet[150:390, 20:260] == 90).all(axis=2).mean() > 0.5  # the crop lies in the first place


def test_a_face_in_a_corner_of_the_picture_is_drawn_too(tmp_path, image):
    doubtful = [DoubtfulLabel("other label", image.path, (280, 180, 300, 200), "with_mask", "without_mask", 0.8)]
    write_sheet(tmp_path / "sheet.png", "one set", doubtful, [image])
    assert count(cv2.imread(str(tmp_path / "sheet.png")), MARK) > 100


def test_a_sheet_without_doubtful_labels_says_so(tmp_path, image):
    write_sheet(tmp_path / "sheet.html", "one set", [], [image])
    assert "No doubtful label" in (tmp_path / "sheet.html").read_text()
    write_sheet(tmp_path / "sheet.png", "one set", [], [image])
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None


def test_the_page_holds_its_pictures_and_names_files_in_full(tmp_path, image):
    doubtful = [missed(image.path, 60), DoubtfulLabel("two labels", image.path, (1, 1, 9, 9), "with_mask", "other")]
    write_sheet(tmp_path / "sheet.html", "a & b", doubtful, [image])
    page = (tmp_path / "sheet.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "a &amp; b" in page
    assert str(image.path).replace("<", "&lt;").replace(">", "&gt;") in page
    assert re.findall("<h2>(.*)</h2>", page) == ["One face with two labels: 1", "Faces that nobody annotated: 1"]
    assert "detector: without_mask 0.90" in page


def test_where_there_are_too_many_each_kind_has_its_share_and_the_most_confident_are_shown(
    tmp_path, image, monkeypatch
):
    monkeypatch.setitem(doubtful_sheet.MOST, ".html", 4)
    other = DoubtfulLabel("other label", image.path, (1, 1, 9, 9), "with_mask", "without_mask", 0.61)
    doubtful = [missed(image.path, 10 * number, 0.6 + number / 100) for number in range(9)]
    write_sheet(tmp_path / "sheet.html", "many", [*doubtful, other], [image])
    page = (tmp_path / "sheet.html").read_text()
    assert re.findall("<h2>(.*)</h2>", page) == [
        "Faces that nobody annotated: 9, 3 of them here",
        "Faces with another label: 1",
    ]
    assert re.findall(r"without_mask (0\.\d+)", page) == ["0.68", "0.67", "0.66", "0.61"]


def test_a_picture_that_was_removed_meanwhile_leaves_its_place_dark(tmp_path, image):
    image.path.unlink()
    write_sheet(tmp_path / "sheet.png", "one set", [missed(image.path, 60)], [image])
    assert count(cv2.imread(str(tmp_path / "sheet.png")), (32, 32, 32)) > 10_000


def test_other_suffixes_are_refused(tmp_path, image):
    with pytest.raises(OptionError, match=r"\.png or \.html"):
        write_sheet(tmp_path / "sheet.pdf", "one set", [], [image])
