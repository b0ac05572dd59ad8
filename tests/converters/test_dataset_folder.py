"""The folder of a dataset: whole or not there, and with all that no conversion wrote."""

import json
from pathlib import Path

import pytest

from converters.dataset_folder import building, check_dataset_folder, kept_files
from converters.errors import OutputError, UsageError

RECORD = {"format": "voc", "classes": [], "splits": {}, "problems": []}


def write(folder: Path, *names: str, text: str = "") -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text or name)


def write_record(folder: Path, files: dict[str, list[str]] | None = None) -> None:
    (folder / "conversion.json").write_text(json.dumps(RECORD | ({} if files is None else {"files": files})))


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """A dataset with one picture, as a conversion leaves it."""
    out = tmp_path / "out"
    write(out, "images/train/a.jpg", "labels/train/a.txt", "coco/train.json", "data.yaml")
    (out / "images/val").mkdir()
    groups = {".": ["conversion.json", "data.yaml"], "coco": ["train.json"]}
    write_record(out, groups | {"images/train": ["a.jpg"], "labels/train": ["a.txt"]})
    return out


@pytest.fixture
def dataset_of_version_0_1(dataset: Path) -> Path:
    """The same with the records of version 0.1: conversion.json lists no files, the COCO files name the pictures."""
    write_record(dataset)
    coco = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [], "categories": []}
    (dataset / "coco/train.json").write_text(json.dumps(coco))
    return dataset


def test_folder_appears_only_when_it_is_complete(tmp_path):
    out = tmp_path / "sub" / "out"
    with building(out, overwrite=False) as folder:
        (folder / "x").touch()
        assert not out.exists()
    assert (out / "x").exists()
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_is_left_when_it_is_interrupted(tmp_path, error):
    with pytest.raises(error), building(tmp_path / "out", overwrite=False) as folder:
        (folder / "x").touch()
        raise error
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_one_clear_error(tmp_path):
    with pytest.raises(OutputError, match=r"not writable \(No space left"), building(tmp_path / "out", overwrite=False):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_place_that_is_taken(tmp_path):
    out = tmp_path / "out"
    out.write_text("a file")
    with pytest.raises(UsageError, match="is a file"), building(out, overwrite=True):
        pass
    out.unlink()
    out.mkdir()
    (out / "thesis.txt").touch()
    with pytest.raises(UsageError, match="not empty"), building(out, overwrite=True):
        pass
    assert (out / "thesis.txt").exists()


def test_only_an_earlier_conversion_is_overwritten_and_only_when_asked(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    write_record(out)
    with pytest.raises(UsageError, match="--overwrite"), building(out, overwrite=False):
        pass
    with pytest.raises(KeyboardInterrupt), building(out, overwrite=True):
        raise KeyboardInterrupt
    assert (out / "conversion.json").exists()
    with building(out, overwrite=True) as folder:
        (folder / "new").touch()
    assert [path.name for path in out.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [out]


def test_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError), building(tmp_path / "file" / "out", overwrite=False):
        pass


def test_link_to_a_folder_is_followed_and_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    with building(tmp_path / "out", overwrite=False) as folder:
        (folder / "x").touch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "out"]
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk/x").exists()


def test_working_folder_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="working folder"), building(Path(), overwrite=False):
        pass


@pytest.mark.parametrize("of_version", ["dataset", "dataset_of_version_0_1"])
def test_what_no_conversion_wrote_stays(request: pytest.FixtureRequest, of_version: str) -> None:
    out = request.getfixturevalue(of_version)
    ours = {name for name in files_in(out) if not name.startswith("coco")}
    others = {"runs/best.pt", "notes.txt", "images/train/mine.jpg", "labels/train/mine.txt", "labels/train.cache"}
    write(out, *others)
    (out / "plans/empty").mkdir(parents=True)
    (out / "latest").symlink_to("runs/best.pt")
    (out / "gone").symlink_to("nowhere")
    others |= {"latest", "gone"}
    assert kept_files(out) == sorted({*others, "plans/empty/"})
    inode = (out / "runs/best.pt").stat().st_ino
    with building(out, overwrite=True) as folder:
        write(folder, "images/train/b.jpg", "data.yaml", text="new")
    assert files_in(out) == {"images/train/b.jpg", "data.yaml", *others}
    assert (out / "data.yaml").read_text() == "new"
    assert (out / "runs/best.pt").read_text() == "runs/best.pt"
    assert (out / "runs/best.pt").stat().st_ino == inode
    assert (out / "latest").read_text() == "runs/best.pt"
    assert (out / "gone").readlink() == Path("nowhere")
    assert (out / "plans/empty").is_dir()
    assert not (out / "images/val").exists()
    assert list(out.parent.iterdir()) == [out]
    assert ours - files_in(out) == {"images/train/a.jpg", "labels/train/a.txt", "conversion.json"}


def test_record_cannot_name_what_a_conversion_never_writes(dataset: Path) -> None:
    victims = {"runs/best.pt", "images/best.pt", "images/train/sub/x.jpg", "labels/other/x.txt", "coco/mine.json"}
    write(dataset, *victims)
    write(dataset.parent, "outside.txt")
    write_record(
        dataset,
        {
            "runs": ["best.pt"],
            "images": ["best.pt"],
            "images/train": ["sub/x.jpg", "../../../outside.txt", ".."],
            "images/train/sub": ["x.jpg"],
            "labels/other": ["x.txt"],
            "coco": ["mine.json", "train.json", None],
            "..": ["outside.txt"],
            ".": ["../outside.txt", "data.yaml"],
            "labels/train": "a.txt",
        },
    )
    with building(dataset, overwrite=True):
        pass
    assert files_in(dataset) >= victims
    assert (dataset.parent / "outside.txt").exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "webp", "files": {".": ["x"]}}'])
def test_folder_with_the_conversion_json_of_another_program_is_not_replaced(tmp_path: Path, text: str) -> None:
    write(tmp_path, "x")
    (tmp_path / "conversion.json").write_text(text)
    with pytest.raises(UsageError, match="not empty, and no earlier conversion"):
        check_dataset_folder(tmp_path, overwrite=True)


def test_picture_of_version_0_1_that_its_coco_file_does_not_name_stays(dataset_of_version_0_1: Path) -> None:
    (dataset_of_version_0_1 / "coco/train.json").write_text("damaged")
    kept = ["coco/train.json", "images/train/a.jpg", "labels/train/a.txt"]
    assert kept_files(dataset_of_version_0_1) == kept


def test_file_in_the_way_is_an_error_and_nothing_changes(dataset: Path) -> None:
    write(dataset, "images/train/mine.jpg")
    before = files_in(dataset)
    with (
        pytest.raises(UsageError, match=r"images/train/mine\.jpg: is in the way of something new"),
        building(dataset, overwrite=True) as folder,
    ):
        write(folder, "images/train/mine.jpg", text="new")
    assert files_in(dataset) == before
    assert (dataset / "images/train/mine.jpg").read_text() == "images/train/mine.jpg"
    assert list(dataset.parent.iterdir()) == [dataset]


def test_link_in_place_of_the_folder_of_images_is_known_before_the_work(dataset: Path) -> None:
    (dataset / "images").rename(dataset.parent / "other disk")
    (dataset / "images").symlink_to("../other disk")
    with pytest.raises(UsageError, match=r"out/images: is in the way"):
        check_dataset_folder(dataset, overwrite=True)
    assert (dataset.parent / "other disk/train/a.jpg").exists()
