import json
import os
import stat
from pathlib import Path

import cv2
import pytest

from converters.conversion import check, convert
from converters.errors import ConversionError, InputError, UnlistedLabelsError, UsageError
from converters.options import ConversionOptions
from support.annotated_sets import draw_scene, voc_xml


@pytest.fixture
def voc_set(tmp_path, picture, annotation):
    """A VOC set of 12 pictures; number 11 is a crop of number 0."""
    for number in range(12):
        path = picture(f"{number}.jpg", seed=number)
        annotation(f"{number}.xml", voc_xml(path.name, [("mask", 10, 20, 50, 60), ("bare", 100, 100, 130, 150)]))
    cv2.imwrite(str(tmp_path / "images/11.jpg"), draw_scene(0)[20:220, 30:300])
    (tmp_path / "annotations/11.xml").write_text(voc_xml("11.jpg", [("mask", 5, 5, 30, 30)], (270, 200)))
    return tmp_path


def options(folder: Path, **changes) -> ConversionOptions:
    classes = {"mask": "with_mask", "bare": "without_mask"}
    return ConversionOptions(**{"source": folder, "out": folder / "out", "classes": classes, **changes})


def conversion_json(out: Path) -> dict:
    return json.loads((out / "conversion.json").read_text())


def split_of(out: Path, name: str) -> str:
    (found,) = out.glob(f"images/*/{name}")
    return found.parent.name


def files_of(out: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in out.rglob("*")
        if path.is_file() and path.name != "conversion.json"
    }


def test_whole_way(voc_set):
    summary = convert(options(voc_set))
    out = voc_set / "out"
    assert summary.problems.items == []
    assert {path.name for path in out.iterdir()} == {"images", "labels", "coco", "data.yaml", "conversion.json"}
    assert len(list(out.glob("images/*/*.jpg"))) == len(list(out.glob("labels/*/*.txt"))) == 12
    written = conversion_json(out)
    assert sum(counts["boxes"]["with_mask"] for counts in written["splits"].values()) == 12
    assert sum(counts["sizes"]["32 to 96"] for counts in written["splits"].values()) == 22
    assert written["scenes"]["groups"] == 1
    assert split_of(out, "0.jpg") == split_of(out, "11.jpg")


