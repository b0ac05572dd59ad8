"""Paths from files: the operating system may refuse to look them up."""

from pathlib import Path

import pytest

from converters.reading.stated_paths import home_expanded, stated_path, tails


@pytest.mark.parametrize(
    ("text", "reason"), [("a\0b", "null byte"), ("x" * 5000, "too long"), ("loop/a.jpg", "symbolic links")]
)
def test_paths_that_no_file_can_have_are_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ValueError, match=reason):
        stated_path(tmp_path, text)


@pytest.mark.parametrize("text", ["missing", "file/below", "../..", "C:\\masks\\train", "~nobody", "loop", ""])
def test_other_paths_can_be_asked_for_whether_they_exist_or_not(tmp_path: Path, text: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("")
    path = stated_path(tmp_path, text)
    assert path.is_absolute()
    assert path.exists() is (text in ("../..", ""))


def test_unknown_user_is_refused() -> None:
    assert home_expanded("masks/~a") == "masks/~a"
    with pytest.raises(ValueError, match="home directory"):
        home_expanded("~nobody-of-that-name/masks")


def test_tails_take_folders_off_the_front() -> None:
    assert tails("..\\valid/images") == ["valid/images", "images"]
    assert tails("C:\\masks\\train") == ["C:/masks/train", "masks/train", "train"]
    assert tails("/../.") == []
    assert len(tails("x/" * 2000)) == 10
