from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from detector.cli.runs import latest_run, output_folder
from detector.errors import UsageError

_STARTS = 16


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands_that_start_together_write_to_folders_of_their_own() -> None:
    barrier = Barrier(_STARTS)

    def start(number: int) -> Path:
        barrier.wait()
        with output_folder(None, "infer") as folder:
            barrier.wait()  # all are running now
            (folder / "summary.json").write_text(str(number))
        return folder

    with ThreadPoolExecutor(_STARTS) as threads:
        folders = list(threads.map(start, range(_STARTS)))
    assert len(set(folders)) == _STARTS
    assert [(folder / "summary.json").read_text() for folder in folders] == [str(n) for n in range(_STARTS)]


def test_folders_are_numbered_in_their_order() -> None:
    for expected in ("runs/eval", "runs/eval-2", "runs/eval-3"):
        with output_folder(None, "eval") as folder:
            assert folder == Path(expected)
            (folder / "metrics.json").touch()
    assert latest_run("eval") == Path("runs/eval-3")


def test_a_command_that_fails_leaves_no_empty_folder() -> None:
    with pytest.raises(RuntimeError), output_folder(None, "eval"):
        raise RuntimeError
    with pytest.raises(UsageError, match="runs/eval: no such folder"):
        latest_run("eval")
    assert not Path("runs").exists()


def test_a_folder_that_was_asked_for_is_not_touched() -> None:
    with output_folder(Path("mine"), "eval") as folder:
        assert folder == Path("mine")
        assert not folder.exists()
    Path("mine").mkdir()
    with output_folder(Path("mine"), "eval"):
        pass
    assert Path("mine").is_dir()


def test_a_file_in_the_place_of_the_folder_is_named() -> None:
    Path("runs").touch()
    with pytest.raises(UsageError, match="runs: a file"), output_folder(None, "eval"):
        pass