def test_same_input_gives_the_same_dataset_wherever_it_lies(voc_set, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "set"
    for path in sorted(voc_set.rglob("*.*"), reverse=True):
        target = other / path.relative_to(voc_set)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    convert(options(voc_set))
    convert(options(other))
    assert files_of(voc_set / "out") == files_of(other / "out")
    convert(options(voc_set, out=voc_set / "out 2", seed=1))
    assert files_of(voc_set / "out").keys() != files_of(voc_set / "out 2").keys()


def test_every_stage_reports_its_progress(voc_set):
    seen: dict[str, tuple[int, int]] = {}
    convert(options(voc_set), lambda stage, done, total: seen.update({stage: (done, total)}))
    assert [*seen] == ["Reading", "Checking pictures", "Comparing scenes", "Writing"]
    assert {seen[stage] for stage in ("Reading", "Checking pictures", "Writing")} == {(12, 12)}


def test_checking_finds_what_a_conversion_would_write_and_writes_nothing(voc_set):
    before = sorted(voc_set.rglob("*"))
    checked = check(options(voc_set, out=None))
    assert sorted(voc_set.rglob("*")) == before
    written = convert(options(voc_set))
    assert (checked.summary.splits, checked.summary.scenes) == (written.splits, written.scenes)
    assert len(checked.images) == 12
    assert {image.split for image in checked.images} == {"train", "val", "test"}


def test_unlisted_labels_stop_it_before_anything_is_written(voc_set):
    before = sorted(voc_set.rglob("*"))
    with pytest.raises(UnlistedLabelsError, match=r"'bare' \(11\)"):
        convert(options(voc_set, classes={"mask": "with_mask"}))
    assert sorted(voc_set.rglob("*")) == before


def test_ignored_labels_are_counted(voc_set):
    summary = convert(options(voc_set, classes={"mask": "with_mask"}, ignored=frozenset({"bare"})))
    assert summary.ignored == conversion_json(voc_set / "out")["ignored_boxes"] == {"bare": 11}
    assert summary.problems.notes == []


def test_pictures_that_lose_all_their_boxes_are_remarked_on(voc_set):
    summary = convert(options(voc_set, classes={"bare": "without_mask"}, ignored=frozenset({"mask"})))
    assert summary.problems.notes == ["1 picture had only boxes that were ignored, and is background now."]


def test_table_of_unlabelled_pictures_is_no_dataset(voc_set):
    table = voc_set / "submission.csv"
    table.write_text("name,x1,x2,y1,y2,classname\n0.jpg,,,,,\n1.jpg,,,,,\n")
    with pytest.raises(ConversionError, match="unlabelled picture 2"):
        convert(options(voc_set, source=table))


def test_split_file_wins_and_separated_scenes_are_named(voc_set):
    rows = [f"{number}.jpg,{'val' if number in (3, 11) else 'train'}" for number in range(12)]
    (voc_set / "split.csv").write_text("image,split\n" + "\n".join(rows))
    summary = convert(options(voc_set, split=str(voc_set / "split.csv")))
    assert split_of(voc_set / "out", "11.jpg") == "val"
    assert [(Path(a).name, Path(b).name) for a, b in summary.separated] == [("0.jpg", "11.jpg")]
    assert sorted(path.name for path in (voc_set / "out/coco").iterdir()) == ["train.json", "val.json"]


def test_wrong_split_file_is_refused_before_any_work(voc_set):
    (voc_set / "split.csv").write_text("image,part\n")
    with pytest.raises(UsageError, match="image,split"):
        convert(options(voc_set, split=str(voc_set / "split.csv")))
    with pytest.raises(UsageError, match="cannot be read"):
        convert(options(voc_set, split=str(voc_set / "none.csv")))


def test_set_that_comes_split_stays_so_unless_told_otherwise(tmp_path, picture):
    for split, count in (("Train", 4), ("Validation", 3), ("Test", 2)):
        for number in range(count):
            picture(f"{split}/WithMask/{number}.png", 40, 40, seed=number * 10 + len(split))
    source = tmp_path / "images"
    summary = convert(ConversionOptions(source, tmp_path / "out", dataset="face-mask-12k"))
    assert {split: counts.images for split, counts in summary.splits.items()} == {"train": 4, "val": 3, "test": 2}
    summary = convert(ConversionOptions(source, tmp_path / "out 2", dataset="face-mask-12k", split="1/2"))
    assert {split: counts.images for split, counts in summary.splits.items()} == {"train": 3, "val": 6}


def test_picture_in_two_splits_is_kept_in_train_alone(tmp_path, picture):
    for split, numbers in (("train", (0, 1, 2)), ("val", (2, 3))):
        images = [{"id": number, "file_name": f"{number}.jpg"} for number in numbers]
        boxes = [{"image_id": number, "category_id": 1, "bbox": [40, 50, 80, 100]} for number in numbers]
        data = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "with_mask"}]}
        (tmp_path / f"{split}.json").write_text(json.dumps(data))
    for number in range(4):
        picture(f"{number}.jpg")
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out"))
    assert {split: counts.images for split, counts in summary.splits.items()} == {"train": 3, "val": 1}
    assert split_of(tmp_path / "out", "2.jpg") == "train"
    assert (
        "1 picture is in two splits of the set, and kept in one alone: in train, else in val." in summary.problems.notes
    )
    divided = convert(ConversionOptions(tmp_path, tmp_path / "out 2", split="1/1"))
    assert not any("two splits" in note for note in divided.problems.notes)


def test_folders_of_pictures_and_labels_of_a_split_are_recognised(tmp_path, picture):
    for folder in ("train_images", "Test Images"):
        for number in range(2):
            path = picture(f"{folder}/{folder} {number}.jpg")
            path.with_suffix(".xml").write_text(voc_xml(path.name, [("with_mask", 10, 20, 50, 60)]))
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out"))
    assert {split: counts.images for split, counts in summary.splits.items()} == {"train": 2, "test": 2}


def test_table_without_the_columns_of_boxes_is_refused_with_what_is_missing(tmp_path, picture):
    picture("a.jpg")
    (tmp_path / "train.csv").write_text('image_id,width,height,bbox\na,320,240,"[1, 2, 3, 4]"\n')
    with pytest.raises(
        ConversionError, match=r"columns image_id, width, height, bbox: none with .* expected columns such"
    ):
        convert(ConversionOptions(tmp_path, tmp_path / "out", format="csv"))


def test_boxes_between_0_and_1_are_written_as_fractions_of_the_picture(tmp_path, picture):
    for number in range(3):
        picture(f"{number}.jpg")
    rows = "".join(f"{number}.jpg,0.125,0.2,0.4,0.6,with_mask\n" for number in range(3))
    (tmp_path / "a.csv").write_text("filename,xmin,ymin,xmax,ymax,class\n" + rows)
    convert(ConversionOptions(tmp_path, tmp_path / "out", split="1/0"))
    labels = {path.read_text() for path in (tmp_path / "out/labels/train").iterdir()}
    assert labels == {"0 0.262500 0.400000 0.275000 0.400000\n"}


