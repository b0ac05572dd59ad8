"""The actor that holds the network: its answers are those of the detector, and one bad picture harms no other."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from detector import Detections, Detector, DetectorSettings
from detector.cluster.face_actor import FaceActor
from detector.cluster.loading import load_pictures
from detector.cluster.tables import face_rows


@pytest.fixture(scope="module")
def actor() -> FaceActor:
    return FaceActor(DetectorSettings(device="cpu"), None, 1, False)


def answers(actor: FaceActor, *paths: Path) -> list[dict[str, object]]:
    (table,) = load_pictures(pa.table({"path": [str(path) for path in paths]}))
    rows: list[dict[str, object]] = actor(table).to_pylist()
    return rows


def test_the_answers_are_those_of_the_detector(actor: FaceActor, photos: Path, detector: Detector) -> None:
    paths = sorted(photos.glob("*.png"))
    found = detector.predict(list(paths))
    rows = answers(actor, *paths)
    assert sum(map(len, found)) > 0
    assert [row["faces"] for row in rows] == [face_rows(faces) for faces in found]
    assert {row["outcome"] for row in rows} == {"read"}
    assert [(row["width"], row["frames"], row["kind"]) for row in rows[:1]] == [(160, 1, "image")]


def test_what_cannot_be_read_is_a_row(actor: FaceActor, photos: Path) -> None:
    good, bad = answers(actor, photos / "bus-160.png", photos / "damaged.jpg")
    assert good["outcome"] == "read"
    assert (bad["outcome"], bad["kind"], bad["faces"]) == ("failed", None, [])
    assert bad["reason"]


def test_a_picture_that_the_network_fails_on_harms_no_other(
    actor: FaceActor, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = Detector.predict

    def fails(self: Detector, images: list[NDArray[np.uint8]]) -> list[Detections]:
        if any(image.shape[1] == 240 for image in images):
            raise RuntimeError("out of memory")
        return predict(self, images)

    monkeypatch.setattr(Detector, "predict", fails)
    good, bad = answers(actor, photos / "bus-160.png", photos / "bus-240.png")
    assert good["outcome"] == "read"
    assert (bad["outcome"], bad["reason"]) == ("failed", "RuntimeError: out of memory")
