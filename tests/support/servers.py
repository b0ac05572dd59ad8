"""Servers on loopback that alerts are sent to."""

import contextlib
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Received:
    """What a server was sent."""

    port: int = 0
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextlib.contextmanager
def http_server(
    status: int = 204,
    headers: dict[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    reason: str | None = None,
) -> Iterator[Received]:
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received.requests.append((self.command, self.path, dict(self.headers), body))
            self.send_response(status, reason)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET = _answer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    received.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def certificate(folder: Path, host: str = "localhost") -> tuple[Path, Path]:
    """A self-signed certificate for a host, and its key (needs openssl)."""
    cert, key = folder / f"{host}.pem", folder / f"{host}.key"
    subject = ["-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *kind, *subject, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def server_context(cert: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@dataclass
class Broker:
    """As much of an MQTT 3.1.1 broker as one client needs.

    Attributes:
        refuse: The reason with which connections are refused; 0 takes them.
        confirm: Whether messages are confirmed.
    """

    refuse: int = 0
    confirm: bool = True
    port: int = 0
    connects: list[bytes] = field(default_factory=list)
    published: list[tuple[str, bytes]] = field(default_factory=list)
    retained: dict[str, bytes] = field(default_factory=dict)
    connection: Any = None

    def send(self, topic: str, payload: bytes) -> None:
        """Send a message to the client that is connected."""
        body = struct.pack("!H", len(topic)) + topic.encode() + payload
        self.connection.sendall(bytes([0x30, len(body)]) + body)

    def take(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self.published.append((topic, payload))
        if retain:
            self.retained[topic] = payload


@contextlib.contextmanager
def mqtt_broker(broker: Broker, tls: ssl.SSLContext | None = None) -> Iterator[Broker]:
    server: Any = socket.create_server(("127.0.0.1", 0))
    broker.port = server.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError, EOFError), connection:
                wrapped = tls.wrap_socket(connection, server_side=True) if tls else connection
                with wrapped:
                    _talk(broker, wrapped)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield broker
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _talk(broker: Broker, connection: socket.socket) -> None:
    stream = connection.makefile("rb")

    will: tuple[str, bytes] | None = None

    def read(size: int) -> bytes:
        try:
            data = stream.read(size)
        except OSError:
            data = b""
        if len(data) < size:
            if will is not None:
                broker.take(*will, retain=True)
            raise EOFError
        return data

    while True:
        first = read(1)[0]
        length = shift = 0
        while True:
            byte = read(1)[0]
            length |= (byte & 127) << shift
            shift += 7
            if not byte & 128:
                break
        body = read(length)
        kind, qos = first >> 4, first >> 1 & 3
        if kind == 1:
            broker.connects.append(body)
            broker.connection, will = connection, _will(body)
            connection.sendall(bytes([0x20, 2, 0, broker.refuse]))
        elif kind == 3:
            (size,) = struct.unpack("!H", body[:2])
            topic, rest = body[2 : 2 + size].decode(), body[2 + size :]
            broker.take(topic, rest[2:] if qos else rest, retain=bool(first & 1))
            if qos == 1 and broker.confirm:
                connection.sendall(b"\x40\x02" + rest[:2])
        elif kind == 8:
            connection.sendall(b"\x90\x03" + body[:2] + b"\x00")
        elif kind == 14:
            return


def _will(connect: bytes) -> tuple[str, bytes] | None:
    """The last will of a packet CONNECT of MQTT 3.1.1: topic and payload."""
    if not connect[7] & 4:
        return None
    texts, place = [], 10
    for _ in range(3):  # client, topic, payload
        (size,) = struct.unpack("!H", connect[place : place + 2])
        texts.append(connect[place + 2 : place + 2 + size])
        place += 2 + size
    return texts[1].decode(), texts[2]