def test_boxes_on_the_stated_size_are_scaled_in_all_pictures(tmp_path, picture, annotation):
    for name, box in (("a", (200, 100, 300, 220)), ("b", (400, 300, 500, 400))):
        picture(f"{name}.jpg")
        annotation(f"{name}.xml", voc_xml(f"{name}.jpg", [("with_mask", *box)], (640, 480)))
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out", split="1/0"))
    assert (tmp_path / "out/labels/train/a.txt").read_text() == "0 0.390625 0.333333 0.156250 0.250000\n"
    assert "2 pictures have another size than stated" in summary.problems.notes[0]


def test_pictures_with_a_face_outside_are_left_out_and_many_of_them_are_warned_of(tmp_path, picture, annotation):
    for number in range(12):
        picture(f"{number}.jpg", seed=number)
        box = (10, 20, 50, 60) if number < 2 else (400, 20, 450, 60)
        annotation(f"{number}.xml", voc_xml(f"{number}.jpg", [("with_mask", *box)], None))
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out", split="1/0"))
    assert summary.splits["train"].images == 2
    assert summary.problems.counts("left out") == {"outside the picture": 10}
    assert "10 of 12 pictures have a face outside the picture" in summary.problems.warnings[0]
    (tmp_path / "annotations/9.xml").unlink()
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out 2", split="1/0"))
    assert summary.problems.warnings == []


def test_same_stem_with_two_extensions_stays_two_images(tmp_path, picture, annotation):
    for name, label in (("6100.jpg", "face_with_mask"), ("6100.png", "face_no_mask")):
        picture(name)
        box = {"BoundingBox": [10, 10, 40, 40], "classname": label}
        annotation(f"{name}.json", json.dumps({"FileName": name, "Annotations": [box]}))
    summary = convert(ConversionOptions(tmp_path, tmp_path / "out", dataset="medical-mask", split="1/0"))
    labels = tmp_path / "out/labels/train"
    assert {path.name: path.read_text()[0] for path in labels.iterdir()} == {"6100.txt": "0", "6100_png.txt": "1"}
    assert summary.problems.counts() == {"name already taken": 1}


def test_unreadable_pictures_are_left_out_and_listed(voc_set):
    path = voc_set / "images/4.jpg"
    path.write_bytes(path.read_bytes()[:3000])
    (voc_set / "images/5.jpg").write_bytes(b"")
    summary = convert(options(voc_set))
    assert [Path(problem.file).name for problem in summary.problems.omissions] == ["4.jpg", "5.jpg"]
    assert len(list((voc_set / "out").glob("images/*/*"))) == 10
    (listed, _) = conversion_json(voc_set / "out")["problems"]
    assert listed["file"].endswith("4.jpg")
    assert listed["outcome"] == "left out"


def test_strict_stops_and_writes_nothing(voc_set):
    (voc_set / "images/4.jpg").write_bytes(b"")
    with pytest.raises(InputError, match=r"4\.jpg"):
        convert(options(voc_set, strict=True))
    assert not any(path.name.startswith((".out", "out")) for path in voc_set.iterdir())


def test_quick_trusts_the_headers(voc_set):
    path = voc_set / "images/4.jpg"
    path.write_bytes(path.read_bytes()[:3000])
    summary = convert(options(voc_set, quick=True))
    assert summary.problems.items == []
    assert summary.scenes == []
    assert len(list((voc_set / "out").glob("images/*/*"))) == 12


def test_interruption_leaves_nothing(voc_set):
    def stop(stage, done, total):
        if stage == "Writing":
            raise KeyboardInterrupt

    before = sorted(voc_set.rglob("*"))
    with pytest.raises(KeyboardInterrupt):
        convert(options(voc_set), stop)
    assert sorted(voc_set.rglob("*")) == before


def test_input_is_never_touched(voc_set, tmp_path_factory):
    before = files_of(voc_set)
    for path in voc_set.rglob("*"):
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        out = tmp_path_factory.mktemp("elsewhere") / "out"
        convert(options(voc_set, out=out))
    finally:
        for path in voc_set.rglob("*"):
            path.chmod(stat.S_IRWXU)
    assert files_of(voc_set) == before


