"""`detector serve` as a program."""

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from detector.cli import app
from support.commands import DETECTOR, interrupt
from support.serving import jpeg


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    monkeypatch.delenv("MASK_DETECTOR_TOKEN", raising=False)

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["detector", "serve", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            app.main()
        return int(end.value.code or 0), capsys.readouterr().err

    return run


def test_a_taken_port_is_one_line_and_status_2(run: Callable[..., tuple[int, str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, err = run("--port", taken.getsockname()[1])
    assert status == 2
    assert len(err.strip().splitlines()) == 1
    assert "free port" in err


def test_another_address_without_a_token_is_status_2(run: Callable[..., tuple[int, str]]) -> None:
    status, err = run("--host", "0.0.0.0")
    assert status == 2
    assert "MASK_DETECTOR_TOKEN" in err


def test_wrong_limits_name_their_option(run: Callable[..., tuple[int, str]]) -> None:
    status, err = run("--max-pixels", "0")
    assert status == 2
    assert "--max-pixels" in err


def test_wrong_weights_end_the_program(run: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    status, err = run("--port", "0", "--weights", tmp_path / "nothing.pt")
    assert status == 1
    assert "nothing.pt" in err


@pytest.mark.slow
def test_it_prints_its_address_when_it_is_ready_and_a_signal_ends_it(tmp_path: Path) -> None:
    answers: list[int] = []

    def ready(out: str) -> bool:
        if "Ready at " not in out:
            return False
        address = out.split("Ready at ")[1].split()[0]
        answers.append(httpx.post(f"{address}v1/predict", content=jpeg(), timeout=60).status_code)
        return True

    ran = interrupt(*DETECTOR, "serve", "--port", 0, when=ready, number=signal.SIGTERM, cwd=tmp_path)
    assert answers == [200]
    assert ran.status == 0
    assert ran.err == ""
