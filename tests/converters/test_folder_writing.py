"""Folders that appear as a whole: what is kept of an earlier one, also when the program is ended half-way."""

import errno
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import converters.folder_writing
from converters.errors import OutputError, UsageError
from converters.folder_writing import kept_names, writing_folder


def replaces(name: str) -> bool:
    return name.startswith("ours")


def fill(folder: Path) -> None:
    for name in ("ours/a", "ours/b", "theirs/c/d", "ours/e.theirs", "f"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


KEPT = {"theirs/c/d": "theirs/c/d", "f": "f"}
BEFORE = KEPT | {"ours/a": "ours/a", "ours/b": "ours/b", "ours/e.theirs": "ours/e.theirs"}
AFTER = KEPT | {"ours/a": "new"}


def rewrite(target: Path) -> None:
    with writing_folder(target, replaces) as folder:
        (folder / "ours").mkdir()
        (folder / "ours/a").write_text("new")


@pytest.fixture
def target(tmp_path: Path) -> Path:
    fill(tmp_path / "x")
    return tmp_path / "x"


def test_a_new_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    with writing_folder(tmp_path / "sub/x") as folder:
        (folder / "a").write_text("a")
        assert not (tmp_path / "sub/x").exists()
    assert contents(tmp_path) == {"sub/x/a": "a"}


def test_without_further_words_all_of_an_earlier_folder_is_replaced(target: Path) -> None:
    with writing_folder(target) as folder:
        (folder / "a").write_text("a")
    assert contents(target.parent) == {"x/a": "a"}


def test_kept_files_stay_where_they_are(target: Path) -> None:
    assert kept_names(target, replaces) == sorted(KEPT)
    rewrite(target)
    assert contents(target.parent) == {f"x/{name}": text for name, text in AFTER.items()}


def test_link_to_a_folder_stays_a_link(target: Path) -> None:
    (target.parent / "link").symlink_to("x")
    rewrite(target.parent / "link")
    assert (target.parent / "link").is_symlink()
    assert contents(target) == AFTER
    assert sorted(path.name for path in target.parent.iterdir()) == ["link", "x"]


def test_files_are_copied_where_the_disk_has_no_links(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: Path, copy: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    inode = (target / "f").stat().st_ino
    rewrite(target)
    assert contents(target.parent) == {f"x/{name}": text for name, text in AFTER.items()}
    assert (target / "f").stat().st_ino == inode  # in the end the original is there, not the copy


def test_an_error_leaves_the_earlier_folder_as_it_was(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(source: Path, copy: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OutputError, match=r"not writable \(No space left"):
        rewrite(target)
    assert contents(target.parent) == {f"x/{name}": text for name, text in BEFORE.items()}


def test_file_that_comes_while_the_folder_is_written_is_kept(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = kept_names(target, replaces)
    monkeypatch.setattr(converters.folder_writing, "kept_names", lambda folder, replaces: names)
    (target / "late/g").parent.mkdir()
    (target / "late/g").write_text("late")
    rewrite(target)
    assert contents(target.parent) == {f"x/{name}": text for name, text in AFTER.items()} | {"x/late/g": "late"}


def test_late_file_with_the_name_of_a_new_one_is_left_in_the_old_folder_which_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "x"
    target.mkdir()
    real = Path.rename

    def rename(path: Path, goal: Path) -> Path:
        if path == target:
            (path / "a").write_text("late")
        return real(path, goal)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OutputError, match=r"\.old: a could not be moved"), writing_folder(target, replaces) as folder:
        (folder / "a").write_text("new")
    assert (target / "a").read_text() == "new"
    assert sorted(contents(tmp_path).values()) == ["late", "new"]


@pytest.mark.parametrize("way", ["folder in place of a file", "file in place of a folder"])
def test_what_is_kept_is_never_overwritten(tmp_path: Path, way: str) -> None:
    kept, new = ("a/b", "a") if way.startswith("folder") else ("a", "a/b")
    (tmp_path / "x" / kept).parent.mkdir(parents=True)
    (tmp_path / "x" / kept).write_text("kept")
    with pytest.raises(UsageError, match="is in the way"), writing_folder(tmp_path / "x", replaces) as folder:
        (folder / new).parent.mkdir(exist_ok=True)
        (folder / new).write_text("new")
    assert contents(tmp_path) == {f"x/{kept}": "kept"}


def test_another_disk_in_the_folder_is_refused(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.DirEntry.stat

    class Entry:
        def __init__(self, entry: os.DirEntry[str]) -> None:
            self.name, self.is_dir = entry.name, entry.is_dir
            self._entry = entry

        def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
            values = list(real(self._entry, follow_symlinks=follow_symlinks))
            values[2] += self.name == "theirs"  # st_dev
            return os.stat_result(values)

    class Entries(list[Entry]):
        def __enter__(self) -> "Entries":
            return self

        def __exit__(self, *_: object) -> None: ...

    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: Entries(map(Entry, scandir(path))))
    with pytest.raises(UsageError, match="x/theirs: is another disk or file system"):
        rewrite(target)
    monkeypatch.undo()
    assert contents(target) == BEFORE


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.parametrize("links", [True, False], ids=["links", "copies"])
def test_program_that_is_killed_loses_nothing(tmp_path: Path, links: bool) -> None:
    """Ends a process before each of its changes to the disk in turn; then looks at what is there."""
    seen = set()
    for step in range(100):
        place = tmp_path / str(step)
        fill(place / "x")
        status = _in_a_process(lambda place=place, step=step: _rewrite_until(place / "x", step, links))
        found = contents(place)
        texts = [*found.values()]
        assert all(text in texts for text in KEPT.values()), (step, found)
        whole = {name: text for name, text in found.items() if name.startswith("x/")}
        state = {"before": BEFORE, "after": AFTER, "none": {}}
        names = [key for key, value in state.items() if whole == {f"x/{name}": text for name, text in value.items()}]
        assert len(names) == 1, (step, whole)
        seen.add(names[0])
        if names == ["none"]:  # between two renames: the earlier folder lies beside, as it was
            (old,) = place.glob("*.old")
            assert contents(old) == BEFORE
        if not status:
            assert names == ["after"]
            assert seen >= {"before", "after"}
            return
    raise AssertionError("it never ended")


def _in_a_process(function: Callable[[], None]) -> int:
    child = os.fork()
    if not child:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _rewrite_until(target: Path, step: int, links: bool) -> None:
    """Write the folder anew, and end the process without any cleaning up before change number `step`."""
    left = step

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal left
            if not left:
                os._exit(9)
            left -= 1
            return function(*arguments, **options)

        return call

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    os.link = counted(os.link) if links else refuse
    for name in ("mkdir", "rename", "replace", "unlink", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))
    shutil.copy2 = counted(shutil.copy2)
    rewrite(target)
