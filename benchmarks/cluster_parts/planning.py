"""Lists a prefix of a store and writes the plan, then opens it as `--resume` does; writes how long that took.

python benchmarks/cluster_parts/planning.py s3://bucket/photos OUT FIGURES.json
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

from detector.cluster.inputs import find_inputs
from detector.cluster.plan import PLAN, read_plan, write_plan
from detector.cluster.results import Results
from detector.cluster.storage import Folder
from detector.inference.outputs import Totals


def main(address: str, out: str, figures_file: str) -> None:
    """Plan, and write how long it took."""
    folder, left_out = Folder(out), Counter[str]()
    began = _clocks()
    plan = write_plan(folder, find_inputs([address], out, left_out), left_out, {}, ("with_mask",))
    planned = _clocks()
    again = read_plan(folder, {})
    assert again is not None
    results = Results(again, Totals())
    missing = sum(len(results.missing(part)) for part in again.parts())
    opened = _clocks()
    figures = {
        "inputs": plan.inputs,
        "missing": missing,
        "planning": [after - before for after, before in zip(planned, began, strict=True)],
        "opening": [after - before for after, before in zip(opened, planned, strict=True)],
        "bytes": sum(file.stat().st_size for file in (Path(out) / PLAN).iterdir()),
    }
    Path(figures_file).write_text(json.dumps(figures))


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main(*sys.argv[1:])
