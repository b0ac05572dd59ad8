"""Results that become training data: labels and crops; and lines of JSON."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from converters.conversion import convert
from converters.options import ConversionOptions
from detector.inference.output_folder import prepare_output_folder
from detector.inference.outputs.names import OutputNames
from detector.inference.run import infer as run_infer
from detector.media.images import read_image
from detector.media.videos import read_video
from support.commands import DETECTOR, Ran
from support.found_faces import FixedDetector
from support.sample_pictures import picture, save, save_video


def run(given: Path, out: Path, *kinds: str) -> Path:
    prepare_output_folder(out, [given])
    run_infer(FixedDetector(), [given], out, save=kinds)  # type: ignore[arg-type]
    return out


def tree(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()} - {"summary.json"}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    save(tmp_path / "in" / "a.png", picture())
    save(tmp_path / "in" / "sub" / "b.jpg", picture(seed=1))
    save_video(tmp_path / "in" / "clip.mp4", [picture(48, 64)] * 2)
    return tmp_path / "in"


def test_labels_are_a_dataset_of_pictures_and_frames(photos: Path, tmp_path: Path) -> None:
    out = run(photos, tmp_path / "out", "labels")
    stems = {"a", "sub/b", "clip.mp4/000000", "clip.mp4/000001"}
    suffixes = {"a": ".png"}
    assert tree(out) == {"data.yaml", "labels/classes.txt"} | {f"labels/{stem}.txt" for stem in stems} | {
        f"images/{stem}{suffixes.get(stem, '.jpg')}" for stem in stems
    }
    rows = [line.split() for line in (out / "labels/a.txt").read_text().splitlines()]
    assert [row[0] for row in rows] == ["0", "1"]
    assert [float(v) for v in rows[1][1:]] == pytest.approx([50 / 80, 19 / 60, 20 / 80, 22 / 60], abs=1e-6)
    assert (read_image(out / "images/a.png") == picture()).all()
    assert np.abs(read_image(out / "images/clip.mp4/000001.jpg").astype(int) - picture(48, 64)).mean() < 6


def test_labels_are_read_by_convert(photos: Path, tmp_path: Path) -> None:
    out = run(photos, tmp_path / "out", "labels")
    convert(ConversionOptions(out, tmp_path / "dataset"))
    labels = sorted((tmp_path / "dataset/labels").rglob("*.txt"))
    assert [len(label.read_text().splitlines()) for label in labels] == [2, 2, 2, 2]


def test_pictures_that_differ_in_their_suffix_alone_keep_their_labels_apart(tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", picture())
    save(tmp_path / "in" / "a.jpg", picture())
    out = run(tmp_path / "in", tmp_path / "out", "labels")
    assert tree(out) >= {"images/a.jpg", "labels/a.txt", "images/a-2.png", "labels/a-2.txt"}


def test_folders_called_images_do_not_lead_ultralytics_astray(tmp_path: Path) -> None:
    from detector.libraries import import_ultralytics

    import_ultralytics()
    from ultralytics.data.utils import img2label_paths

    save(tmp_path / "in" / "images" / "a.png", picture())
    out = run(tmp_path / "in", tmp_path / "out", "labels", "images")
    (image,) = out.glob("images/**/*.png")
    assert Path(img2label_paths([str(image)])[0]).read_text().count("\n") == 2
    assert "images-2/a.png" in tree(out)  # the annotated copy is not among the pictures of the dataset


def test_where_there_are_no_links_pictures_are_copied(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    monkeypatch.setattr("os.link", refuse)
    out = run(photos, tmp_path / "out", "labels")
    assert not (out / "images/a.png").is_symlink()
    assert (out / "images/a.png").read_bytes() == (photos / "a.png").read_bytes()


def test_crops_lie_in_folders_of_their_classes(photos: Path, tmp_path: Path) -> None:
    out = run(photos, tmp_path / "out", "crops")
    stems = ("a", "sub-b", "clip.mp4-000000", "clip.mp4-000001")
    assert tree(out) == {f"crops/with_mask/{stem}-1.jpg" for stem in stems} | {
        f"crops/without_mask/{stem}-2.jpg" for stem in stems
    }
    assert read_image(out / "crops/without_mask/a-2.jpg").shape == (22, 20, 3)


def test_lines_have_every_frame_and_every_input_that_could_not_be_read(photos: Path, tmp_path: Path) -> None:
    (photos / "bad.png").touch()
    out = run(photos, tmp_path / "out", "jsonl")
    lines = [json.loads(line) for line in (out / "detections.jsonl").read_text().splitlines()]
    assert [(Path(line["source"]).name, line.get("frame")) for line in lines] == [
        ("a.png", 0),
        ("bad.png", None),
        ("clip.mp4", 0),
        ("clip.mp4", 1),
        ("b.jpg", 0),
    ]
    assert lines[1]["error"] == "an empty file"
    assert (lines[3]["seconds"], lines[3]["width"], lines[3]["height"]) == (0.04, 64, 48)
    assert lines[0]["faces"][0] == {
        "label": "with_mask",
        "class_id": 0,
        "confidence": 0.9123,
        "xyxy": [10, 12, 30.13, 38],
        "tracker_id": None,
    }


def test_several_kinds_are_written_at_once(photos: Path, tmp_path: Path) -> None:
    out = run(photos, tmp_path / "out", "images", "csv", "json", "jsonl", "labels", "crops")
    names = tree(out)
    assert {"detections.csv", "detections.json", "detections.jsonl", "data.yaml", "a.png", "labels/a.txt"} <= names
    assert len(list(read_video(out / "clip.mp4"))) == 2
    listed = json.loads((out / "summary.json").read_text())
    assert {name for entry in listed["inputs"] for name in entry["files"]} | set(listed["files"]) == names


def test_names_that_belong_together_get_the_same_number(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.png", picture())
    names = OutputNames(tmp_path)
    assert [str(n) for n in names.claim_all([Path("labels/a.txt"), Path("images/a.png")])] == [
        "labels/a-2.txt",
        "images/a-2.png",
    ]


def test_lines_on_standard_output_are_nothing_but_lines(infer: Callable[..., Ran], tmp_path: Path) -> None:
    given = save(tmp_path / "a.png", picture())
    ran = infer(given, tmp_path / "missing.png", "--save", "none", "--jsonl", "-", "--imgsz", 64)
    assert ran.status == 1
    assert [sorted(json.loads(line)) for line in ran.out.splitlines()] == [
        ["faces", "frame", "height", "seconds", "source", "width"],
        ["error", "source"],
    ]
    assert "total of 2 inputs" in ran.err


def test_lines_go_to_a_file(infer: Callable[..., Ran], tmp_path: Path) -> None:
    given = save(tmp_path / "a.png", picture())
    assert infer(given, "--save", "none", "--jsonl", tmp_path / "x.jsonl", "--imgsz", 64).status == 0
    assert json.loads((tmp_path / "x.jsonl").read_text())["width"] == 80


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_ends_the_run(tmp_path: Path) -> None:
    import subprocess

    video = save_video(tmp_path / "long.mp4", [picture(48, 64)] * 3000)
    command = [*DETECTOR, "infer", video, "--save", "none", "--jsonl", "-", "--imgsz", "64"]
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    printed = process.stderr.read().decode()
    assert process.wait() == 130 and "Interrupted" in printed
