from pathlib import Path

import pytest

import api_client
from support.serving import FakeDetector, jpeg, serving


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg())
    return path


def test_it_prints_the_faces_and_sends_the_token(
    picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MASK_DETECTOR_TOKEN", "a secret of many letters")
    with serving(FakeDetector(), tmp_path, token="a secret of many letters") as served:
        assert api_client.main([str(picture), "--server", served.address]) == 0
    assert "a.jpg: with_mask 0.90 at [1, 2, 63, 46]" in capsys.readouterr().out


def test_bad_pictures_are_named_and_the_others_are_asked_about(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, missing = tmp_path / "notes.txt", tmp_path / "missing.jpg"
    wrong.write_text("no picture")
    with serving(FakeDetector(), tmp_path) as served:
        status = api_client.main([*map(str, (wrong, missing, picture)), "--server", served.address])
    printed = capsys.readouterr()
    assert status == 1
    assert str(wrong) in printed.err and str(missing) in printed.err and "Traceback" not in printed.err
    assert "a.jpg: {'with_mask': 1" in printed.out


def test_a_busy_server_is_asked_again(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [
        api_client.httpx.Response(503, headers={"Retry-After": "0"}),
        api_client.httpx.Response(200, json={"faces": []}),
    ]
    transport = api_client.httpx.MockTransport(lambda request: answers.pop(0))
    with api_client.httpx.Client(base_url="http://busy", transport=transport) as client:
        assert api_client.predict(client, picture.read_bytes(), 0.25) == {"faces": []}