def test_conversion_json_lists_every_file(voc_set):
    convert(options(voc_set, link="symlink"))
    out = voc_set / "out"
    listed = conversion_json(out)["files"]
    assert listed["."] == ["conversion.json", "data.yaml"]
    names = {f"{folder}/{name}".removeprefix("./") for folder, names in listed.items() for name in names}
    assert names == {str(path.relative_to(out)) for path in out.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("version", ["0.1", "this"])
@pytest.mark.parametrize("link", ["copy", "hardlink", "symlink"])
def test_overwriting_keeps_what_no_conversion_wrote(voc_set, version, link):
    out = voc_set / "out"
    strange = os.fsdecode(b"\xff.jpg")
    (voc_set / "images/3.jpg").rename(voc_set / "images" / strange)
    (voc_set / "annotations/3.xml").rename(voc_set / "annotations" / strange.replace(".jpg", ".xml"))
    convert(options(voc_set, link=link))
    if version == "0.1":
        record = conversion_json(out)
        del record["files"]
        (out / "conversion.json").write_text(json.dumps(record))
    (out / "runs").mkdir()
    (out / "runs/best.pt").write_text("a day of training")
    (out / "images/train/mine.jpg").write_text("my own picture")
    for _ in range(2):
        summary = convert(options(voc_set, link=link, split="1/0", overwrite=True))
        assert summary.problems.notes == [
            "Kept 2 files that no earlier conversion wrote: images/train/mine.jpg, runs/best.pt"
        ]
    assert (out / "runs/best.pt").read_text() == "a day of training"
    assert (out / "images/train/mine.jpg").read_text() == "my own picture"
    assert len(list(out.glob("images/*/*"))) == 13
    assert len(list(out.glob("labels/*/*"))) == 12
    assert not (out / "images/test").exists()
    assert "runs" not in conversion_json(out)["files"]


def test_own_dataset_converts_to_itself(voc_set):
    convert(options(voc_set))
    convert(ConversionOptions(voc_set / "out", voc_set / "again"))
    first, again = files_of(voc_set / "out"), files_of(voc_set / "again")
    assert first.keys() == again.keys()
    assert {name: data for name, data in first.items() if "labels" in name} == {
        name: data for name, data in again.items() if "labels" in name
    }


def test_pictures_elsewhere(voc_set, tmp_path_factory):
    elsewhere = (voc_set / "images").rename(tmp_path_factory.mktemp("elsewhere") / "pictures")
    with pytest.raises(ConversionError, match="no usable annotated picture"):
        convert(options(voc_set))
    assert len(convert(options(voc_set, images=elsewhere)).problems.items) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": Path("absent")}, "no such file or folder"),
        ({"dataset": "mask-set"}, "face-mask-detection"),
        ({"dataset": "medical-mask", "format": "voc"}, "one of the two"),
        ({"format": "xml"}, "one of voc"),
        ({"images": Path("absent")}, "folder of the pictures"),
        ({"split": "70:30"}, "70/15/15"),
        ({"classes": {"mask": "masked"}}, "is no class"),
    ],
)
def test_wrong_options(voc_set, monkeypatch, change, message):
    monkeypatch.chdir(voc_set)
    with pytest.raises(UsageError, match=message):
        convert(options(voc_set, **change))


@pytest.mark.slow
def test_the_real_set(tmp_path, shared):
    folder = shared / "data/face-mask-detection"
    split = str(folder / "split.csv")
    summary = convert(
        ConversionOptions(folder, tmp_path / "out", dataset="face-mask-detection", split=split, link="symlink")
    )
    assert {name: counts.images for name, counts in summary.splits.items()} == {"train": 659, "val": 63}
    totals = [sum(counts.boxes[name] for counts in summary.splits.values()) for name in summary.splits["train"].boxes]
    assert totals == [2774, 632, 105]
    assert summary.problems.counts() == {"past the edge": 12}
    assert summary.separated == []


@pytest.mark.parametrize("place", ["source", "images"])
def test_input_inside_the_output_is_never_replaced(voc_set, place):
    convert(options(voc_set))
    before = files_of(voc_set)
    changes = {"source": voc_set, place: voc_set / "out/images"}
    with pytest.raises(UsageError, match="holds the input"):
        convert(options(voc_set, **changes, link="symlink", overwrite=True))
    assert files_of(voc_set) == before


def test_pictures_without_annotation_are_listed(voc_set):
    (voc_set / "annotations/3.xml").unlink()
    problems = convert(options(voc_set)).problems
    assert [(item.kind, Path(item.file).name) for item in problems.items] == [("picture without annotation", "3.jpg")]
    assert problems.omissions == []


@pytest.mark.parametrize("rows", ["", "elsewhere.jpg,train\n"])
def test_split_file_that_names_no_picture_writes_nothing(voc_set, rows):
    table = voc_set / "split.csv"
    table.write_text("image,split\n" + rows)
    with pytest.raises(UsageError, match="names none"):
        convert(options(voc_set, split=str(table)))
    assert not (voc_set / "out").exists()
