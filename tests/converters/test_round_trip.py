"""What is written for an annotation tool comes back as it was."""

import itertools
import json
from pathlib import Path

import cv2
import pytest

from converters.conversion import convert
from converters.options import ConversionOptions
from converters.problems import Problems
from converters.writing import WRITE_FORMATS
from converters.writing.writers import WRITERS
from support.annotated_sets import draw_scene, voc_xml

ODD_NAMES = (
    "a b.jpg",
    "x 1.jpg",
    "y  2.jpg",
    "\u00e4\u732b.jpg",
    "2026.11.21.jpg",
    "100%.png",
    "#1.jpg",
    "a'b&c.jpg",
    "-x.jpg",
    "1.JPG",
    "x.jpg.jpg",
    "conversion.jpg",
    "conversion.xml.png",
)
FACE = ("without_mask", 10.25, 20.5, 60.123, 70)


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A VOC set with odd names, two names that differ in the extension, background, decimal boxes, and split.csv."""
    folder = tmp_path / "original"
    for number, name in enumerate((*ODD_NAMES, "twin.jpg", "twin.png", "empty.jpg")):
        for place in ("images", "annotations"):
            (folder / place).mkdir(parents=True, exist_ok=True)
        data = cv2.imencode(Path(name).suffix.lower(), draw_scene(number))[1]
        (folder / "images" / name).write_bytes(data.tobytes())
        boxes = [("with_mask", number, 5, 150 + number, 200), ("mask_worn_incorrectly", 300.5, 200, 320, 240), FACE]
        xml = voc_xml(name.replace("&", "&amp;"), [] if name == "empty.jpg" else boxes[: 1 + number % 3])
        (folder / "annotations" / f"{name}.xml").write_text(xml, encoding="utf-8")
    rows = [f"{path.name},{('val', 'test', 'train')[n % 3]}" for n, path in enumerate(sorted(folder.glob("images/*")))]
    (tmp_path / "split.csv").write_text("\n".join(["image,split", *rows]), encoding="utf-8")
    return folder


def content(dataset: Path) -> dict[str, tuple[list[tuple[int, list[float]]], bytes]]:
    """The faces of each picture of a YOLO dataset, class and box in pixels, and its bytes, by split and name."""
    found = {}
    for path in dataset.glob("coco/*.json"):
        coco = json.loads(path.read_text("utf-8"))
        for image in coco["images"]:
            faces = [
                (each["category_id"], each["bbox"]) for each in coco["annotations"] if each["image_id"] == image["id"]
            ]
            data = (dataset / "images" / path.stem / image["file_name"]).read_bytes()
            found[f"{path.stem}/{image['file_name']}"] = (faces, data)
    return found


def written(source: Path, out: Path, **options: object) -> Path:
    convert(ConversionOptions(source, out, **options))  # type: ignore[arg-type]  # keywords of the test
    return out


@pytest.mark.parametrize("to", WRITE_FORMATS)
def test_nothing_is_lost_on_the_way_out_and_back(tmp_path, original, to):
    split = str(tmp_path / "split.csv")
    expected = content(written(original, tmp_path / "expected", quick=True, split=split))
    out = written(original, tmp_path / "tool", quick=True, to=to, split=split)
    summary = convert(ConversionOptions(out, tmp_path / "back", quick=True))
    back = content(tmp_path / "back")
    assert summary.format == to
    assert [str(item) for item in summary.problems.items if item.kind != "no objects"] == []
    assert back.keys() == expected.keys()
    for name, (faces, data) in expected.items():
        assert back[name][1] == data
        assert [face[0] for face in back[name][0]] == [face[0] for face in faces], name
        for (_, box), (_, other) in zip(back[name][0], faces, strict=True):
            assert box == pytest.approx(other, abs=0.001)


@pytest.mark.parametrize(("first", "second"), [*itertools.pairwise((*WRITE_FORMATS, "yolo"))])
def test_a_conversion_replaces_one_in_another_format(tmp_path, original, first, second):
    written(original, tmp_path / "out", quick=True, to=first)
    (tmp_path / "out/notes.txt").write_text("mine")
    written(original, tmp_path / "out", quick=True, to=second, overwrite=True)
    written(original, tmp_path / "fresh", quick=True, to=second)
    names = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*"))
    fresh = sorted(str(path.relative_to(tmp_path / "fresh")) for path in (tmp_path / "fresh").rglob("*"))
    assert names == sorted([*fresh, "notes.txt"])


@pytest.mark.parametrize("to", WRITE_FORMATS)
def test_every_written_name_is_one_that_may_be_removed(tmp_path, original, to):
    from converters.conversion_record import written_names

    out = written(original, tmp_path / "out", quick=True, to=to)
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert names <= (written_names(out) or set())
    assert Problems().items == []
    assert set(WRITERS) == set(WRITE_FORMATS)
