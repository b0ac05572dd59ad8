"""A Ray cluster of three nodes on this machine: a node and a driver are killed, and the store is busy."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ray.cluster_utils import Cluster

from detector import Detector, DetectorSettings
from detector.cluster import ClusterOptions
from detector.cluster.run import ClusterRun, run_on_cluster
from detector.cluster.storage import Folder
from detector.cluster.tables import face_rows
from detector.inference.outputs import Totals
from support.object_store import ObjectStore, bucket_of, object_store
from support.ray_cluster import add_node, ray_cluster
from support.waiting import HANGS, wait_until

pytestmark = pytest.mark.cluster

OPTIONS = ClusterOptions(concurrency=2, batch_size=4)
PHOTOS = 40

# A driver that writes after every block, so that a test can kill it between two.
DRIVER = """
import sys
from detector import DetectorSettings
from detector.cluster import ClusterOptions, results
from detector.cluster.run import ClusterRun, run_on_cluster
results._FILE_SECONDS = 0.0
photos, out, address = sys.argv[1:]
options = ClusterOptions(concurrency=2, batch_size=4)
run_on_cluster(ClusterRun(inputs=[photos], out=out, settings=DetectorSettings(), options=options, address=address))
"""


@pytest.fixture(scope="module")
def s3() -> Iterator[ObjectStore]:
    with object_store() as store:  # before the cluster, which inherits its environment
        yield store


@pytest.fixture(scope="module")
def cluster(s3: ObjectStore) -> Iterator[Cluster]:
    with ray_cluster(nodes=3) as cluster:
        yield cluster


@pytest.fixture
def many(tmp_path: Path, assets: Path) -> Path:
    """A folder of small photos with faces, each of them different."""
    folder = tmp_path / "many"
    folder.mkdir()
    photo = cv2.imread(str(assets / "zidane.jpg"))
    assert photo is not None
    for i in range(PHOTOS):
        cv2.imwrite(str(folder / f"{i:02}.png"), cv2.resize(photo[:, 2 * i :], (320, 180)))
    return folder


def asked(inputs: object, out: object, cluster: Cluster, **options: Any) -> ClusterRun:
    return ClusterRun(
        inputs=[str(inputs)],
        out=str(out),
        settings=DetectorSettings(),
        options=OPTIONS,
        address=cluster.address,
        **options,
    )


def rows(out: object, kind: str) -> list[dict[str, Any]]:
    folder = Folder(str(out))
    files = [folder.read(f"{kind}/{name}") or b"" for name in folder.names(kind)]
    return sorted(
        (row for file in files for row in pq.read_table(io.BytesIO(file)).to_pylist()), key=lambda r: r["input"]
    )


def expected(photos: Path, detector: Detector) -> list[dict[str, Any]]:
    paths = sorted(photos.glob("*.png"))
    found = detector.predict(list(paths))
    return [face for faces in found for face in face_rows(faces)]


def without_names(faces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in face.items() if name not in ("input", "source")} for face in faces]


def test_a_node_that_is_killed_costs_no_input(cluster: Cluster, many: Path, tmp_path: Path, detector: Detector) -> None:
    killed: list[int] = []

    def kill(totals: Totals, inputs: int) -> None:
        if not killed:
            killed.append(totals.outcomes.total())
            cluster.remove_node(next(iter(cluster.worker_nodes)), allow_graceful=False)

    out = tmp_path / "out"
    totals = run_on_cluster(asked(many, out, cluster), kill)
    add_node(cluster)
    assert 0 < killed[0] < PHOTOS
    assert totals.outcomes == {"read": PHOTOS, "failed": 0, "damaged": 0, "interrupted": 0}
    assert [row["input"] for row in rows(out, "inputs")] == list(range(PHOTOS))
    assert without_names(rows(out, "faces")) == expected(many, detector)


def test_a_driver_that_is_killed_is_gone_on_with(
    cluster: Cluster, many: Path, tmp_path: Path, detector: Detector
) -> None:
    out = tmp_path / "out"
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(many), str(out), cluster.address])
    try:
        wait_until(lambda: list(out.glob("inputs/*.parquet")) or driver.poll() is not None, HANGS)
    finally:
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait()
    before = {path: path.stat().st_mtime_ns for path in out.glob("inputs/*.parquet")}
    done = len(rows(out, "inputs"))
    assert 0 < done < PHOTOS
    taken: list[int] = []
    totals = run_on_cluster(
        asked(many, out, cluster, existing="resume"), lambda totals, inputs: taken.append(totals.outcomes.total())
    )
    assert taken[0] > done  # counts what was there, and adds to it
    assert totals.outcomes["read"] == PHOTOS
    assert [row["input"] for row in rows(out, "inputs")] == list(range(PHOTOS))
    assert without_names(rows(out, "faces")) == expected(many, detector)
    assert all(path.stat().st_mtime_ns == written for path, written in before.items())


def test_from_a_bucket_that_is_busy_to_the_bucket(
    cluster: Cluster, many: Path, s3: ObjectStore, detector: Detector
) -> None:
    client = bucket_of(s3)
    paths = sorted(many.glob("*.png"))[:12]
    for path in paths:
        client.upload_file(str(path), s3.bucket, f"photos/{path.name}")
    listed = io.BytesIO()
    pq.write_table(pa.table({"path": [f"photos/{path.name}" for path in paths] + ["photos/gone.png"]}), listed)
    client.put_object(Bucket=s3.bucket, Key="list.parquet", Body=listed.getvalue())
    s3.busy = 4
    totals = run_on_cluster(asked("s3://bucket/list.parquet", "s3://bucket/out", cluster))
    assert s3.busy == 0
    assert totals.outcomes == {"read": 12, "failed": 1, "damaged": 0, "interrupted": 0}
    found = rows("s3://bucket/out", "inputs")
    assert [(row["source"], row["reason"]) for row in found if row["outcome"] == "failed"] == [
        ("photos/gone.png", "no such file")
    ]
    faces = [face for each in detector.predict(list(paths)) for face in face_rows(each)]
    assert without_names(rows("s3://bucket/out", "faces")) == faces


def test_a_real_video_in_parts_is_the_whole_video(
    cluster: Cluster, shared: Path, tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.cluster.run.PART_SECONDS", 3.0)
    path = shared / "data" / "videos" / "putting-masks-on.mp4"
    totals = run_on_cluster(asked(path, tmp_path / "out", cluster))
    found = [row for frame, faces in detector.stream(path) for row in face_rows(faces, frame.index, frame.seconds)]
    assert (totals.outcomes["read"], totals.frames) == (1, 414)
    assert without_names(rows(tmp_path / "out", "faces")) == found
