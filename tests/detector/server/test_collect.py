"""`--collect`: corrected pictures become a dataset."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from converters.formats.yolo import load_dataset_yaml
from detector.errors import UsageError
from detector.server.collection import Collection
from support.serving import NAMES, FakeDetector, Served, jpeg

Serve = Callable[..., Served]
FACE = {"label": "without_mask", "xyxy": [10, 12, 30, 36]}


def save(served: Served, faces: Any, content: bytes = jpeg()) -> Any:
    return served.client.post("/v1/collect", files={"file": ("a.jpg", content)}, data={"faces": json.dumps(faces)})


def test_a_corrected_picture_is_saved_with_what_the_network_said(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "faces"
    answer = save(serve(collect=folder), [FACE])
    assert answer.status_code == 201
    saved = answer.json()
    assert (saved["split"], saved["count"]) == ("train", 1)
    image = cv2.imread(str(folder / saved["picture"]))
    assert image is not None and image.shape == (48, 64, 3)
    stem = Path(saved["picture"]).stem
    assert (folder / f"labels/train/{stem}.txt").read_text() == "1 0.312500 0.500000 0.312500 0.500000\n"
    said = json.loads((folder / f"predictions/train/{stem}.json").read_text())
    assert [face["label"] for face in said["faces"]] == ["with_mask"]


def test_a_picture_that_is_corrected_again_is_replaced(serve: Serve, tmp_path: Path) -> None:
    served = serve(collect=tmp_path / "faces")
    save(served, [FACE])
    answer = save(served, [])
    assert answer.json()["count"] == 1
    (labels,) = (tmp_path / "faces/labels").rglob("*.txt")
    assert labels.read_text() == ""


def test_the_dataset_can_be_used_from_the_first_picture_on(serve: Serve, tmp_path: Path) -> None:
    served = serve(collect=tmp_path / "faces")
    for number in range(1, 5):
        save(served, [FACE], jpeg(number * 20))
        dataset = load_dataset_yaml(tmp_path / "faces/data.yaml")
        assert dataset.names == NAMES
        assert {"train", "val"} <= {*dataset.splits}
        for split in ("train", "val"):
            text = (tmp_path / "faces/data.yaml").read_text()
            place = next(line.split(": ")[1] for line in text.splitlines() if line.startswith(split))
            assert any((tmp_path / "faces" / place).iterdir())


@pytest.mark.parametrize(
    "faces",
    [
        "no list",
        [{"label": "hat", "xyxy": [1, 1, 9, 9]}],
        [{"label": "with_mask", "xyxy": [1, 1, 9]}],
        [{"label": "with_mask", "xyxy": [1, 1, "9", 9]}],
        [{"label": "with_mask", "xyxy": [9, 9, 1, 1]}],
        [{"label": "with_mask", "xyxy": [100, 100, 200, 200]}],
        [FACE] * 1001,
        [[]],
    ],
)
def test_faces_that_cannot_be_are_refused_and_nothing_is_saved(serve: Serve, tmp_path: Path, faces: Any) -> None:
    answer = save(serve(collect=tmp_path / "faces"), faces)
    assert answer.status_code == 422
    assert answer.json()["expected"]
    assert not any((tmp_path / "faces").iterdir())


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "NaN", '[{"label": "with_mask", "xyxy": [NaN, 1, 2, 3]}]'])
def test_what_is_no_list_of_faces_is_422(serve: Serve, tmp_path: Path, text: str) -> None:
    client = serve(collect=tmp_path / "faces").client
    answer = client.post("/v1/collect", files={"file": ("a.jpg", jpeg())}, data={"faces": text})
    assert answer.status_code == 422


def test_without_collect_nothing_is_saved(serve: Serve) -> None:
    served = serve()
    assert save(served, [FACE]).status_code == 404
    assert served.client.get("/v1/model").json()["collect"] is False


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="other files"):
        Collection(tmp_path, NAMES)


def test_a_collection_of_other_classes_is_refused(tmp_path: Path) -> None:
    image = np.zeros((20, 20, 3), np.uint8)
    faces = FakeDetector().predict([image])[0]
    Collection(tmp_path / "a", NAMES).save(image, faces, faces, "x")
    Collection(tmp_path / "a", NAMES)
    with pytest.raises(UsageError, match="classes"):
        Collection(tmp_path / "a", ("face", "mask"))


def test_metadata_of_the_upload_is_not_saved(serve: Serve, tmp_path: Path) -> None:
    import io

    from PIL import Image

    picture = Image.new("RGB", (40, 30), (90, 90, 90))
    exif = picture.getexif()
    exif[0x010E] = "a secret place"
    exif[0x0112] = 6  # to be turned
    content = io.BytesIO()
    picture.save(content, "JPEG", exif=exif)
    saved = save(serve(collect=tmp_path / "faces"), [], content.getvalue()).json()
    written = (tmp_path / "faces" / saved["picture"]).read_bytes()
    assert b"secret" not in written
    assert Image.open(io.BytesIO(written)).size == (30, 40)
