"""`serve`: listens, loads the network, answers until a signal, and ends in order."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from detector.errors import UsageError
from detector.inference.detector import Detector
from detector.server.app import make_app
from detector.server.connections import Connection
from detector.server.settings import ServerSettings, ip_address
from detector.server.state import ServerState

if TYPE_CHECKING:
    from detector.monitor.config.watch import WatchConfig

_BACKLOG = 512
_DRAIN_SECONDS = 30  # for requests that are being answered when a signal comes
_KEEP_ALIVE_SECONDS = 15


def serve(
    settings: ServerSettings,
    load: Callable[[], Detector],
    announce: Callable[[str], None],
    watch: "WatchConfig | None" = None,
) -> None:
    """Serve until SIGINT or SIGTERM, and then finish the requests at hand.

    Args:
        settings: Options and limits.
        load: Loads the network.
        announce: Called with the address when requests are taken.
        watch: The cameras to watch; None for none.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
        MaskDetectorError: What `load` raises.
    """
    failed: list[BaseException] = []
    with listen(settings.host, settings.port) as listener, TemporaryDirectory(prefix="mask-detector-") as folder:
        state = ServerState(settings, Path(folder))

        def on_ready(error: BaseException | None) -> None:
            if error is None:
                announce(address_of(listener, settings.host))
            else:
                failed.append(error)
                server.should_exit = True

        app = make_app(state, load, on_ready, watch)
        server = make_server(app, state)
        server.run(sockets=[listener])
    if failed:
        raise failed[0]


def make_server(app: ASGIApp, state: ServerState) -> uvicorn.Server:
    """The HTTP server of an application."""
    config = uvicorn.Config(
        app,
        log_config=None,  # uvicorn's own would close the handlers that the program has
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        http=Connection,
        ws="none",
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    return _Server(config, state)


class _Server(uvicorn.Server):
    """A server that tells its state when it begins to end."""

    def __init__(self, config: uvicorn.Config, state: ServerState) -> None:
        super().__init__(config)
        self._state = state

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals; unlike uvicorn, do not raise them again: what was asked for is done, and the status is 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; a second signal ends at once."""
        self._state.draining = True
        super().handle_exit(sig, frame)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: The port is taken, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        expected = "a free port" if ip_address(host) or host == "localhost" else "an address of this machine"
        raise UsageError(f"{host}:{port}", f"not possible ({error.strerror or error})", expected) from error
    return listener


def address_of(listener: socket.socket, host: str) -> str:
    """The address that a browser takes."""
    shown = f"[{host.strip('[]')}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/"
