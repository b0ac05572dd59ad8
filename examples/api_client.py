"""Asks a running `detector serve` about pictures, and waits while it is busy.

    detector serve &
    python examples/api_client.py a.jpg b.jpg [--server http://127.0.0.1:8000] [--conf 0.4]

`MASK_DETECTOR_TOKEN` is sent where it is set. Pictures that cannot be read are named, and the exit status is 1. Needs
`pip install httpx`.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

_ATTEMPTS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the faces of each picture, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--server", default="http://127.0.0.1:8000")
    parser.add_argument("--conf", type=float, default=0.25)
    asked = parser.parse_args(arguments)
    token = os.environ.get("MASK_DETECTOR_TOKEN")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=asked.server, headers=headers, timeout=60) as client:
        return max(_show(client, path, asked.conf) for path in asked.pictures)


def predict(client: httpx.Client, picture: bytes, conf: float) -> dict[str, Any]:
    """The server's answer for one picture; while its queue is full, wait as long as it says.

    Args:
        client: With the address of the server.
        picture: The content of a picture file.
        conf: Faces with a lower score are left out.

    Raises:
        httpx.HTTPStatusError: The picture cannot be read, or the server stays busy.
    """
    for attempt in range(_ATTEMPTS):
        answer = client.post("/v1/predict", content=picture, params={"conf": conf})
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or attempt == _ATTEMPTS - 1:
            break
        time.sleep(float(answer.headers.get("Retry-After", 1)))
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _show(client: httpx.Client, path: Path, conf: float) -> int:
    try:
        found = predict(client, path.read_bytes(), conf)
    except httpx.HTTPStatusError as error:
        print(f"{path}: {error.response.text}", file=sys.stderr)
        return 1
    except (OSError, httpx.HTTPError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    for face in found["faces"]:
        print(f"{path}: {face['label']} {face['confidence']:.2f} at {[round(x) for x in face['xyxy']]}")
    print(f"{path}: {found['counts']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
