import json
import os
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from support.commands import interrupt

XML = """<annotation><filename>{name}</filename><size><width>64</width><height>48</height></size>
<object><name>{label}</name><bndbox><xmin>10</xmin><ymin>10</ymin><xmax>{xmax}</xmax><ymax>30</ymax></bndbox></object>
</annotation>"""


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Twenty pictures of noise, one face each; one box reaches past the edge."""
    folder = tmp_path / "my set"
    for name in ("images", "annotations"):
        (folder / name).mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(20):
        name = f"{number}.png"
        cv2.imwrite(str(folder / "images" / name), random.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        label = "mask_weared_incorrect" if number % 5 == 0 else "with_mask"
        xmax = 65 if number == 3 else 40
        (folder / "annotations" / f"{number}.xml").write_text(XML.format(name=name, label=label, xmax=xmax))
    return folder


def test_repairs_alone_end_with_success(convert, voc, tmp_path):
    ran = convert(voc, "--dataset", "face-mask-detection", "--out", tmp_path / "out")
    assert ran.status == 0, ran.err
    assert ran.err == ""
    assert all(text in ran.out for text in ("with_mask", "16 to 32 px", "past the edge 1", "train", "test"))
    assert json.loads((tmp_path / "out/conversion.json").read_text())["problem_counts"] == {"past the edge": 1}


def test_left_out_files_end_with_status_1_and_are_listed(convert, voc, tmp_path):
    (voc / "images/7.png").unlink()
    (voc / "annotations/8.xml").write_text("broken [red]not markup[/red]")
    ran = convert(voc, "--dataset", "face-mask-detection", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "Left out: 2" in ran.err
    assert "7.xml" in ran.err
    assert "8.xml" in ran.err
    assert len(list((tmp_path / "out").glob("images/*/*"))) == 18


def test_unlisted_label_ends_with_status_2_and_names_the_options(convert, voc, tmp_path):
    ran = convert(voc, "--out", tmp_path / "out")
    assert ran.status == 2
    assert "'mask_weared_incorrect' (4)" in ran.err
    assert "--dataset face-mask-detection, which has these labels; or --map and --ignore" in ran.err
    assert not (tmp_path / "out").exists()


def test_map_and_ignore_give_the_labels(convert, voc, tmp_path):
    ran = convert(voc, "--map", "mask_weared_incorrect=mask_worn_incorrectly", "--out", tmp_path / "a")
    assert ran.status == 0, ran.err
    ran = convert(voc, "--ignore", "mask_weared_incorrect", "--out", tmp_path / "b")
    assert ran.status == 0, ran.err
    assert "Ignored boxes: mask_weared_incorrect 4" in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "nonsense"], "--map: 'nonsense'; expected OLD=NEW"),
        (["--map", "a=masked"], "--map: a=masked, and 'masked' is no class; expected with_mask"),
        (["--split", "7:3"], "70/15/15"),
        (["--format", "xml"], "xml"),
        (["--dataset", "nothing"], "face-mask-detection"),
        (["--link", "move"], "hardlink"),
    ],
)
def test_wrong_usage_ends_with_status_2(convert, voc, tmp_path, arguments, message):
    ran = convert(voc, "--out", tmp_path / "out", *arguments)
    assert ran.status == 2
    assert message in ran.err
    assert not (tmp_path / "out").exists()


def test_option_without_effect_is_warned_of(convert, voc, tmp_path):
    ran = convert(
        voc,
        "--dataset",
        "face-mask-detection",
        "--map",
        "With_Mask=with_mask",
        "--ignore",
        "hat",
        "--out",
        tmp_path / "a",
    )
    assert ran.status == 0
    assert (
        "Warning: --map With_Mask=with_mask had no effect: no box has that label; the nearest is 'with_mask'" in ran.err
    )
    assert "Warning: --ignore hat had no effect" in ran.err
    assert len(json.loads((tmp_path / "a/conversion.json").read_text())["warnings"]) == 2
    ran = convert(voc, "--map", "mask_weared_incorect=mask_worn_incorrectly", "--out", tmp_path / "b")
    assert ran.status == 2
    assert "'mask_weared_incorrect' (4)" in ran.err
    assert "--map mask_weared_incorect=mask_worn_incorrectly had no effect" in ran.err
    assert "the nearest is 'mask_weared_incorrect'" in ran.err


def test_annotations_that_are_not_read_never_become_faces_that_fill_the_picture(convert, voc, tmp_path):
    for path in (voc / "annotations").iterdir():
        path.with_suffix(".json").write_text(
            json.dumps({"photo": f"{path.stem}.png", "faces": [{"bbox": [1, 2, 3, 4]}]})
        )
        path.unlink()
    ran = convert(voc, "--map", "images=with_mask", "--out", tmp_path / "out")
    assert ran.status == 2
    assert "20 annotation files, and none that can be read:\n" in ran.err
    assert "0.json and 19 more: JSON of a kind that is not read (keys photo, faces)" in ran.err
    assert not (tmp_path / "out").exists()
    ran = convert(voc, "--format", "folders", "--map", "images=with_mask", "--out", tmp_path / "out")
    assert ran.status == 0


def test_folder_of_pictures_alone_is_not_advised_to_be_mapped(convert, voc, tmp_path):
    for path in (voc / "annotations").iterdir():
        path.unlink()
    ran = convert(voc, "--out", tmp_path / "out")
    assert ran.status == 2
    assert "no classes: 'images' (20 pictures)" in ran.err
    assert "--map" not in ran.err


def test_files_of_other_formats_are_passed_over_and_named(convert, voc, tmp_path):
    (voc / "archive.zip").write_bytes(b"PK")
    (voc / "other.json").write_text('{"faces": [{"bbox": [1, 2, 3, 4]}]}')
    ran = convert(voc, "--map", "mask_weared_incorrect=mask_worn_incorrectly", "--out", tmp_path / "out")
    assert ran.status == 0, ran.err
    assert "Passed over: annotation file of another format 2" in ran.out


def test_format_that_does_not_fit_says_what_the_files_hold(convert, voc, tmp_path):
    (voc / "boxes.csv").write_text('image_id,bbox\n0,"[1, 2, 3, 4]"\n')
    ran = convert(voc, "--format", "csv", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "boxes.csv: another kind of CSV file: " in ran.err
    assert "image_id" in ran.err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["absent"], 2),
        (["a" * 5000], 2),
        (["."], 2),
        ([".", "--format", "voc"], 1),
        ([".", "--dataset", "face-mask-detection"], 1),
        ([".", "--images", "absent"], 2),
    ],
)
def test_exit_status_of_what_cannot_be_converted(convert, tmp_path, monkeypatch, arguments, status):
    monkeypatch.chdir(tmp_path)
    ran = convert(*arguments, "--out", tmp_path / "out")
    assert ran.status == status, ran.err
    assert ran.err.count("Error: ") == 1


def test_existing_folder_is_kept_unless_it_may_be_overwritten(convert, voc, tmp_path):
    arguments = (voc, "--dataset", "face-mask-detection", "--out", tmp_path / "out")
    assert convert(*arguments).status == 0
    assert "--overwrite" in convert(*arguments).err
    (tmp_path / "out/best.pt").write_text("a day of training")
    ran = convert(*arguments, "--overwrite", "--split", "80/20")
    assert ran.status == 0
    assert not (tmp_path / "out/images/test").exists()
    assert "Kept 1 file that no earlier conversion wrote: best.pt" in ran.out
    assert (tmp_path / "out/best.pt").read_text() == "a day of training"


def test_strict_writes_nothing(convert, voc, tmp_path):
    (voc / "annotations/8.xml").write_text("broken")
    ran = convert(voc, "--dataset", "face-mask-detection", "--strict", "--out", tmp_path / "out")
    assert ran.status == 1
    assert "8.xml" in ran.err
    assert not (tmp_path / "out").exists()


def test_separated_scenes_are_warned_of(convert, voc, tmp_path):
    (voc / "images/1.png").write_bytes((voc / "images/0.png").read_bytes())
    rows = [f"{number}.png,{'val' if number == 1 else 'train'}" for number in range(20)]
    (tmp_path / "split.csv").write_text("image,split\n" + "\n".join(rows))
    split = tmp_path / "split.csv"
    ran = convert(voc, "--dataset", "face-mask-detection", "--split", split, "--out", tmp_path / "out")
    assert ran.status == 0
    assert "same scene but lie in different splits" in ran.err
    assert "1 group of 2 pictures" in ran.out


def test_names_that_are_no_text_do_no_harm(convert, voc, tmp_path):
    strange = os.fsdecode(b"\xff\x1b[31m.png")
    (voc / "images/0.png").rename(voc / "images" / strange)
    (voc / "annotations/0.xml").rename(voc / "annotations" / strange.replace(".png", ".xml"))
    (voc / "images/1.png").write_bytes((voc / "images" / strange).read_bytes())
    ran = convert(voc, "--dataset", "face-mask-detection", "--out", tmp_path / "out")
    assert ran.status == 0, ran.err
    assert "\x1b" not in ran.out
    assert len(list((tmp_path / "out").glob("labels/*/*"))) == 20


COPIES_SLOWLY = """
import shutil, time
copyfile = shutil.copyfile
shutil.copyfile = lambda *paths, **options: (time.sleep(0.1), copyfile(*paths, **options))[1]
from detector.cli.app import main
main()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends an interrupt")
def test_ctrl_c_leaves_nothing(voc, tmp_path):
    for number in range(400):
        (voc / "images" / f"copy {number}.png").write_bytes((voc / "images/0.png").read_bytes())
        name = f"copy {number}"
        text = XML.format(name=f"{name}.png", label="with_mask", xmax=40)
        (voc / "annotations" / f"{name}.xml").write_text(text)
    command = [sys.executable, "-c", COPIES_SLOWLY, "convert", voc, "--dataset", "face-mask-detection"]
    ran = interrupt(*command, "--out", tmp_path / "out", when=lambda _: [*tmp_path.glob(".out.*/images/*/*")])
    assert ran.status == 130, ran.err
    assert "Nothing was written" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["my set"]


