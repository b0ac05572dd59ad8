"""A server of `detector serve` in a thread of the test, with a detector that the test chooses."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from detector.detections import Detections
from detector.server.app import make_app
from detector.server.run import address_of, listen, make_server
from detector.server.settings import ServerSettings
from detector.server.state import ServerState
from detector.settings import DetectorSettings
from support.waiting import MANY_SECONDS, wait_until

NAMES = ("with_mask", "without_mask", "mask_worn_incorrectly")


@dataclass
class FakeDetector:
    """Finds one face in every picture; its class is the picture's mean brightness in thirds.

    Attributes:
        gate: While it is clear, pictures wait in the network.
        batches: How many pictures each call got.
    """

    batch_size: int = 1
    parallel: int = 1
    options: tuple[Any, ...] = ()
    gate: threading.Event = field(default_factory=threading.Event)
    batches: list[int] = field(default_factory=list)
    names: tuple[str, ...] = NAMES
    imgsz: int = 64
    tile: int | str | None = None
    conf: float = 0.25
    weights: Path = Path("fake.pt")
    settings: DetectorSettings = field(default_factory=DetectorSettings)

    def __post_init__(self) -> None:
        self.gate.set()

    def with_options(self, **options: Any) -> "FakeDetector":
        return self

    def predict(self, images: Any) -> Any:
        if isinstance(images, np.ndarray):
            return self._faces(images)
        self.batches.append(len(images))
        assert self.gate.wait(MANY_SECONDS)
        return [self._faces(image) for image in images]

    def predict_changed(self, image: np.ndarray, before: Detections, changed: Any, *, many: bool = False) -> Detections:
        return self._faces(image)

    def _faces(self, image: np.ndarray) -> Detections:
        height, width = image.shape[:2]
        class_id = min(2, int(image.mean()) // 86)
        return Detections(np.array([[1, 2, width - 1, height - 2]]), np.array([0.9]), np.array([class_id]))


@dataclass
class Served:
    """A running server."""

    address: str
    state: ServerState
    server: Any
    client: httpx.Client


@contextlib.contextmanager
def serving(
    detector: Any,
    folder: Path,
    wait: bool = True,
    load: Callable[[], Any] | None = None,
    watch: Any = None,
    **settings: Any,
) -> Iterator[Served]:
    """Serve in a thread, until the block is left."""
    options = ServerSettings(**{"port": 0, **settings})
    state = ServerState(options, folder)
    with listen(options.host, options.port) as listener:
        server = make_server(make_app(state, load or (lambda: detector), watch=watch), state)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        address = address_of(listener, options.host).rstrip("/")
        headers = {} if options.token is None else {"Authorization": f"Bearer {options.token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=MANY_SECONDS) as client:
            wait_until(lambda: server.started and (state.parts is not None or not wait))
            try:
                yield Served(address, state, server, client)
            finally:
                server.should_exit = True
                if isinstance(detector, FakeDetector):
                    detector.gate.set()
                thread.join(MANY_SECONDS)


def jpeg(brightness: int = 40, height: int = 48, width: int = 64) -> bytes:
    """A grey picture; FakeDetector gives its face the class of its brightness."""
    return cv2.imencode(".jpg", np.full((height, width, 3), brightness, np.uint8))[1].tobytes()
