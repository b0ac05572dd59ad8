"""The live view of a watch."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from detector.monitor.config.watch import CameraConfig, load_config
from detector.people.states import State, StateChange
from detector.server import live
from support.camera_scenes import served as camera
from support.sample_pictures import picture, save_video
from support.serving import FakeDetector, Served
from support.waiting import wait_until

Serve = Callable[..., Served]
NOW = datetime(2026, 11, 21, 16, tzinfo=UTC)
CAMERAS = ["entrance", "hall / left"]


@pytest.fixture
def config(tmp_path: Path) -> Any:
    clip = save_video(tmp_path / "clip.mp4", [picture(120, 160, seed=1)] * 200)
    cameras = "".join(f"  - {{source: {clip}, name: {json.dumps(name)}, frozen_seconds: null}}\n" for name in CAMERAS)
    path = tmp_path / "watch.yaml"
    clips = f"clips:\n  folder: {tmp_path / 'clips'}\n"
    path.write_text(f"cameras:\n{cameras}{clips}store:\n  url: sqlite:///{tmp_path / 'events.db'}\n")
    return load_config(path)


@pytest.fixture
def served(serve: Serve, config: Any) -> Served:
    return serve(FakeDetector(), watch=config)


def view(served: Served) -> Any:
    return served.state.ready().live


def image_of(served: Served, name: str) -> np.ndarray:
    answer = served.client.get(f"/v1/live/{name}.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def events_until(served: Served, name: str) -> list[tuple[str, Any]]:
    """The events of a new viewer, up to the first of a name."""
    found: list[tuple[str, Any]] = []
    with served.client.stream("GET", "/v1/live/events") as stream:
        kind = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                found.append((kind, json.loads(line[6:])))
                if kind == name:
                    return found
    return found


def test_every_camera_is_listed_with_its_people_and_its_picture(served: Served) -> None:
    wait_until(lambda: all(camera["picture"] for camera in view(served).status()["cameras"]))
    (kind, status), *_ = events_until(served, "status")
    assert kind == "status"
    assert [camera["name"] for camera in status["cameras"]] == CAMERAS
    assert {*status["cameras"][0]["people"]} == {"with_mask", "without_mask", "mask_worn_incorrectly", "undecided"}
    for name in ("entrance", "hall%20%2F%20left"):
        assert image_of(served, name).shape == (120, 160, 3)


def test_events_of_cameras_reach_every_viewer(served: Served) -> None:
    for _ in range(2):
        event = events_until(served, "event")[-1][1]
        assert event["camera"] in CAMERAS
        assert event["text"].startswith("camera ")


def test_an_event_names_its_clip_which_is_served_in_parts(served: Served, tmp_path: Path) -> None:
    path = tmp_path / "clips" / "hall left_20261121T160000Z.mp4"
    path.write_bytes(b"0123456789")
    view(served)._note(
        StateChange("entrance", NOW, 3, State.UNDECIDED, State.WITHOUT_MASK, 0.9, (1, 2, 3, 4), clip=str(path))
    )
    (address,) = (event["clip"] for event in view(served).events(0) if "clip" in event)
    answer = served.client.get(address)
    assert (answer.content, answer.headers["content-type"]) == (b"0123456789", "video/mp4")
    part = served.client.get(address, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")


@pytest.mark.parametrize("name", ["nothing.mp4", "..%2fclip.mp4", ".hidden.mp4", "notes.txt", "%00.mp4"])
def test_only_finished_clips_are_served(served: Served, tmp_path: Path, name: str) -> None:
    for other in (".hidden.mp4", "notes.txt"):
        (tmp_path / "clips" / other).write_bytes(b"1")
    assert served.client.get(f"/v1/live/clips/{name}").status_code == 404


def test_what_is_not_there_is_404(served: Served) -> None:
    for path in ("/v1/live/nobody.jpg", "/v1/live/snapshots/99.jpg", "/v1/live/..%2f..%2fetc%2fpasswd.jpg"):
        assert served.client.get(path).status_code == 404


def test_ten_viewers_cost_one_drawing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_until(lambda: view(served)._shown["entrance"].number > 0)
    drawn: list[int] = []
    original = live.annotated
    monkeypatch.setattr(live, "annotated", lambda *given, **named: drawn.append(1) or original(*given, **named))
    monkeypatch.setattr(live, "_DRAW_SECONDS", 1000)
    with ThreadPoolExecutor(10) as pool:
        jpegs = list(pool.map(lambda _: view(served).jpeg("entrance"), range(50)))
    assert len(drawn) <= 1
    assert all(jpegs)


def test_a_frame_that_nobody_looks_at_is_not_drawn(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    original = live.annotated
    monkeypatch.setattr(live, "annotated", lambda *given, **named: drawn.append(1) or original(*given, **named))
    wait_until(lambda: view(served)._shown["entrance"].number > 3)
    assert drawn == []


def test_the_second_stream_is_shown_and_falls_back_to_the_first(
    serve: Serve, config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_DRAW_SECONDS", 0.0)
    mask = [[0, 0], [80, 0], [80, 120], [0, 120]]  # pixels of the first stream
    with camera(np.full((360, 480, 3), 200, np.uint8)) as server:
        entrance = config.model_dump()["cameras"][0] | {"view": server.url, "masks": [mask]}
        cameras = (CameraConfig(**entrance), config.cameras[1])
        served = serve(FakeDetector(), watch=config.model_copy(update={"cameras": cameras}))
        wait_until(lambda: view(served)._shown["entrance"].number > 0)
        assert view(served)._shown["entrance"].view._camera is None  # nobody has looked

        def height() -> int:
            return image_of(served, "entrance").shape[0]

        wait_until(lambda: height() == 360)
        image = image_of(served, "entrance")
        assert image[200, 30:230].max() < 60  # below the label, within the box
        assert image[200, 260:450].min() > 150
        server.cut_off()
        wait_until(lambda: height() == 120)
        assert served.client.get("/v1/live/hall%20%2F%20left.jpg").status_code == 200


def test_today_and_the_report_come_from_the_store(served: Served) -> None:
    wait_until(lambda: view(served).today() is not None)
    assert {"compliance", "watched", "people", "alerts"} <= {*view(served).today()}
    answer = served.client.get("/live/report")
    assert answer.status_code == 200
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert "entrance" in answer.text
    assert served.client.get("/live/report?from=yesterday").status_code == 422
    assert served.client.get("/live/report?from=2001-01-01&to=2001-01-02").status_code == 404


def test_the_metrics_of_the_watch_are_among_those_of_the_server(served: Served) -> None:
    wait_until(lambda: view(served)._shown["entrance"].number > 0)
    text = served.client.get("/metrics").text
    assert 'mask_detector_camera_up{camera="entrance"} 1.0' in text
    assert "mask_detector_server_queue_taken" in text


def test_without_a_watch_there_is_no_live_view(serve: Serve) -> None:
    client = serve().client
    for path in ("/live", "/v1/live/events", "/v1/live/a.jpg", "/live/report"):
        assert client.get(path).status_code == 404
    assert client.get("/v1/model").json()["live"] is False


def test_the_end_of_the_server_ends_the_watch(served: Served) -> None:
    watch = view(served)._watch
    served.server.should_exit = True
    wait_until(lambda: not any(thread.is_alive() for thread in watch._threads))
