"""The plan and the results: every input once, whatever is delivered twice, and whenever a driver is killed."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from detector.cluster import plan as plan_module
from detector.cluster.inputs import PlannedInput
from detector.cluster.plan import Plan, read_plan, write_plan
from detector.cluster.results import FACES, INPUTS, Results
from detector.cluster.storage import Folder
from detector.cluster.tables import Answer
from detector.errors import OutputError, UsageError
from detector.inference.outputs import Totals

NAMES = ("with_mask", "without_mask")
ASKED = {"inputs": ["photos"], "conf": 0.25}


def planned(folder: Folder, inputs: int) -> Plan:
    found = (PlannedInput(f"{i}.jpg", f"/photos/{i}.jpg", "image") for i in range(inputs))
    return write_plan(folder, found, Counter({".txt": 2}), ASKED, NAMES)


def row(number: int, *labels: str, outcome: str = "read") -> dict[str, Any]:
    box = {"x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0}
    faces = [
        {"frame": 0, "seconds": None, "label": label, "confidence": 0.5, **box, "tracker_id": None} for label in labels
    ]
    return {
        "input": number,
        "source": f"{number}.jpg",
        **vars(Answer("image", outcome, None, 10, 10, 1, 2.0, faces)),
    }


def written(folder: Folder, kind: str) -> list[dict[str, Any]]:
    files = [folder.read(f"{kind}/{name}") or b"" for name in folder.names(kind)]
    return [each for file in files for each in pq.read_table(io.BytesIO(file)).to_pylist()]


@pytest.fixture(params=["local", "store"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, store: str) -> Folder:
    return Folder(str(tmp_path / "out") if request.param == "local" else store)


def test_rows_that_come_twice_are_written_once(folder: Folder) -> None:
    totals = Totals()
    results = Results(planned(folder, 3), totals)
    results.take([row(2), row(0, "with_mask", "without_mask")])
    results.take([row(0, "with_mask", "without_mask"), row(1)])
    results.close(interrupted=False)
    assert [each["input"] for each in written(folder, INPUTS)] == [0, 1, 2]
    assert [each["label"] for each in written(folder, FACES)] == ["with_mask", "without_mask"]
    assert written(folder, INPUTS)[0]["with_mask"] == 1
    summary = json.loads(folder.read("summary.json") or b"")
    assert summary["state"] == "finished"
    assert summary["totals"] == {
        "inputs": 3,
        "read": 3,
        "damaged": 0,
        "failed": 0,
        "interrupted": 0,
        "frames": 3,
        "faces": {"with_mask": 1, "without_mask": 1},
        "left_out": {".txt": 2},
    }


def test_a_new_driver_goes_on_where_the_files_end(folder: Folder) -> None:
    first = Results(planned(folder, 3), Totals())
    first.take([row(1, "with_mask"), row(0)])
    first.flush()
    first.take([row(2)])  # and is killed
    plan = read_plan(folder, ASKED)
    assert plan is not None
    totals = Totals()
    second = Results(plan, totals)
    (part,) = plan.parts()
    assert second.missing(part).column("input").to_pylist() == [2]
    second.take([row(2, "without_mask", outcome="failed")])
    second.close(interrupted=False)
    assert [each["input"] for each in written(folder, INPUTS)] == [0, 1, 2]
    assert totals.outcomes == {"read": 2, "failed": 1, "damaged": 0, "interrupted": 0}
    assert totals.faces == {"with_mask": 1, "without_mask": 1}


def test_faces_without_their_inputs_are_replaced(folder: Folder) -> None:
    first = Results(planned(folder, 1), Totals())
    first.take([row(0, "with_mask")])
    first.flush()
    folder.remove(f"{INPUTS}/00000.parquet")  # as if the driver had been killed before it wrote this file
    second = Results(planned(folder, 1), Totals())
    second.take([row(0, "with_mask")])
    second.close(interrupted=False)
    assert len(written(folder, FACES)) == 1


def test_another_run_is_not_gone_on_with(folder: Folder) -> None:
    planned(folder, 1)
    with pytest.raises(UsageError, match=r"results with conf 0\.25, and not 0\.5; expected the same"):
        read_plan(folder, ASKED | {"conf": 0.5})


def test_a_plan_that_was_not_finished_is_none(folder: Folder) -> None:
    planned(folder, 1)
    folder.remove("_plan/run.json")
    assert read_plan(folder, ASKED) is None


def test_a_long_plan_has_several_parts(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "_PART", 2)
    plan = planned(folder, 5)
    assert [part.column("input").to_pylist() for part in plan.parts()] == [[0, 1], [2, 3], [4]]
    assert [part.column("input").to_pylist() for part in plan.parts(at_least=3)] == [[0, 1, 2, 3], [4]]
    folder.remove("_plan/00001.parquet")
    with pytest.raises(OutputError, match="the plan of the run"):
        list(plan.parts())
