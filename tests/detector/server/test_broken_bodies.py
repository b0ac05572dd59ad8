"""Bodies that are broken in many ways: none is an error of the server, and none leaves anything behind.

`BROKEN_BODIES=10000` tries more of them, and says how memory grew.
"""

import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from support.serving import Served, jpeg
from support.waiting import wait_until

Serve = Callable[..., Served]
COUNT = int(os.environ.get("BROKEN_BODIES", "150"))
EVERY = max(1, COUNT // 50)  # requests between two looks at what is held
FEW = 5  # files or threads: connections and pools come and go
MOST_GROWTH = 1.0  # MB per 1000 requests
ENOUGH = 5000  # requests, below which memory still grows with what is made once
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    + jpeg()
    + b'\r\n--x\r\nContent-Disposition: form-data; name="faces"\r\n\r\n[{"label": "with_mask", "xyxy": [1, 2, 9, 9]}]'
    + b"\r\n--x--\r\n"
)
HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0", b"\0\0\0\x18ftypmp42", b"BM")
TYPES = (
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "image/jpeg",
    "video/mp4",
    "text/\xff",
    "a/b; c=\x80",
)
PATHS = ("/v1/predict", "/v1/predict?format=csv", "/v1/predict?format=image", "/v1/videos", "/v1/collect")


def broken(chance: random.Random) -> bytes:
    """A form or a picture that is cut, changed, doubled or begun only."""
    body = bytearray(chance.choice([FORM, jpeg(), chance.choice(HEADS) + chance.randbytes(200)]))
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(body) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            del body[place:]
        elif kind == 1:
            body[place:place] = chance.randbytes(chance.randint(1, 20))
        elif kind == 2:
            body[place : place + chance.randint(1, 50)] = b""
        else:
            body += body[place:]
        body = body[:50_000] or bytearray(b"-")
    return bytes(body)


class Held:
    """What this process, with the server in it, holds after some requests.

    Args:
        folders: What lies in them counts.
    """

    def __init__(self, *folders: Path) -> None:
        process = psutil.Process()
        self.memory = process.memory_info().rss
        self.threads = process.num_threads()
        self.files = process.num_fds()
        self.left = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


def growth(held: list[Held]) -> float:
    """By how many bytes memory grows between two samples: a straight line through the second half of them."""
    half = [each.memory for each in held[len(held) // 2 :]]
    return float(np.polyfit(range(len(half)), half, 1)[0])


@pytest.mark.slow
def test_broken_bodies_are_problems_and_leave_nothing_behind(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    served = serve(collect=tmp_path / "faces", keep_seconds=1)
    chance, held = random.Random(18), []
    for number in range(COUNT):
        headers = {"Content-Type": chance.choice(TYPES).encode("latin-1")}
        path, body = chance.choice(PATHS), broken(chance)
        answer = served.client.post(path, content=body, headers=headers)  # type: ignore[arg-type]  # bytes are taken
        assert answer.status_code < 500 or answer.status_code == 503, (number, path, headers, body[:300], answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
        if number % EVERY == EVERY - 1:
            held.append(Held(temporary, served.state.folder))
    parts = served.state.ready()
    wait_until(lambda: parts.jobs.unfinished() == 0 and not Held(temporary, served.state.folder).left)
    assert served.state.memory.held == 0
    assert parts.queue.taken == 0
    assert held[-1].files <= held[1].files + FEW
    assert held[-1].threads <= held[1].threads + FEW
    per_thousand = growth(held) * 1000 / EVERY / 1e6
    told = f"{COUNT} broken bodies: memory {per_thousand:+.2f} MB per 1000, files {held[1].files} to {held[-1].files}"
    with capsys.disabled():
        print(f"\n{told}, threads {held[1].threads} to {held[-1].threads}")  # noqa: T201
    assert per_thousand < MOST_GROWTH or COUNT < ENOUGH, told
    assert served.client.post("/v1/predict", content=jpeg()).status_code == 200
