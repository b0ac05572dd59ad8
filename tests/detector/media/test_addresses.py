from pathlib import Path

import pytest

from detector.media.addresses import address_error


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "https://example.org/a/street.jpg",
            "https://example.org/a/street.jpg: an address; expected a file: download it",
        ),
        ("HTTP://example.org/clip.mp4", "http://example.org/clip.mp4: an address"),
        (str(Path("https://example.org/x.jpg")), "https://example.org/x.jpg: "),
        ("rtsp://10.0.0.5:554/stream", "rtsp://10.0.0.5:554/stream: the address of a stream; .*`detector watch`"),
        ("s3://bucket/x.jpg", "s3://bucket/x.jpg: an address"),
        ("file:///home/x.jpg", "file:///home/x.jpg: an address; expected the path alone: /home/x.jpg"),
    ],
)
def test_addresses_are_refused_with_what_to_do(given: str, said: str) -> None:
    error = address_error(given)
    assert error is not None
    assert str(error).startswith(said.partition(".*")[0])
    assert said.rpartition(".*")[2] in str(error)


def test_passwords_and_queries_are_not_repeated() -> None:
    said = str(address_error("rtsp://admin:secret@10.0.0.5/live?token=secret"))
    assert "secret" not in said
    assert "rtsp://10.0.0.5/live" in said


@pytest.mark.parametrize("given", ["street.jpg", "a/b.jpg", r"C:\\pictures\x.jpg", "C:/x.jpg", "0", "", "12:30/x.jpg"])
def test_paths_are_no_addresses(given: str) -> None:
    assert address_error(given) is None


def test_a_file_may_have_such_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "http:").mkdir()
    (tmp_path / "http:" / "x.jpg").touch()
    assert address_error("http://x.jpg") is None
