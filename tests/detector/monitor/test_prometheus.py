"""What Prometheus reads."""

import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from detector.errors import UsageError
from detector.monitor.prometheus import PrometheusServer
from detector.monitor.watch import Watch
from support.camera_scenes import SceneDetector, scene, served, watching
from support.servers import http_server
from support.waiting import wait_until

LINE = {"name": "threshold", "points": [[0, 0.9], [1, 0.9]]}
ZONE = {"name": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]]}


def read(port: int) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        (
            sample.name.removeprefix("mask_detector_"),
            *(value for _, value in sorted(sample.labels.items())),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_of_a_watch(tmp_path: Path) -> None:
    with http_server() as hook, served(scene("w i")) as server:
        config = watching(
            tmp_path,
            [
                {"name": "door", "source": server.url, "lines": [LINE], "zones": [ZONE]},
                {"name": "gone", "source": str(tmp_path / "no.mp4")},
            ],
            sinks={"hook": {"type": "webhook", "url": f"http://127.0.0.1:{hook.port}/"}},
            alerts=[{"name": "bare", "when": {"for_seconds": 0}, "to": ["hook"]}],
        )
        with Watch(config, detector=SceneDetector()) as watch:  # type: ignore[arg-type]
            metrics = PrometheusServer("127.0.0.1", 0, watch.status)
            wait_until(lambda: read(metrics.port).get(("alert_deliveries_total", "delivered", "hook")) == 1)
            found = read(metrics.port)
            metrics.close()
    assert found["camera_up", "door"] == 1
    assert found["camera_up", "gone"] == 0
    assert 0 < found["frames_total", "door"] <= found["frames_received_total", "door"]
    assert found["frames_per_second", "door"] > 0
    assert found["states_known", "door"] == 1
    assert 0 < found["delay_seconds", "door"] < 60
    assert found["people", "door", "without_mask"] == found["people", "door", "mask_worn_incorrectly"] == 1
    assert found["events_total", "door", "mask_worn_incorrectly"] == 1
    assert found["alerts_total", "door", "bare"] == 1
    assert found["alerts_waiting", "hook"] == 0
    assert found["zone_people", "door", "without_mask", "all"] == 1
    assert found["line_crossings_total", "door", "in", "threshold", "without_mask"] == 0
    assert found["line_inside", "door", "threshold"] == 0
    assert found["store_up",] == 1
    assert found["store_rows_dropped_total",] == 0


def test_a_port_that_is_taken_is_an_error() -> None:
    with http_server() as other, pytest.raises(UsageError, match=f"{other.port}.*free port"):
        PrometheusServer("127.0.0.1", other.port, lambda: None)  # type: ignore[arg-type, return-value]
