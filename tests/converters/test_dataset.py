import json
from pathlib import Path

import pytest

from converters.annotation import AnnotatedImage
from converters.dataset import unique_names, write_dataset


def annotated(path, *boxes, split="train", size=(320, 240)):
    return AnnotatedImage(Path(path), tuple(boxes), size, Path("a.xml"), split)


@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
@pytest.mark.parametrize(
    ("to", "place"),
    [
        ("yolo", "images/train"),
        ("coco", "images/train"),
        ("voc", "JPEGImages"),
        ("labelme", "train"),
        ("cvat", "images/train"),
    ],
)
def test_pictures_are_copied_or_linked(tmp_path, picture, problems, link, to, place):
    path = picture("a.jpg")
    (tmp_path / "out").mkdir()
    write_dataset(tmp_path / "out", to, [annotated(path)], link, problems)
    written = tmp_path / "out" / place / "a.jpg"
    assert written.read_bytes() == path.read_bytes()
    assert written.is_symlink() == (link == "symlink")
    assert (written.stat().st_ino == path.stat().st_ino) == (link != "copy")


def test_every_picture_is_reported_once(tmp_path, picture, problems):
    images = [annotated(picture(f"{split}.jpg"), split=split) for split in ("test", "train", "val")]
    done = []
    write_dataset(tmp_path, "yolo", images, "copy", problems, lambda: done.append(1))
    assert len(done) == 3


def test_names_have_distinct_stems(problems):
    paths = ["x/6100.jpg", "x/6100.png", "y/6100.jpg", "y/6100.JPG", "x/6100_png.jpg", "x/a.b.jpg", "x/a.jpg"]
    names = unique_names([annotated(path) for path in paths], problems)
    assert names[:3] == ["6100.jpg", "6100_png.png", "6100_jpg.jpg"]
    assert names[5:] == ["a.b.jpg", "a.jpg"]
    assert len({Path(name).stem.casefold() for name in names}) == len(names)
    assert problems.counts() == {"name already taken": 4}


def test_names_that_differ_in_the_coding_of_an_accent_are_the_same_name(problems):
    names = unique_names([annotated("x/a\u0301.jpg"), annotated("x/\u00e1.jpg")], problems)
    assert names == ["a\u0301.jpg", "\u00e1_jpg.jpg"]


def test_names_are_such_that_xml_can_hold_them_and_tools_read_them(problems):
    images = [annotated(f"x/{stem}.jpg") for stem in ("a\x1b\udcff", "\u00e4 \u732b", "b\\c", " d ", " ")]
    plain = ["a__.jpg", "\u00e4 \u732b.jpg", "b_c.jpg", "d.jpg", "_.jpg"]
    assert unique_names(images, problems, plain=True) == plain
    assert problems.counts() == {"name that tools cannot read": 4}
    assert unique_names(images, problems) == [image.path.name for image in images]


def test_conversion_json_is_not_taken_for_annotations(tmp_path, picture, problems):
    from converters.conversion import convert
    from converters.options import ConversionOptions

    picture("a.jpg")
    (tmp_path / "images/a.xml").write_text(
        "<annotation><object><name>with_mask</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax>"
        "</bndbox></object></annotation>"
    )
    convert(ConversionOptions(tmp_path / "images", tmp_path / "out", to="coco"))
    summary = convert(ConversionOptions(tmp_path / "out", tmp_path / "again"))
    assert summary.problems.items == []
    assert json.loads((tmp_path / "again/conversion.json").read_text())["format"] == "coco"
