"""Stores: what fails for a moment is tried again, what does not pass is an error in few words."""

from pathlib import Path
from typing import Any

import fsspec
import pytest

from detector.cluster import storage
from detector.cluster.storage import Folder, attempts, open_filesystem, read_all
from detector.errors import OutputError, UsageError


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits, which take no time."""
    waited: list[float] = []
    monkeypatch.setattr(storage.time, "sleep", waited.append)
    return waited


@pytest.mark.parametrize("kind", ["local", "store"])
def test_a_folder_keeps_files(kind: str, tmp_path: Path, store: str) -> None:
    folder = Folder(str(tmp_path / "new") if kind == "local" else store)
    assert folder.names() == []
    assert folder.read("a/1.json") is None
    folder.write("a/1.json", b"one")
    folder.write("a/2.json", b"two")
    assert folder.read("a/1.json") == b"one"
    assert folder.names("a") == ["1.json", "2.json"]
    assert folder.names() == ["a"]
    folder.remove("a")
    folder.remove("a")
    assert folder.names() == []


def test_a_store_that_is_busy_is_asked_again(store: str, monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    Folder(store).write("1.jpg", b"content")
    memory: Any = type(fsspec.filesystem("memory"))
    original, calls = memory.cat_file, []

    def busy(self: object, path: str, *arguments: object, **options: object) -> bytes:
        calls.append(path)
        if len(calls) < 4:
            raise OSError("An error occurred (SlowDown) when calling the GetObject operation: reduce your rate")
        return bytes(original(self, path, *arguments, **options))

    monkeypatch.setattr(memory, "cat_file", busy)
    assert read_all([f"{store}/1.jpg"]) == [b"content"]
    assert waits == [0.5, 1.0, 2.0]


def test_one_key_that_is_gone_does_not_hold_up_the_others(store: str, waits: list[float]) -> None:
    Folder(store).write("1.jpg", b"content")
    here, gone = read_all([f"{store}/1.jpg", f"{store}/2.jpg"])
    assert here == b"content"
    assert isinstance(gone, FileNotFoundError)
    assert waits == [0.5]


def test_what_is_forbidden_is_not_tried_again(waits: list[float]) -> None:
    def refuse() -> None:
        raise PermissionError("Access Denied")

    with pytest.raises(PermissionError):
        attempts(refuse)
    assert waits == []


def test_a_store_that_stays_away_is_an_output_error(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    memory: Any = type(fsspec.filesystem("memory"))

    def away(*arguments: object, **options: object) -> None:
        raise OSError("503 Service Unavailable")

    monkeypatch.setattr(memory, "pipe_file", away)
    with pytest.raises(OutputError, match=r"1\.json: not writable \(503 Service Unavailable\)"):
        Folder(store).write("1.json", b"")


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(UsageError, match="whose fsspec package is installed"):
        open_filesystem("nowhere://bucket/key")
