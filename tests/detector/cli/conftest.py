"""Running commands in this process."""

from collections.abc import Callable

import pytest

from support.commands import Ran


@pytest.fixture
def convert(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs `detector convert` in this process."""
    from detector.cli.app import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["detector", "convert", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = capsys.readouterr()
        return Ran(int(end.value.code or 0), printed.out, printed.err)

    return run
