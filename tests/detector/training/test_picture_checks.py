import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from converters.problems import Problem, Problems
from detector.cli.app import main
from detector.errors import OptionError, TrainingError
from detector.training.data import keep_in_list, load_datasets, usable_pictures
from detector.training.decoding import Decoding
from detector.training.pictures import check
from detector.training.progress import Progress
from support.datasets import make_dataset


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "dataset")


def image_files(data: Path, split: str = "train") -> list[Path]:
    return sorted((data.parent / "images" / split).iterdir())


def usable(data: Path, **options: Any) -> list[str]:
    return [image.path.name for image in usable_pictures(load_datasets([data]), "train", **options).images]


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tiff"])
def test_a_picture_that_was_cut_short_is_left_out(data: Path, kind: str) -> None:
    path = image_files(data)[0]
    Image.fromarray(cv2.imread(str(path))).save(path.with_suffix(f".{kind}"))
    cut_short(path.with_suffix(f".{kind}"))
    decoded = usable_pictures(load_datasets([data]), "train", decoding=Decoding())
    assert [Path(problem.file).suffix for problem in decoded.left_out] == [f".{kind}"]


def test_pictures_are_decoded_once_and_again_when_they_change(data: Path, tmp_path: Path, monkeypatch: Any) -> None:
    memory, decoded = tmp_path / "decoded.json", list[str]()
    datasets = load_datasets([data])
    images = usable_pictures(datasets, "train").images
    first = Decoding()
    cut_short(images[3].path)
    assert len(first.intact(images, Problems())) == 5
    first.remember(memory)

    def count(image: Any) -> str:
        decoded.append(image.path.name)
        return ""

    monkeypatch.setattr("detector.training.decoding._damage", count)
    again, problems = Decoding(memory), Problems()
    assert len(again.intact(images, problems)) == 5 and decoded == []
    assert "cut short" in problems.omissions[0].value or "truncated" in problems.omissions[0].value
    os.utime(images[1].path, (1, 1))
    images[2].path.unlink()
    assert len(Decoding(memory).intact(images, problems)) == 4 and decoded == [images[1].path.name]
    memory.write_text('{"a": 1, "b')
    assert len(Decoding(memory).intact(images[:1], problems)) == 1


def test_progress_counts_every_picture(data: Path) -> None:
    calls: list[tuple[int, int]] = []
    usable(data, decoding=Decoding(on_picture=lambda done, total: calls.append((done, total))))
    assert calls == [(number, 6) for number in range(1, 7)]


def test_a_picture_whose_pixels_are_not_those_of_its_header_is_left_out(data: Path, monkeypatch: Any) -> None:
    images = usable_pictures(load_datasets([data]), "train").images[:1]
    monkeypatch.setattr("ultralytics.utils.patches.imread", lambda path: np.zeros((96, 64, 3), np.uint8))
    problems = Problems()
    assert not Decoding().intact(images, problems)
    assert problems.omissions[0].value == "64 x 96 pixels, where its header says 96 x 64"


def test_pictures_of_every_suffix_that_can_be_decoded_are_trained_on(data: Path, tmp_path: Path) -> None:
    from ultralytics.cfg import get_cfg

    from detector.training.data import write_dataset
    from detector.training.labelled import LabelledDataset

    path = image_files(data)[0]
    Image.open(path).save(path.with_suffix(".ppm"))
    path.unlink()
    images = usable_pictures(load_datasets([data]), "train", decoding=Decoding()).images
    (tmp_path / "out").mkdir()
    written = write_dataset(tmp_path / "out" / "data.yaml", ("a", "b", "c"), {"train": images})
    description = {"yaml_file": str(written), "nc": 3, "channels": 3, "names": ["a", "b", "c"]}
    listing = str(written.with_name("train.txt"))
    dataset = LabelledDataset(split="train", img_path=listing, imgsz=64, hyp=get_cfg(), data=description)
    assert [Path(file).name for file in dataset.im_files] == ["0.ppm", *(f"{n}.jpg" for n in range(1, 6))]


def test_too_many_left_out_stop_the_training_and_are_listed_before(data: Path) -> None:
    for path in image_files(data)[:2]:
        cut_short(path)
    listed: list[tuple[str, int, int]] = []

    def on_left_out(purpose: str, left_out: list[Problem], total: int) -> None:
        listed.append((purpose, len(left_out), total))

    message = (
        r"data\.yaml: 2 of 6 pictures of its 'train' split cannot be used: 2 damaged picture; expected at most 10%"
    )
    with pytest.raises(TrainingError, match=message):
        check([data], progress=Progress(on_left_out=on_left_out))
    assert listed == [("train", 2, 6)]
    assert len(check([data], max_left_out=0.4)) == 2


