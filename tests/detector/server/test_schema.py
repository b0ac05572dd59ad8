"""The server does what its OpenAPI document says: schemathesis sends what it allows, and what it does not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from detector.monitor.config.watch import load_config
from support.sample_pictures import picture, save_video
from support.serving import Served

Serve = Callable[..., Served]
TOKEN = "secret"
MANY_JOBS = 10_000  # every accepted video takes a place, and 503 counts as an error of the server
SEED = os.environ.get("SCHEMA_SEED", "18")
LEFT_OUT = [
    "--exclude-checks=positive_data_acceptance",  # no schema says which bytes are a picture
    "--exclude-path=/v1/live/events",  # it does not end
]


def check(served: Served, *options: str) -> None:
    """Run schemathesis on a server, and fail with its report."""
    document = f"{served.address}/openapi.json"
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", document, *LEFT_OUT, *options]
    more = ["-H", f"Authorization: Bearer {TOKEN}", "--seed", SEED, "--warnings=off", "--no-color", "--no-shrink"]
    done = subprocess.run([*command, *more], cwd=served.state.folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_route_answers_as_its_document_says(serve: Serve, tmp_path: Path) -> None:
    served = serve(token=TOKEN, collect=tmp_path / "faces", jobs=MANY_JOBS)
    check(served, "--phases=coverage")


@pytest.mark.slow
@pytest.mark.parametrize("token", [TOKEN, None])
def test_so_it_does_with_a_watch_and_whatever_is_sent(serve: Serve, tmp_path: Path, token: str | None) -> None:
    served = serve(
        token=token, collect=tmp_path / "faces", jobs=MANY_JOBS, watch=_watch(tmp_path), keep_seconds=1, max_bytes=5_000
    )
    check(served, "--phases=examples,coverage,fuzzing,stateful", "--max-examples=100", "--continue-on-failure")


def _watch(folder: Path) -> Any:
    clip = save_video(folder / "clip.mp4", [picture(120, 160, seed=1)] * 50)
    path = folder / "watch.yaml"
    path.write_text(
        f"cameras:\n  - {{source: {clip}, name: entrance, frozen_seconds: null}}\n"
        f"store:\n  url: sqlite:///{folder / 'events.db'}\n"
    )
    return load_config(path)


def test_a_wrong_method_is_told_all_right_ones(serve: Serve) -> None:
    answer = serve().client.put("/v1/videos/abc")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "DELETE, GET"


def test_the_document_asks_for_a_token_where_the_server_does(serve: Serve) -> None:
    document = serve(token=TOKEN).client.get("/openapi.json").json()
    assert document["paths"]["/v1/predict"]["post"]["security"] == [{"token": []}]
    assert document["paths"]["/healthz"]["get"]["security"] == []
