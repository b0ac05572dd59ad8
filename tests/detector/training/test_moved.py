import json
import shutil
from pathlib import Path

import pytest

from converters.formats.yolo import load_dataset_yaml
from detector.errors import UsageError
from detector.training.moved import check_there, find_moved
from support.datasets import make_dataset


def make_training(out: Path, *datasets: Path) -> Path:
    """The lists of a training on the pictures of datasets, the first one twice, and the memory of their sizes."""
    pictures = {split: [p for d in datasets for p in sorted((d / "images" / split).iterdir())] for split in LISTS}
    pictures["train"].append(pictures["train"][0])
    for split, paths in pictures.items():
        out.mkdir(exist_ok=True)
        (out / f"{split}.txt").write_text("".join(f"{path}\n" for path in paths))
    known = {str(path): [path.stat().st_size, 1, ""] for paths in pictures.values() for path in paths}
    (out / "decoded.json").write_text(json.dumps(known))
    return out


LISTS = ("train", "val")


def find(out: Path, *datasets: Path) -> str:
    return find_moved([load_dataset_yaml(folder / "data.yaml") for folder in datasets], out, out / "decoded.json")


def train_list(out: Path) -> list[str]:
    return (out / "train.txt").read_text().splitlines()


def test_pictures_are_found_in_the_order_and_as_often_as_before(tmp_path: Path) -> None:
    make_dataset(tmp_path / "old")
    out = make_training(tmp_path / "run", tmp_path / "old")
    before = train_list(out)
    (tmp_path / "old").rename(tmp_path / "new")
    assert find(out, tmp_path / "new").startswith("12 pictures of the training found in ")
    assert train_list(out) == [line.replace("/old/", "/new/") for line in before]
    check_there(out, 0)


def test_pictures_of_one_name_are_told_by_their_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_dataset(tmp_path / "old" / name)
    out = make_training(tmp_path / "run", tmp_path / "old" / "a", tmp_path / "old" / "b")
    before = train_list(out)
    (tmp_path / "old").rename(tmp_path / "new")
    find(out, tmp_path / "new" / "b", tmp_path / "new" / "a")
    assert train_list(out) == [line.replace("/old/", "/new/") for line in before]


def test_what_was_not_moved_stays(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_dataset(tmp_path / name)
    for path in (tmp_path / "b" / "images").rglob("*.jpg"):
        path.rename(path.with_stem(f"b{path.stem}"))
    out = make_training(tmp_path / "run", tmp_path / "a", tmp_path / "b")
    (tmp_path / "a").rename(tmp_path / "new")
    find(out, tmp_path / "new")
    assert {Path(line).parents[2].name for line in train_list(out)} == {"new", "b"}


def test_synthetic_pictures_move_with_the_training(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data")
    out = make_training(tmp_path / "run", tmp_path / "data")
    made = out / "synthetic" / "images" / "0.jpg"  # named like the picture that it was made of
    made.parent.mkdir(parents=True)
    shutil.copy(tmp_path / "data" / "images" / "train" / "1.jpg", made)
    with (out / "train.txt").open("a") as file:
        file.write(f"{made}\n")
    out = out.rename(tmp_path / "moved")
    find(out, tmp_path / "data")
    assert train_list(out)[-1] == str(out / "synthetic" / "images" / "0.jpg")
    assert train_list(out)[0] == str(tmp_path / "data" / "images" / "train" / "0.jpg")


@pytest.mark.parametrize("change", ["missing", "of another size"])
def test_a_picture_that_is_not_found_is_named_and_nothing_changes(tmp_path: Path, change: str) -> None:
    make_dataset(tmp_path / "old")
    out = make_training(tmp_path / "run", tmp_path / "old")
    before = train_list(out)
    (tmp_path / "old").rename(tmp_path / "new")
    picture = tmp_path / "new" / "images" / "val" / "3.jpg"
    picture.write_bytes(picture.read_bytes() + b"more")
    if change == "missing":
        picture.unlink()
    with pytest.raises(UsageError, match=r"1 of 6 pictures in .*val\.txt have no picture .* such as .*3\.jpg"):
        find(out, tmp_path / "new")
    assert train_list(out) == before


def test_two_pictures_never_become_the_same_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_dataset(tmp_path / name)
    out = make_training(tmp_path / "run", tmp_path / "a", tmp_path / "b")
    for name in ("a", "b"):
        (tmp_path / name).rename(tmp_path / f"new-{name}")
    with pytest.raises(UsageError, match=r"several pictures .* would be the same one"):
        find(out, tmp_path / "new-a")


def test_pictures_that_are_gone_are_said_with_what_to_do(tmp_path: Path) -> None:
    make_dataset(tmp_path / "data")
    out = make_training(tmp_path / "run", tmp_path / "data")
    (tmp_path / "data" / "images" / "val" / "3.jpg").unlink()
    check_there(out, 0.2)
    with pytest.raises(UsageError, match=r"1 of its 6 pictures are not there any more, such as .*3\.jpg"):
        check_there(out, 0.1)