def test_damaged_validation_pictures_and_thumbnails_are_found_too(data: Path, tmp_path: Path) -> None:
    from detector.augmentation.settings import Augmentation

    small = make_dataset(tmp_path / "small", splits=("train",))
    cut_short(image_files(data, "val")[0])
    cut_short(image_files(small)[1])
    listed: list[str] = []
    progress = Progress(on_left_out=lambda purpose, left_out, total: listed.append(purpose))
    augmentation = Augmentation(collages=0.2)
    left_out = check([data], thumbnails=[small], augmentation=augmentation, max_left_out=0.2, progress=progress)
    assert listed == ["val", "thumbnails"] and len(left_out) == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0 48 32 20 20", "outside the picture"),  # pixels
        ("0 1.5 0.5 0.2 0.2", "outside the picture"),
        ("0 0.5 0.5 0 0.2", "zero area"),
        ("0 0.5 0.5 0.005 0.2", "smaller than a pixel"),
    ],
)
def test_pictures_with_boxes_that_cannot_be_placed_are_left_out(data: Path, row: str, reason: str) -> None:
    (data.parent / "labels" / "train" / "2.txt").write_text(f"0 0.5 0.5 0.2 0.2\n{row}\n")
    left_out = usable_pictures(load_datasets([data]), "train").left_out
    assert [(Path(problem.file).name, problem.kind, problem.object) for problem in left_out] == [("2.txt", reason, 2)]


def test_an_error_without_a_usable_picture_says_why(data: Path) -> None:
    for path in (data.parent / "labels" / "train").iterdir():
        path.write_text("9 0.5 0.5 0.1 0.1\n")
    with pytest.raises(
        TrainingError, match=r"no usable picture in its 'train' split: 6 malformed row; the first is .*0\.txt"
    ):
        usable(data)


@pytest.mark.parametrize("change", [Path.unlink, lambda path: path.write_text("")])
def test_not_one_box_says_where_labels_were_looked_for(data: Path, change: Callable[[Path], object]) -> None:
    labels = sorted((data.parent / "labels" / "train").iterdir())
    for path in labels:
        change(path)
    there = sum(path.exists() for path in labels)
    message = (
        rf"6 pictures but not one box in its 'train' split \({there} label files are there, looked for as .*0\.txt\)"
    )
    with pytest.raises(TrainingError, match=message):
        usable(data)


def test_the_share_that_may_be_left_out_is_a_share(data: Path) -> None:
    with pytest.raises(OptionError, match="max_left_out: 7"):
        check([data], max_left_out=7)


def test_a_list_keeps_what_is_usable_as_often_as_before(data: Path, tmp_path: Path) -> None:
    images = usable_pictures(load_datasets([data]), "train").images
    listing = tmp_path / "train.txt"
    listing.write_text("".join(f"{image.path}\n" for image in [*images, images[0], images[1]]))
    keep_in_list(listing, images[1:])
    assert listing.read_text().splitlines() == [str(image.path) for image in [*images[1:], images[1]]]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["detector", *map(str, arguments)])
    with pytest.raises(SystemExit) as exited:
        main()
    return int(exited.value.code or 0)


def test_check_says_what_a_training_would_use_and_writes_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert run(monkeypatch, "train", data, "--check") == 0
    assert "Training on 6 pictures with 18 boxes." in capsys.readouterr().out
    cut_short(image_files(data)[4])
    assert run(monkeypatch, "train", data, "--check", "--max-left-out", "0.2") == 1
    printed = capsys.readouterr()
    assert "Training on 5 pictures with 15 boxes of 6: 1 left out (1 damaged picture)." in printed.out
    assert "1 of 6 training pictures cannot be used, and are left out:" in printed.err and "4.jpg" in printed.err
    assert run(monkeypatch, "train", data, "--check") == 1
    assert "--max-left-out sets another share" in " ".join(capsys.readouterr().err.split())
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--check --resume", "--resume: given together with --check"),
        (
            "--resume --repeat-rare 0.1 --degrade 0.5 --set mosaic=1",
            "--resume: given together with --degrade, --repeat-rare, --set",
        ),
        ("--collages 0.1 --check", "--collages: given without --thumbnails"),
        ("--synthetic 0.1", "--yunet: not given, but --synthetic is"),
    ],
)
def test_errors_name_options(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: str, message: str
) -> None:
    assert run(monkeypatch, "train", data, "--out", data.parent / "out", *options.split()) == 2
    assert message in " ".join(capsys.readouterr().err.split())
