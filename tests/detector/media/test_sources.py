import os
import sys
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pytest

from detector.media.sources import Ended, Frame, Source, find_sources, read_frames
from support.sample_pictures import picture, save, save_video


def found(*inputs: str | Path | int, exclude: Path | None = None) -> list[tuple[str, str]]:
    """Kind and place in the output of every source, or the error."""
    return [
        (s.kind, s.relative.as_posix()) if isinstance(s, Source) else ("error", str(s.error))
        for s in find_sources(inputs, exclude)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "sub/c.webp", "sub/deep/d.mp4", "sub/x.jpg/e.bmp", "notes.txt", "sub/types.ts"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"-")
    return tmp_path / "in"


def test_folders_are_searched_to_the_bottom_in_a_fixed_order(folder: Path) -> None:
    (folder / ".hidden.jpg").touch()
    (folder / "__MACOSX").mkdir()
    (folder / "__MACOSX" / "b.jpg").touch()
    names = ["a.PNG", "b.jpg", "sub/c.webp", "sub/deep/d.mp4", "sub/x.jpg/e.bmp"]
    assert [name for _, name in found(folder)] == names
    assert [kind for kind, _ in found(folder)] == ["image", "image", "image", "video", "image"]


def test_several_folders_keep_their_names_apart(folder: Path) -> None:
    other = save(folder.parent / "other" / "b.jpg", picture()).parent
    names = [name for _, name in found(folder, other)]
    assert "in/b.jpg" in names and "other/b.jpg" in names


def test_globs_keep_what_lies_below_their_fixed_part(folder: Path) -> None:
    assert [name for _, name in found(f"{folder}/*.jpg")] == ["b.jpg"]
    assert [name for _, name in found(f"{folder}/**/*.webp")] == ["sub/c.webp"]
    assert [name for _, name in found(f"{folder}/su*/d*")] == ["sub/deep/d.mp4"]
    assert [name for _, name in found(f"{folder}/**")] == [name for _, name in found(folder)]


def test_brackets_in_the_name_of_a_folder_are_no_glob(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(folder / "trip [2]" / "x.jpg", picture())
    assert found(f"{folder}/trip [2]/*.jpg") == [("image", "x.jpg")]
    monkeypatch.chdir(folder / "trip [2]")
    assert found("*.jpg") == found("./x*") == [("image", "x.jpg")]


def test_an_empty_name_is_not_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert found("") == [("error", '"": an empty name; expected a file or folder')]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path: Path) -> None:
    save(tmp_path / "a[1].jpg", picture())
    assert found(tmp_path / "a[1].jpg") == [("image", "a[1].jpg")]


def test_numbers_are_cameras_unless_a_file_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert found("0") == found(0) == [("camera", "camera-0.mp4")]
    Path("0").mkdir()
    save(Path("0/a.jpg"), picture())
    assert found("0") == [("image", "a.jpg")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no device files of cameras")
def test_the_device_file_of_a_camera_is_that_camera_whether_it_is_there_or_not() -> None:
    assert found("/dev/video97") == [("camera", "camera-97.mp4")]


def test_where_there_is_nothing_to_read_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "only.txt").touch()
    assert found(tmp_path) == [("error", f"{tmp_path}: no pictures or videos in it; expected at least one")]
    assert found(tmp_path / "none.jpg") == [("error", f"{tmp_path}/none.jpg: no such file or folder")]
    assert found(f"{tmp_path}/*.jpg") == [
        ("error", f"{tmp_path}/*.jpg: no pictures or videos in it; expected at least one")
    ]


def test_an_input_given_twice_is_read_once(folder: Path) -> None:
    assert len(found(folder, folder / "b.jpg", folder, folder / "sub" / ".." / "b.jpg")) == 5


def test_links_are_followed_but_not_in_circles(folder: Path) -> None:
    elsewhere = save(folder.parent / "elsewhere" / "z.jpg", picture()).parent
    (folder / "sub" / "link").symlink_to(elsewhere)
    (folder / "sub" / "circle").symlink_to(folder)
    names = [name for _, name in found(folder)]
    assert "sub/link/z.jpg" in names
    assert len(names) == len(set(names)) == 6


