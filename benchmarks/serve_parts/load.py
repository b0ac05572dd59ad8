"""Clients that send pictures, and what they get."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

_BOUNDARY = "the-boundary-of-a-form"
_TIMEOUT = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        began: When the request was due, in seconds since the first one.
        seconds: From then until the answer was read.
        status: The HTTP status; 0 for none.
    """

    began: float
    seconds: float
    status: int


@dataclass(frozen=True, slots=True)
class Load:
    """What clients got.

    Attributes:
        answers: In no order.
        seconds: How long they asked.
    """

    answers: tuple[Answer, ...]
    seconds: float

    def times(self, status: int = 200) -> list[float]:
        """How long each answer of a status took, sorted."""
        return sorted(answer.seconds for answer in self.answers if answer.status == status)

    @property
    def rate(self) -> float:
        """Pictures a second that were looked at."""
        return len(self.times()) / self.seconds

    def percentile(self, share: float, status: int = 200) -> float:
        """So long took the answers of a status at most, but for a share of them; not a number if there were none."""
        times = self.times(status)
        return times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")

    def thirds(self) -> list[float]:
        """The median time of the good answers in each third of the time: a delay that grows shows here."""
        good = sorted((answer.began, answer.seconds) for answer in self.answers if answer.status == 200)
        size = len(good) // 3
        if not size:
            return [float("nan")] * 3
        return [median(seconds for _, seconds in good[start : start + size]) for start in (0, size, 2 * size)]


def forms(pictures: Sequence[Path]) -> list[bytes]:
    """The pictures as bodies of requests: forms with one file each."""
    return [_form(path) for path in pictures]


def _form(path: Path) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n\r\n'
    return head.encode() + path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()


def send_in_turn(address: str, bodies: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Some clients that send a picture as soon as they have the answer to the one before.

    Args:
        address: Where they post to.
        bodies: What they send, over and over.
        clients: How many there are.
        seconds: How long they go on.
    """
    begin = time.monotonic()
    return _send(address, bodies, clients, lambda _: time.monotonic(), begin + seconds)


def send_at_a_rate(address: str, bodies: Sequence[bytes], rate: float, seconds: float, clients: int = 400) -> Load:
    """Clients that send so many pictures a second, whether or not the ones before are answered.

    Args:
        address: Where they post to.
        bodies: What they send, over and over.
        rate: Pictures a second.
        seconds: How long they go on.
        clients: At most so many requests wait for an answer.
    """
    begin = time.monotonic()
    return _send(address, bodies, clients, lambda number: begin + number / rate, begin + seconds)


def _send(address: str, bodies: Sequence[bytes], clients: int, due: Callable[[int], float], end: float) -> Load:
    begin, numbers = time.monotonic(), count()
    answers: list[Answer] = []

    def client() -> None:
        with _Connection(address) as connection:
            while (at := due(number := next(numbers))) < end:
                time.sleep(max(0.0, at - time.monotonic()))
                status = connection.post(bodies[number % len(bodies)])
                answers.append(Answer(at - begin, time.monotonic() - at, status))

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(tuple(answers), time.monotonic() - begin)


class _Connection:
    """A connection that is kept, and made anew when it breaks."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._path = parts.path
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)

    def __enter__(self) -> "_Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def post(self, body: bytes) -> int:
        """Send a form, and return the status of the answer; 0 if there is none."""
        try:
            headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
            self._connection.request("POST", self._path, body, headers)
            with self._connection.getresponse() as response:
                response.read()
                return response.status
        except (OSError, HTTPException):
            self._connection.close()
            return 0
