"""Bodies that are broken in many ways: none is an error of the server, and none leaves anything behind.

`BROKEN_BODIES=10000` tries more of them.
"""

import os
import random
from collections.abc import Callable

import pytest

from support.serving import Served, jpeg

Serve = Callable[..., Served]
COUNT = int(os.environ.get("BROKEN_BODIES", "150"))
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


@pytest.mark.slow
def test_broken_bodies_are_problems_and_leave_nothing_behind(serve: Serve) -> None:
    served = serve()
    chance = random.Random(18)
    for number in range(COUNT):
        headers = {"Content-Type": chance.choice(TYPES).encode("latin-1")}
        path, body = chance.choice(PATHS), broken(chance)
        answer = served.client.post(path, content=body, headers=headers)  # type: ignore[arg-type]  # bytes are taken
        assert answer.status_code < 500 or answer.status_code == 503, (number, path, headers, body[:300], answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
    parts = served.state.ready()
    assert served.state.memory.held == 0
    assert parts.queue.taken == 0
    assert served.client.post("/v1/predict", content=jpeg()).status_code == 200
