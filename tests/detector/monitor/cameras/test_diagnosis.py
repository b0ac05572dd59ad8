"""Addresses that cannot be opened, and cameras that give single pictures."""

import contextlib
import threading
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from detector.errors import SourceError
from detector.monitor.cameras.diagnosis import reserved_characters
from detector.monitor.cameras.streams import RateCap, read_address
from support.camera_scenes import jpeg, scene
from support.servers import silent_server, unused_port


@contextlib.contextmanager
def web(kind: str, body: bytes, credentials: str | None = None) -> Iterator[int]:
    """A web server that gives the same to all who know the password; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = self.headers.get("Authorization")
            if self.path == "/none":
                return self.send_error(404)
            if credentials is not None and given != f"Basic {b64encode(credentials.encode()).decode()}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def refusal(address: str) -> str:
    with pytest.raises(SourceError) as caught:
        next(read_address(address, RateCap(None), 1.0, 1.0))
    return caught.value.found


def test_an_address_that_cannot_be_opened_says_why() -> None:
    port = unused_port()
    assert refusal("rtsp://no-such-name.invalid/live") == (
        "cannot be opened (the name no-such-name.invalid is not known here)"
    )
    assert refusal(f"rtsp://127.0.0.1:{port}/") == f"cannot be opened (nothing listens on port {port} of 127.0.0.1)"
    with web("text/html", b"<html><form>login</form></html>") as port:
        assert "(a web page, for instance for a login; expected the address of" in refusal(f"http://127.0.0.1:{port}/")
        assert "(the camera has no such path (404))" in refusal(f"http://127.0.0.1:{port}/none")
        assert f"(port {port} of 127.0.0.1 gives no RTSP stream" in refusal(f"rtsp://127.0.0.1:{port}/")
    with web("application/json", b"{}") as port:
        assert "(no video but application/json)" in refusal(f"http://127.0.0.1:{port}/")


def test_a_port_that_says_nothing_is_named() -> None:
    with silent_server() as port:
        assert f"(port {port} of 127.0.0.1 is open but says nothing)" in refusal(f"rtsp://127.0.0.1:{port}/")


def test_a_refused_password_is_said_and_not_repeated() -> None:
    with web("image/jpeg", jpeg(scene("w")), "me:geheim") as port:
        said = refusal(f"http://me:wrong-geheim@127.0.0.1:{port}/")
    assert said == "cannot be opened (user or password are refused or missing (401))"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("rtsp://me:p/w@10.0.0.5/live", "/ as %2F"),
        ("rtsp://me:p@ss#1@10.0.0.5:554/live", "@ as %40, # as %23"),
        ("rtsp://me:p%40ss@10.0.0.5/live", None),
        ("rtsp://10.0.0.5/live@1", None),
        ("rtsp://10.0.0.5:554/a", None),
    ],
)
def test_characters_of_a_password_that_must_be_encoded(address: str, expected: str | None) -> None:
    assert reserved_characters(address) == expected


def test_the_encoded_form_is_said_where_a_password_breaks_the_address() -> None:
    said = refusal("rtsp://me:geheim/1@127.0.0.1:9/")
    assert "the password must be percent-encoded, / as %2F" in said
    assert "geheim" not in said


@pytest.mark.parametrize("credentials", [None, "me:p@ss"])
def test_an_address_of_one_picture_is_asked_again_and_again(credentials: str | None) -> None:
    user = "me:p%40ss@" if credentials else ""
    with web("image/jpeg", jpeg(scene("w")), credentials) as port:
        frames = read_address(f"http://{user}127.0.0.1:{port}/snapshot", RateCap(50), 5.0, 5.0)
        for _ in range(5):
            frame = next(frames)
            assert frame.is_still
            assert frame.image is not None
            assert frame.image().shape == (120, 240, 3)
        frames.close()
