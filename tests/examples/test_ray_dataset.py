from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.serving import jpeg

pytest.importorskip("ray.data", reason="needs pip install 'mask-detector[ray]'")

import duckdb
import ray

import ray_dataset
from detector import Detector


@pytest.fixture
def ray_here() -> Iterator[None]:
    ray.init(address="local", num_cpus=2, object_store_memory=100_000_000, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_faces_are_counted_by_folder() -> None:
    rows = [
        {"path": "/a/1.jpg", "faces": [{"label": "with_mask"}, {"label": "without_mask"}]},
        {"path": "/a/2.jpg", "faces": [{"label": "with_mask"}]},
        {"path": "/b/3.jpg", "faces": None},
    ]
    assert ray_dataset.count_by_folder(rows) == {"/a": {"with_mask": 2, "without_mask": 1}, "/b": {}}


@pytest.mark.slow
def test_pictures_that_cannot_be_read_are_named_and_counted(
    ray_here: None, assets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    (photos / "zidane.jpg").write_bytes((assets / "zidane.jpg").read_bytes())
    (photos / "grey.jpg").write_bytes(jpeg())
    (photos / "damaged.jpg").write_bytes(b"\xff\xd8\xff no picture")
    assert ray_dataset.main([str(photos), "--out", str(out)]) == 1
    printed = capsys.readouterr()
    expected = Counter(face.label for face in Detector(conf=0.4).predict(photos / "zidane.jpg"))
    assert f"photos: {dict(expected)}" in printed.out
    assert "damaged.jpg: " in printed.err
    assert duckdb.sql(f"select count(*) from '{out}/*.parquet'").fetchall() == [(3,)]