def test_an_error_does_not_pass_escape_codes_of_a_file_name_to_the_terminal(convert, tmp_path):
    ran = convert("nope\033[31mred\a", "--out", tmp_path / "out")
    assert ran.status == 2
    assert "nope\\x1b[31mred\\x07: no such file" in ran.err
    assert "\033" not in ran.err


@pytest.fixture
def via(tmp_path: Path) -> Path:
    """Four pictures with one face each, whose attribute `mask` says how a mask is worn."""
    folder, entries = tmp_path / "via", {}
    folder.mkdir()
    rect = {"name": "rect", "x": 10, "y": 10, "width": 30, "height": 20}
    for number, worn in enumerate(("yes", "incorrect", "no", "yes")):
        name = f"{number}.png"
        cv2.imwrite(str(folder / name), np.full((48, 64, 3), 60 * number, np.uint8))
        region = {"shape_attributes": rect, "region_attributes": {"class": "face", "mask": worn}}
        entries[name] = {"filename": name, "size": 1, "regions": [region]}
    (folder / "via_region_data.json").write_text(json.dumps(entries))
    return folder


def test_attributes_are_named_and_can_be_mapped_with_their_label(convert, via, tmp_path):
    ran = convert(via, "--out", tmp_path / "a")
    assert ran.status == 2
    assert "'face' (4: face[mask=yes] 2, face[mask=incorrect] 1, face[mask=no] 1)" in " ".join(ran.err.split())
    options = ["face=with_mask", "face[mask=incorrect]=mask_worn_incorrectly", "face[mask=no]=without_mask"]
    ran = convert(via, *(word for option in options for word in ("--map", option)), "--out", tmp_path / "b")
    assert ran.status == 0, ran.err
    labels = sorted(path.read_text().split()[0] for path in (tmp_path / "b").glob("labels/*/*.txt"))
    assert labels == ["0", "0", "1", "2"]


def test_label_with_an_attribute_but_without_a_class_is_refused(convert, via, tmp_path):
    ran = convert(via, "--map", "face[mask=incorrect]", "--out", tmp_path / "out")
    assert ran.status == 2
    assert "--map: 'face[mask=incorrect]'; expected OLD=NEW" in ran.err
