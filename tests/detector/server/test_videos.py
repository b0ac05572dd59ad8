"""`/v1/videos`: videos as jobs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import Detector
from support.sample_pictures import picture, save_video
from support.serving import Served, jpeg
from support.waiting import wait_until

Serve = Callable[..., Served]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return save_video(tmp_path / "clip.mp4", [picture(seed=i) for i in range(6)]).read_bytes()


def post(served: Served, content: bytes, name: str = "clip.mp4", query: str = "") -> Any:
    return served.client.post(f"/v1/videos{query}", files={"file": (name, content)})


def ended(served: Served, address: str) -> dict[str, Any]:
    wait_until(lambda: served.client.get(address).json()["state"] in ("finished", "failed"))
    found: dict[str, Any] = served.client.get(address).json()
    return found


def test_a_video_becomes_a_job_with_the_results_of_infer(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector)
    answer = post(served, clip)
    assert answer.status_code == 202
    job = ended(served, answer.headers["Location"])
    assert (job["state"], job["outcome"], job["frames"], job["error"]) == ("finished", "read", 6, None)
    names = {each["name"] for each in job["results"]}
    assert {"clip.mp4", "detections.csv", "detections.json", "summary.json"} <= names
    for each in job["results"]:
        content = served.client.get(each["href"]).content
        assert len(content) == each["bytes"]
        assert str(served.state.folder).encode() not in content
    found = served.client.get(f"{answer.headers['Location']}/results/detections.json").json()
    assert {image["file_name"] for image in found["images"]} == {"clip.mp4"}


def test_the_body_may_be_the_video_itself(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector)
    answer = served.client.post("/v1/videos?conf=0.5", content=clip, headers={"Content-Type": "video/mp4"})
    assert ended(served, answer.headers["Location"])["state"] == "finished"


def test_progress_comes_as_events_until_the_end(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector)
    job = post(served, clip).json()
    with served.client.stream("GET", job["events"]) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        data = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert data[-1]["state"] == "finished"
    assert data[-1]["frames"] == 6


def test_a_deleted_job_is_gone_and_so_are_its_files(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector)
    address = post(served, clip).headers["Location"]
    assert served.client.delete(address).status_code == 204
    assert served.client.get(address).status_code == 410
    assert served.client.get(f"{address}/results/detections.csv").status_code == 410
    wait_until(lambda: not any((served.state.folder / "videos").iterdir()))


def test_results_are_kept_for_a_stated_time(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector, keep_seconds=1)
    address = post(served, clip).headers["Location"]
    wait_until(lambda: served.client.get(address).status_code == 410)
    wait_until(lambda: not any((served.state.folder / "videos").iterdir()))


def test_a_job_that_never_was_is_404(serve: Serve) -> None:
    client = serve().client
    assert client.get("/v1/videos/nothing").status_code == 404
    assert client.delete("/v1/videos/nothing").status_code == 404
    assert client.get("/v1/videos/nothing/events").status_code == 404


def test_only_results_are_given_out(serve: Serve, detector: Detector, clip: bytes) -> None:
    served = serve(detector)
    address = post(served, clip).headers["Location"]
    ended(served, address)
    for name in ("..%2f..%2fetc%2fpasswd", "nothing.csv", "%2e%2e"):
        assert served.client.get(f"{address}/results/{name}").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"no video at all",
        jpeg(),
    ],
)
def test_what_does_not_begin_as_a_video_is_415(serve: Serve, content: bytes) -> None:
    served = serve()
    assert post(served, content).status_code == 415
    assert not any((served.state.folder / "videos").iterdir())


def test_a_broken_video_is_400(serve: Serve, clip: bytes) -> None:
    assert post(serve(), clip[:60]).status_code == 400


def test_a_damaged_video_keeps_what_could_be_read(serve: Serve, detector: Detector, tmp_path: Path) -> None:
    frames = [np.random.default_rng(i).integers(0, 255, (120, 160, 3), np.uint8) for i in range(30)]
    content = save_video(tmp_path / "long.mkv", frames).read_bytes()
    served = serve(detector)
    answer = post(served, content[: len(content) // 2], "long.mkv")
    job = ended(served, answer.headers["Location"])
    assert (job["state"], job["outcome"]) == ("finished", "damaged")
    assert job["error"]["found"]
    assert any(each["name"] == "detections.csv" for each in job["results"])


@pytest.mark.parametrize("limit", [{"max_frames": 3}, {"max_seconds": 1}, {"max_pixels": 1000}])
def test_a_video_beyond_the_limits_is_413(serve: Serve, tmp_path: Path, limit: dict[str, int]) -> None:
    content = save_video(tmp_path / "long.mp4", [picture()] * 60).read_bytes()
    assert post(serve(**limit), content).status_code == 413


def test_a_video_that_hides_its_length_is_stopped_at_the_limit(
    serve: Serve, detector: Detector, tmp_path: Path
) -> None:
    content = save_video(tmp_path / "long.ts", [picture()] * 40).read_bytes()
    served = serve(detector, max_frames=5)
    answer = post(served, content, "long.ts")
    job = ended(served, answer.headers["Location"])
    assert job["state"] == "failed"
    assert job["error"]["status"] == 413


def test_more_videos_than_there_are_places_are_503(serve: Serve, clip: bytes) -> None:
    served = serve(jobs=1)
    jobs = served.state.ready().jobs
    jobs.create(jobs_options())
    answer = post(served, clip)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


def jobs_options() -> Any:
    from detector.server.batching_queue import DetectionOptions

    return DetectionOptions()


def test_at_the_end_of_the_server_a_running_job_ends(serve: Serve, detector: Detector, tmp_path: Path) -> None:
    content = save_video(tmp_path / "long.mp4", [picture(240, 320)] * 2000).read_bytes()
    served = serve(detector)
    job = post(served, content).json()
    wait_until(lambda: served.client.get(f"/v1/videos/{job['id']}").json()["frames"] > 0)
    served.server.should_exit = True
    jobs = served.state.ready().jobs
    wait_until(lambda: not jobs._thread.is_alive())