def test_results_are_never_taken_for_input(folder: Path) -> None:
    before = found(folder)
    out = save(folder / "runs" / "infer" / "b.jpg", picture()).parent
    assert found(folder, exclude=out) == before
    (out / "summary.json").write_text('{"command": "detector infer", "state": "running"}')
    assert found(folder) == before == found(f"{folder}/**")
    (out / "summary.json").write_text('{"something": "else"}')
    assert len(found(folder)) == len(before) + 1


def test_a_folder_of_results_as_input_is_called_so(folder: Path) -> None:
    out = save(folder.parent / "runs" / "infer" / "b.jpg", picture()).parent
    (out / "summary.json").write_text('{"command": "detector infer", "state": "finished"}')
    results = "a folder of results of detector infer; expected a folder of pictures or videos"
    only = "only results of detector infer in it; expected at least one picture or video"
    assert found(out) == [("error", f"{out}: {results}")]
    for given in (out.parent, f"{out}/*.jpg", f"{out.parent}/*", f"{out.parent}/**"):
        assert found(given) == [("error", f"{given}: {only}")]
    assert found(folder.parent) == [(kind, f"in/{name}") for kind, name in found(folder)]


def test_what_the_operating_system_refuses_is_an_error_of_that_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "x" * 300
    assert found(name, folder / "b.jpg") == [("error", f"{name}: File name too long"), ("image", "b.jpg")]
    stat = Path.stat

    def vanish(path: Path, **options: Any) -> os.stat_result:
        if path == folder / "sub":
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return stat(path, **options)

    monkeypatch.setattr(Path, "stat", vanish)
    assert found(folder) == [
        ("image", "a.PNG"),
        ("image", "b.jpg"),
        ("error", f"{folder}/sub: No such file or directory"),
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_may_not_be_read_is_an_error(folder: Path) -> None:
    (folder / "sub").chmod(0)
    try:
        assert ("error", f"{folder}/sub: Permission denied") in found(folder)
    finally:
        (folder / "sub").chmod(0o755)


def test_frames_say_where_they_come_from(tmp_path: Path) -> None:
    image = save(tmp_path / "a.png", picture())
    video = save_video(tmp_path / "b.mkv", [picture(48, 64)] * 3)
    sources = [s for s in find_sources([image, video]) if isinstance(s, Source)]
    (frame,) = read_frames(sources[0])
    assert (str(frame.source), frame.index, frame.seconds, frame.timing) == (str(image), 0, None, None)
    assert (frame.image == picture()).all()
    assert [(f.index, f.seconds) for f in read_frames(sources[1])] == [(0, 0), (1, 0.04), (2, 0.08)]


def test_folders_are_read_one_picture_at_a_time(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", picture())
    frames = (
        frame for source in find_sources([tmp_path]) if isinstance(source, Source) for frame in read_frames(source)
    )
    assert isinstance(next(frames), Frame)
    (tmp_path / "1.png").write_bytes(b"")  # not read yet: it would have been found whole
    with pytest.raises(Exception, match="an empty file"):
        next(frames)


def test_frames_and_ends_are_plain_records() -> None:
    source = Source("a.jpg", "image", PurePath("a.jpg"))
    assert Frame(np.zeros((1, 1, 3), np.uint8), source).index == 0
    assert Ended("a.jpg").error is None


def test_one_file_under_two_names_is_one_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "in" / "a.jpg", picture())
    (tmp_path / "link").symlink_to(tmp_path / "in")
    monkeypatch.chdir(tmp_path)
    given = ["in/a.jpg", "in/../in/a.jpg", "./in/a.jpg", tmp_path / "in" / "a.jpg", "link/a.jpg", "in"]
    assert [s.name for s in find_sources(given) if isinstance(s, Source)] == ["in/a.jpg"]


def test_folders_are_searched_to_the_bottom_only_if_wanted(folder: Path) -> None:
    def names(given: str | Path) -> list[str]:
        return [str(getattr(s, "relative", s)) for s in find_sources([given], recursive=False)]

    assert names(folder) == names(f"{folder}/*.*") == ["a.PNG", "b.jpg"]
    assert names(f"{folder}/sub*") == ["sub/c.webp"]


def test_a_folder_of_folders_says_that_they_are_not_searched(tmp_path: Path) -> None:
    save(tmp_path / "sub" / "a.jpg", picture())
    (ended,) = find_sources([tmp_path], recursive=False)
    assert isinstance(ended, Ended) and "folders in it are not searched" in str(ended.error)
