import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from detector import __version__
from detector.model.weights import shipped_weights
from support.commands import Ran


@pytest.fixture
def info(run_command: Callable[..., Ran]) -> Callable[..., Ran]:
    """Runs `detector info` in this process."""
    return partial(run_command, "info")


def lines(ran: Ran) -> dict[str, str]:
    assert (ran.status, ran.err) == (0, "")
    return {name: value.strip() for name, _, value in (line.partition(" ") for line in ran.out.splitlines())}


def test_a_bug_report_has_versions_processor_backend_and_weights(info: Callable[..., Ran]) -> None:
    printed = lines(info())
    assert printed["mask-detector"].startswith(f"{__version__}, in ")
    assert printed["processor"].endswith(" cores")
    assert printed["numpy"][0].isdigit()
    assert hashlib.sha256(shipped_weights().read_bytes()).hexdigest() in printed["weights"]
    assert "Backend loads " in printed["network"]
    assert "with_mask, without_mask, mask_worn_incorrectly" in printed["network"]


def test_it_ends_well_where_the_weights_do_not_load(info: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"no weights")
    printed = lines(info("--weights", tmp_path / "x.pt"))
    assert hashlib.sha256(b"no weights").hexdigest() in printed["weights"]
    assert printed["network"].startswith("WeightsError: ")


def test_weights_are_never_downloaded(
    info: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    printed = lines(info("--weights", "yolov8n.pt"))
    assert printed["weights"] == "WeightsError: yolov8n.pt: no such file; expected weights on this disk"


def test_the_users_name_is_not_in_paths(
    info: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "x.pt").touch()
    printed = info("--weights", tmp_path / "x.pt").out
    assert str(tmp_path) not in printed
    assert "~/x.pt" in printed
