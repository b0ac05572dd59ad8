"""`detector infer --ray` on a cluster of three nodes on this machine: the answers of one machine, in Parquet."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pytest
import ray

from detector import Detector, DetectorSettings
from detector.cluster import ClusterOptions, detect
from detector.cluster.run import ClusterRun, run_on_cluster
from detector.cluster.tables import face_rows
from detector.cluster.videos import PartJoiner
from detector.errors import UsageError
from support.ray_cluster import ray_cluster

OPTIONS = ClusterOptions(concurrency=1, batch_size=2)


@pytest.fixture(scope="module", autouse=True)
def ray_here() -> Iterator[None]:
    with ray_cluster(nodes=3) as cluster:
        ray.init(address=cluster.address, log_to_driver=False)
        yield


def run(photos: Path, out: Path, **options: Any) -> ClusterRun:
    return ClusterRun(inputs=[str(photos)], out=str(out), settings=DetectorSettings(), options=OPTIONS, **options)


def rows(query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = duckdb.sql(query).to_arrow_table().to_pylist()
    return found


def test_a_run_has_the_faces_of_one_machine_and_an_outcome_for_every_input(
    photos: Path, tmp_path: Path, detector: Detector
) -> None:
    out = tmp_path / "out"
    done: list[int] = []
    totals = run_on_cluster(run(photos, out), lambda totals, inputs: done.append(totals.outcomes.total()))
    assert totals.outcomes == {"read": 4, "failed": 1, "damaged": 0, "interrupted": 0}
    assert done[-1] == 5
    inputs = rows(f"select * from '{out}/inputs/*.parquet' order by input")
    assert [Path(each["source"]).name for each in inputs if each["outcome"] == "failed"] == ["damaged.jpg"]
    for each in inputs:
        faces = rows(f"select * exclude (input, source) from '{out}/faces/*.parquet' where input = {each['input']}")
        read = each["outcome"] == "read"
        assert faces == (face_rows(detector.predict([each["source"]])[0]) if read else [])
        assert sum(each[name] for name in detector.names) == len(faces)
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["state"], summary["totals"]["inputs"], summary["totals"]["left_out"]) == (
        "finished",
        5,
        {".txt": 1},
    )

    with pytest.raises(UsageError, match="results of an earlier run"):
        run_on_cluster(run(photos, out))
    with pytest.raises(UsageError, match="a run that is finished"):
        run_on_cluster(run(photos, out, existing="resume"))


@pytest.mark.slow
def test_a_dataset_keeps_its_columns_and_gets_faces(photos: Path, detector: Detector) -> None:
    path = photos / "zidane-240.png"
    dataset = ray.data.from_items([{"bytes": path.read_bytes(), "label": "mine"}])
    (row,) = detect(dataset, options=OPTIONS).take_all()
    assert (row["label"], row["outcome"]) == ("mine", "read")
    assert "bytes" not in row
    assert list(row["faces"]) == face_rows(detector.predict([path])[0])


class Joiner(PartJoiner):
    """Tells what it was given."""

    parts: ClassVar[list[int]] = []

    def join(self, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        given = list(rows)
        self.parts.extend(row["part"] for row in given)
        return super().join(given)


@pytest.mark.slow
@pytest.mark.parametrize("track", [False, True])
def test_a_long_video_has_the_frames_and_faces_of_one_machine(
    track: bool, clip: Path, tmp_path: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detector.cluster.run.PART_SECONDS", 1.0)
    monkeypatch.setattr("detector.cluster.run.PartJoiner", Joiner)
    Joiner.parts.clear()
    out = tmp_path / "out"
    totals = run_on_cluster(replace(run(clip, out), options=replace(OPTIONS, track=track)))
    assert sorted(Joiner.parts) == ([] if track else [0, 1, 2])
    assert (totals.outcomes["read"], totals.frames) == (1, 24)
    found = [
        row
        for frame, faces in detector.stream(clip, track=track)
        for row in face_rows(faces, frame.index, frame.seconds)
    ]
    assert rows(f"select * exclude (input, source) from '{out}/faces/*.parquet'") == found
    assert len(found) >= 24
    assert any(face["tracker_id"] is not None for face in found) == track
