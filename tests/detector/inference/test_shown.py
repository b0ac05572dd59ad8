"""Which faces are in the results, and how they are drawn."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from detector import Detector, UsageError
from detector.inference.run import infer as run_infer
from detector.inference.shown import Shown
from detector.media.drawing import DrawStyle
from detector.media.images import read_image
from detector.media.video_part import VideoPart
from detector.media.videos import read_video
from support.commands import Ran
from support.found_faces import FixedDetector
from support.sample_pictures import save, save_video

Infer = Callable[..., Ran]


def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (60, 80, 3), dtype=np.uint8)


def detail(image: np.ndarray, face: slice) -> float:
    return float(np.abs(np.diff(image[15:28, face].astype(int), axis=1)).mean())


WITH, WITHOUT = slice(14, 26), slice(44, 56)  # columns of the two faces that `FixedDetector` finds


def run(given: Path, out: Path, **shown: object) -> Path:
    kinds = ("images", "csv", "json", "jsonl", "labels", "crops")
    run_infer(FixedDetector(), [given], out, save=kinds, shown=Shown(**shown))  # type: ignore[arg-type]
    return out


def test_only_the_faces_of_the_classes_are_in_tables_and_drawings(tmp_path: Path) -> None:
    out = run(save(tmp_path / "a.png", noise()), tmp_path / "out", classes=[1], style=DrawStyle(hide_labels=True))
    with (out / "detections.csv").open() as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["without_mask"]
    assert [a["category_id"] for a in json.loads((out / "detections.json").read_text())["annotations"]] == [1]
    assert len(json.loads((out / "detections.jsonl").read_text())["faces"]) == 1
    assert (out / "labels/a.txt").read_text().startswith("1 ")
    assert [p.parent.name for p in out.glob("crops/**/*.jpg")] == ["without_mask"]
    assert json.loads((out / "summary.json").read_text())["totals"]["faces"]["with_mask"] == 0
    changed = (read_image(out / "a.png") != noise()).any(axis=2)
    assert changed[:, 40:60].any() and not changed[:, 8:32].any()


def test_faces_of_other_classes_are_blurred_all_the_same(tmp_path: Path) -> None:
    style = DrawStyle(hide_labels=True)
    out = run(save(tmp_path / "a.png", noise()), tmp_path / "out", classes=[1], blur="faces", style=style)
    image = read_image(out / "a.png")
    assert detail(image, WITH) < 20 < detail(noise(), WITH) and detail(image, WITHOUT) < 20


def test_no_picture_that_is_written_shows_a_blurred_face(tmp_path: Path) -> None:
    flat = np.full((60, 80, 3), 100, np.uint8)
    flat[12:38, 10:30] = noise()[12:38, 10:30]
    out = run(save_video(tmp_path / "v.mp4", [flat] * 2, qp="0"), tmp_path / "out", blur="faces")
    assert detail(read_image(out / "images/v.mp4/000001.jpg"), WITH) < 20
    assert detail(read_image(out / "crops/with_mask/v.mp4-000001-1.jpg"), slice(2, 16)) < 20


def test_what_cannot_be_blurred_or_chosen_is_wrong_usage(infer: Infer, tmp_path: Path) -> None:
    given = save(tmp_path / "a.png", noise())
    for arguments, message in (
        (["--blur", "all"], "--blur: 'all'; expected faces or bare or none"),
        (["--classes", "masked"], "--classes: 'masked'; expected with_mask, without_mask, mask_worn_incorrectly"),
        (["--classes", "1,7"], "--classes: 7; expected"),
        (["--classes", "without_mask", "--save", "people"], "--classes: together with --save people; expected one of"),
        (["--line-width", "0"], "--line-width: 0; expected"),
    ):
        ran = infer(given, "--out", tmp_path / "out", *arguments)
        assert ran.status == 2 and message in ran.err
    with pytest.raises(UsageError, match="blur"):
        Shown(blur="all")


def test_the_table_has_the_classes_that_were_asked_for(infer: Infer, tmp_path: Path) -> None:
    ran = infer(save(tmp_path / "a.png", noise()), "--save", "none", "--classes", "without_mask", "--imgsz", 64)
    assert ran.status == 0 and "without_mask" in ran.out and "with_mask " not in ran.out


def test_a_stream_gives_the_faces_of_some_classes(detector: Detector, assets: Path) -> None:
    ((_, everything),) = detector.stream(assets / "zidane.jpg")
    ((_, some),) = detector.stream(assets / "zidane.jpg", classes="without_mask")
    assert some == everything[everything.class_id == 1]
    with pytest.raises(UsageError, match="classes"):
        next(detector.stream(assets / "zidane.jpg", classes="masked"))


def test_inputs_come_from_a_list_too(infer: Infer, tmp_path: Path) -> None:
    save(tmp_path / "in" / "a.png", noise())
    save(tmp_path / "in" / "b.png", noise())
    (tmp_path / "in" / "list.txt").write_text("b.png\nmissing.png\n")
    ran = infer(tmp_path / "in" / "a.png", "--inputs-from", tmp_path / "in" / "list.txt", "--out", tmp_path / "out")
    assert ran.status == 1
    entries = json.loads((tmp_path / "out" / "summary.json").read_text())["inputs"]
    assert [(Path(e["source"]).name, e["outcome"]) for e in entries] == [
        ("a.png", "read"),
        ("b.png", "read"),
        ("missing.png", "failed"),
    ]


def test_parts_of_videos_have_their_times_in_every_output(tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [noise()] * 100)
    out, part = tmp_path / "out", VideoPart(every=10, start=1, end=3)
    kinds = ("images", "csv", "json", "labels")
    totals = run_infer(FixedDetector(), [video], out, save=kinds, part=part)  # type: ignore[arg-type]
    assert (totals.frames, totals.outcomes["read"]) == (5, 1)
    with (out / "detections.csv").open() as file:
        rows = [(row["frame"], row["seconds"]) for row in csv.DictReader(file)]
    assert rows[::2] == [("25", "1.000"), ("35", "1.400"), ("45", "1.800"), ("55", "2.200"), ("65", "2.600")]
    images = json.loads((out / "detections.json").read_text())["images"]
    assert [(image["frame"], image["seconds"]) for image in images][1] == (35, 1.4)
    assert (out / "labels/v.mp4/000065.txt").exists()
    copy = [timing for _, timing in read_video(out / "v.mp4")]
    assert [float(timing.seconds) for timing in copy] == [0, 0.4, 0.8, 1.2, 1.6] and copy[0].rate == 2.5


def test_a_stream_gives_a_part_of_a_video(detector: Detector, tmp_path: Path) -> None:
    video = save_video(tmp_path / "v.mp4", [noise()] * 30)
    assert [f.index for f, _ in detector.stream(video, fps=5, start=0.2, end=0.8)] == [5, 10, 15]
    with pytest.raises(UsageError, match="every"):
        next(detector.stream(video, every=0))


def test_wrong_parts_name_their_options(infer: Infer, tmp_path: Path) -> None:
    given = save(tmp_path / "a.png", noise())
    for arguments, message in (
        (["--from", "1:99"], "--from: '1:99'; expected seconds, MM:SS or HH:MM:SS"),
        (["--from", "10", "--to", "5"], "--to: 5 s; expected a time after --from, 10 s"),
        (["--every", "2", "--fps", "1"], "--every: together with --fps; expected one of the two"),
        (["--every", "0"], "--every: 0; expected"),
    ):
        ran = infer(given, "--out", tmp_path / "out", *arguments)
        assert ran.status == 2 and message in ran.err
