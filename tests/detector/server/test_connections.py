"""Clients that send the head of a request slowly, or not at all, are cut off; others are not."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from detector.server import connections
from support.serving import Served, jpeg
from support.waiting import MANY_SECONDS, wait_until

Serve = Callable[..., Served]
SECONDS = 1.0
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def served(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Served:
    monkeypatch.setattr(connections, "HEAD_SECONDS", SECONDS)
    return serve()


@contextmanager
def connected(served: Served) -> Iterator[socket.socket]:
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=MANY_SECONDS) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(10_000), b""))


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", GET[:-2], GET[:-1]])
def test_a_head_that_does_not_end_is_408(served: Served, sent: bytes) -> None:
    with connected(served) as connection:
        connection.sendall(sent)
        assert rest(connection).startswith(b"HTTP/1.1 408 ")
    wait_until(lambda: not served.server.server_state.connections)


def test_a_head_that_comes_byte_by_byte_is_cut_off(served: Served) -> None:
    with connected(served) as connection:
        connection.sendall(GET[:-2] + b"X-Slow: ")
        connection.settimeout(SECONDS / 10)
        while (answer := answered(connection)) is None:
            connection.sendall(b"a")
    assert answer.startswith(b"HTTP/1.1 408 ")


def answered(connection: socket.socket) -> bytes | None:
    """What has come, if anything has."""
    try:
        return connection.recv(1000)
    except TimeoutError:
        return None


def test_a_second_head_that_does_not_end_is_408(served: Served) -> None:
    with connected(served) as connection:
        connection.sendall(GET)
        assert connection.recv(10_000).startswith(b"HTTP/1.1 200 ")
        connection.sendall(GET[:10])
        assert b"HTTP/1.1 408 " in rest(connection)


def test_a_body_and_an_answer_may_take_longer_than_a_head(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    served = serve()
    body = jpeg()
    head = f"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(served) as connection:
        connection.sendall(head.encode() + body[:100])
        with pytest.raises(TimeoutError):
            connection.settimeout(1)
            connection.recv(1)
        connection.settimeout(MANY_SECONDS)
        connection.sendall(body[100:])
        assert rest(connection).startswith(b"HTTP/1.1 200 ")
