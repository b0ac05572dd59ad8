"""`POST /v1/predict`."""

import csv
import io
import json
import socket
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from detector import Detector
from support.sample_pictures import picture, save_video
from support.serving import NAMES, FakeDetector, Served, jpeg
from support.waiting import wait_until

Serve = Callable[..., Served]
FILES = [("file", ("a.jpg", jpeg(40))), ("file", ("notes.txt", b"no picture")), ("file", ("b.png", jpeg(200)))]


def test_the_bytes_of_a_picture_give_its_faces(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict", content=jpeg())
    assert answer.status_code == 200
    found = answer.json()
    assert (found["width"], found["height"]) == (64, 48)
    assert found["counts"] == {"with_mask": 1, "without_mask": 0, "mask_worn_incorrectly": 0}
    face = found["faces"][0]
    assert face == {
        "label": "with_mask",
        "class_id": 0,
        "confidence": pytest.approx(0.9),
        "xyxy": [1, 2, 63, 46],
        "tracker_id": None,
    }
    assert {*found["timing"]} == {"waited", "inference"}


@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream", "application/x-www-form-urlencoded", ""])
def test_a_picture_is_taken_under_the_types_that_clients_send(serve: Serve, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert serve().client.post("/v1/predict", content=jpeg(), headers=headers).status_code == 200


def test_several_pictures_give_a_list_in_order_each_with_its_own_error(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict", files=FILES)
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert [first["name"], second["name"], third["name"]] == ["a.jpg", "notes.txt", "b.png"]
    assert first["faces"][0]["label"] == "with_mask"
    assert third["faces"][0]["label"] == "mask_worn_incorrectly"
    assert second["error"]["status"] == 400
    assert "faces" not in second


def test_one_file_of_a_form_gives_a_list_of_one(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict", files=FILES[:1])
    assert [each["name"] for each in answer.json()] == ["a.jpg"]


def test_when_nothing_could_be_read_the_status_says_so(serve: Serve) -> None:
    served = serve()
    answer = served.client.post("/v1/predict", files=[FILES[1], FILES[1]])
    assert answer.status_code == 400
    assert len(answer.json()["pictures"]) == 2


def test_classes_are_chosen_by_name_or_id(serve: Serve) -> None:
    client = serve().client
    assert client.post("/v1/predict?classes=without_mask,2", content=jpeg()).json()["faces"] == []
    assert len(client.post("/v1/predict?classes=0", content=jpeg()).json()["faces"]) == 1


def test_coco_is_that_of_infer(serve: Serve) -> None:
    found = serve().client.post("/v1/predict?format=coco", files=FILES).json()
    assert [image["file_name"] for image in found["images"]] == ["a.jpg", "b.png"]
    assert [each["category_id"] for each in found["annotations"]] == [0, 2]
    assert found["annotations"][0]["bbox"] == [1, 2, 62, 44]
    assert [error["name"] for error in found["errors"]] == ["notes.txt"]


def test_csv_is_that_of_infer(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict?format=csv", files=FILES)
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["source"], row["label"], row["x1"]) for row in rows] == [
        ("a.jpg", "with_mask", "1.00"),
        ("b.png", "mask_worn_incorrectly", "1.00"),
    ]
    assert answer.headers["X-Failed-Pictures"] == "1"


def test_yolo_of_one_picture_is_its_label_file(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict?format=yolo", content=jpeg())
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "0 0.500000 0.500000 0.968750 0.916667\n"


def test_yolo_and_copies_of_several_pictures_are_an_archive_with_their_errors(serve: Serve) -> None:
    client = serve().client
    labels = zipfile.ZipFile(io.BytesIO(client.post("/v1/predict?format=yolo", files=FILES).content))
    assert labels.namelist() == ["labels/001-a.txt", "labels/002-b.txt", "data.yaml", "errors.json"]
    copies = zipfile.ZipFile(io.BytesIO(client.post("/v1/predict?format=image", files=FILES).content))
    assert copies.namelist() == ["001-a.jpg", "002-b.png", "errors.json"]
    assert json.loads(copies.read("errors.json"))[0]["name"] == "notes.txt"


def test_the_annotated_picture_has_the_boxes_drawn(serve: Serve) -> None:
    answer = serve().client.post("/v1/predict?format=image", content=jpeg())
    assert answer.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None and image.shape == (48, 64, 3)
    assert image.std() > 10  # the picture itself is grey


@pytest.mark.parametrize(
    ("query", "subject"),
    [("conf=2", "conf"), ("conf=x", "conf"), ("tile=1", "tile"), ("classes=hat", "classes"), ("format=xml", "format")],
)
def test_an_option_that_cannot_be_is_named(serve: Serve, query: str, subject: str) -> None:
    answer = serve().client.post(f"/v1/predict?{query}", content=jpeg())
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["subject"] == subject
    assert problem["expected"]


@pytest.mark.parametrize("content", [b"", b"no picture", jpeg()[:200], b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_what_is_no_picture_is_400(serve: Serve, content: bytes) -> None:
    answer = serve().client.post("/v1/predict", content=content)
    assert answer.status_code == 400
    assert answer.json()["found"]


@pytest.mark.parametrize("kind", ["application/json", "text/html", "video/mp4"])
def test_another_type_is_415(serve: Serve, kind: str) -> None:
    answer = serve().client.post("/v1/predict", content=jpeg(), headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_a_video_is_415_and_says_where_it_belongs(serve: Serve, tmp_path: Path) -> None:
    path = save_video(tmp_path / "clip.mp4", [picture()] * 3)
    answer = serve().client.post("/v1/predict", content=path.read_bytes())
    assert answer.status_code == 415
    assert "/v1/videos" in answer.json()["expected"]


@pytest.mark.parametrize("chunked", [False, True])
def test_too_many_bytes_are_413(serve: Serve, chunked: bool) -> None:
    content = b"x" * 2000
    answer = serve(max_bytes=1000).client.post("/v1/predict", content=iter([content]) if chunked else content)
    assert answer.status_code == 413
    assert "1000" in answer.json()["expected"]


def test_too_many_pixels_are_413_before_they_are_decoded(serve: Serve) -> None:
    answer = serve(max_pixels=1000).client.post("/v1/predict", content=jpeg())
    assert answer.status_code == 413
    assert "3072 pixels" in answer.json()["found"]


def test_a_decompression_bomb_is_413(serve: Serve) -> None:
    from PIL import Image

    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    assert serve().client.post("/v1/predict", content=bomb.getvalue()).status_code == 413


def test_more_tiles_than_the_owner_allows_are_refused(serve: Serve) -> None:
    detector = FakeDetector(tile=32)
    answer = serve(detector, max_tiles=2).client.post("/v1/predict?tile=32", content=jpeg(40, 480, 640))
    assert answer.status_code == 422
    assert answer.json()["subject"] == "tile"


def test_clients_share_batches(serve: Serve) -> None:
    detector = FakeDetector(batch_size=4)
    served = serve(detector)
    detector.gate.clear()
    threads = [
        threading.Thread(target=served.client.post, args=("/v1/predict",), kwargs={"content": jpeg()})
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: served.state.parts and served.state.parts.queue.taken == 10)
    # Pictures that are not decoded yet have a place, but cannot be in the next batch.
    wait_until(lambda: served.state.parts and len(served.state.parts.queue._decoded) + sum(detector.batches) == 10)
    detector.gate.set()
    for thread in threads:
        thread.join()
    assert max(detector.batches) == 4
    assert sum(detector.batches) == 10


def test_a_full_queue_is_503_at_once_and_serves_again(serve: Serve) -> None:
    detector = FakeDetector()
    served = serve(detector, queue=2)
    detector.gate.clear()
    threads = [
        threading.Thread(target=served.client.post, args=("/v1/predict",), kwargs={"content": jpeg()}) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: served.state.parts and served.state.parts.queue.taken == 2)
    answer = served.client.post("/v1/predict", content=jpeg())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    detector.gate.set()
    for thread in threads:
        thread.join()
    assert served.client.post("/v1/predict", content=jpeg()).status_code == 200


def test_more_pictures_than_there_are_places_are_refused_as_a_whole(serve: Serve) -> None:
    served = serve(queue=2)
    answer = served.client.post("/v1/predict", files=[FILES[0]] * 3)
    assert answer.status_code in (400, 503)
    assert served.state.parts is not None and served.state.parts.queue.taken == 0


def test_a_client_that_leaves_frees_its_place(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    detector = FakeDetector()
    served = serve(detector, queue=8)
    detector.gate.clear()
    queue = served.state.parts.queue  # type: ignore[union-attr]
    for _ in range(8):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{served.address}/v1/predict", content=jpeg(), timeout=httpx.Timeout(30, read=0.05))
    wait_until(lambda: queue.taken <= 4)  # those in the network cannot be taken back
    detector.gate.set()
    wait_until(lambda: queue.taken == 0)
    assert caplog.records == []


def test_a_body_that_stops_coming_is_408(serve: Serve) -> None:
    served = serve(upload_seconds=1)
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /v1/predict HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n\r\nabc"
        connection.sendall(head.encode())
        connection.settimeout(60)
        assert b" 408 " in connection.recv(1000)
    assert served.state.memory.held == 0


def test_uploads_that_would_fill_the_memory_are_refused(serve: Serve) -> None:
    served = serve(max_bytes=10_000)
    served.state.memory.most = 15_000
    served.state.memory.held = 14_000  # of others
    answer = served.client.post("/v1/predict", content=b"x" * 5000)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\nabc',
        b'--x\r\nContent-Disposition: form-data; name="other"; filename="a.jpg"\r\n\r\nabc\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="field"\r\n\r\nabc\r\n--x--\r\n',
        b"--y\r\n\r\n--y--",
        b"\0" * 100,
    ],
)
def test_a_broken_form_is_400(serve: Serve, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = serve().client.post("/v1/predict", content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["expected"]


def test_names_of_clients_are_no_paths(serve: Serve) -> None:
    names = ["../../etc/passwd", "C:\\temp\\a.jpg", "a\x1b[31m\n.jpg", "", "x" * 400 + ".jpg"]
    answer = serve().client.post("/v1/predict", files=[("file", (name, jpeg())) for name in names if name])
    found = [each["name"] for each in answer.json()]
    assert found[0] == "passwd"
    assert found[1] == "a.jpg"
    assert all("/" not in name and "\\" not in name and name.isprintable() and len(name) <= 100 for name in found)


def test_while_the_network_is_loaded_requests_are_503(serve: Serve) -> None:
    loaded = threading.Event()

    def load() -> FakeDetector:
        loaded.wait(60)
        return FakeDetector()

    served = serve(load=load, wait=False)
    try:
        assert served.client.get("/healthz").status_code == 200
        assert served.client.get("/readyz").status_code == 503
        answer = served.client.post("/v1/predict", content=jpeg())
        assert answer.status_code == 503
        assert "Retry-After" in answer.headers
    finally:
        loaded.set()
    wait_until(lambda: served.client.get("/readyz").status_code == 200)


def test_what_the_server_finds_is_what_predict_finds(serve: Serve, detector: Detector, assets: Path) -> None:
    client = serve(detector).client
    for name in ("zidane.jpg", "bus.jpg"):
        found = client.post("/v1/predict?conf=0.3", content=(assets / name).read_bytes()).json()
        expected = detector.predict([str(assets / name)], conf=0.3)[0].to_dicts()
        assert [face["label"] for face in found["faces"]] == [face["label"] for face in expected]
        for face, other in zip(found["faces"], expected, strict=True):
            assert face["xyxy"] == pytest.approx(other["xyxy"], abs=0.5)


def test_what_is_metered_is_what_happened(serve: Serve) -> None:
    client = serve().client
    client.post("/v1/predict", files=FILES)
    text = client.get("/metrics").text
    assert 'mask_detector_server_pictures_total{outcome="read"} 2.0' in text
    assert 'mask_detector_server_pictures_total{outcome="failed"} 1.0' in text
    assert 'mask_detector_server_requests_total{method="POST",route="/v1/predict",status="200"} 1.0' in text


def test_the_model_and_the_limits_are_told(serve: Serve) -> None:
    found = serve(max_pixels=1234).client.get("/v1/model").json()
    assert found["names"] == list(NAMES)
    assert found["limits"]["max_pixels"] == 1234
    assert "/" not in found["weights"]
