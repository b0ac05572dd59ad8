"""Pictures, a detector and a command line for the tests of this folder."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from detector import Detector
from support.commands import Ran


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector(device="cpu")


@pytest.fixture(scope="session")
def assets() -> Path:
    """The folder of two photos with faces that ultralytics carries."""
    spec = importlib.util.find_spec("ultralytics")
    if spec is None or spec.origin is None:
        pytest.skip("ultralytics is not installed")
    return Path(spec.origin).parent / "assets"


@pytest.fixture
def infer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `detector infer` in this process."""
    from detector.cli.app import main

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["detector", "infer", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Ran(int(end.value.code or 0), printed.out, printed.err)

    return run
