"""A detector and a command line for the tests of this folder."""

from collections.abc import Callable
from functools import partial

import pytest

from detector import Detector
from support.commands import Ran


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector(device="cpu")


@pytest.fixture
def run_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `detector` with these arguments in this process."""
    from detector.cli.app import main

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["detector", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Ran(int(end.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def infer(run_command: Callable[..., Ran]) -> Callable[..., Ran]:
    """Runs `detector infer` in this process."""
    return partial(run_command, "infer")
