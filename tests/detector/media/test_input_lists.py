import io
from pathlib import Path

import pytest

from detector.errors import UsageError
from detector.media.input_lists import read_input_list


def test_paths_count_from_the_folder_of_the_list(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("\ufeffa.jpg\r\n\n sub/ä b.png\n/abs/c.jpg\nrtsp://camera/1\n#1.jpg".encode())
    assert read_input_list(str(tmp_path / "list.txt")) == [
        f"{tmp_path}/a.jpg",
        f"{tmp_path}/ sub/ä b.png",
        "/abs/c.jpg",
        "rtsp://camera/1",
        f"{tmp_path}/#1.jpg",
    ]


def test_standard_input_counts_from_the_working_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.jpg\n\xff.jpg\n")))
    assert read_input_list("-") == ["a.jpg", "\udcff.jpg"]  # names need not be UTF-8


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\n \n", "empty; expected at least one input"), (b"a\0b", "null bytes"), (None, "not readable")],
)
def test_lists_that_are_none_are_wrong_usage(tmp_path: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / "list.txt").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_input_list(str(tmp_path / "list.txt"))
