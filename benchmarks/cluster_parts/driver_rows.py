"""The driver's share of each input: rows of results are taken from Arrow tables and written; prints JSON.

python benchmarks/cluster_parts/driver_rows.py 100000 OUT
"""

import json
import sys
import time
from collections import Counter

import pyarrow as pa

from detector.cluster.inputs import PlannedInput
from detector.cluster.plan import write_plan
from detector.cluster.results import Results
from detector.cluster.storage import Folder
from detector.cluster.tables import Answer, add_answers
from detector.inference.outputs import Totals

_BLOCK = 64
_FACES = 5
_LABELS = ("with_mask", "without_mask", "mask_worn_incorrectly")


def main(inputs: int, out: str) -> None:
    """Take so many rows, and print how long it took."""
    found = (PlannedInput(f"{i}.jpg", f"/photos/{i}.jpg", "image") for i in range(inputs))
    plan = write_plan(Folder(out), found, Counter(), {}, _LABELS)
    results = Results(plan, Totals())
    box = {"confidence": 0.9, "x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}
    faces = [{"frame": 0, "seconds": None, "label": _LABELS[i % 3], **box, "tracker_id": None} for i in range(_FACES)]
    answers = [Answer("image", "read", None, 400, 300, 1, 30.0, faces)] * _BLOCK
    took = 0.0
    for part in plan.parts():
        blocks = [part.slice(start, _BLOCK) for start in range(0, len(part), _BLOCK)]
        tables: list[pa.Table] = [add_answers(block, answers[: len(block)]) for block in blocks]
        began = time.process_time()
        for table in tables:
            results.take(table.to_pylist())
        results.flush()
        took += time.process_time() - began
    print(json.dumps({"inputs": inputs, "faces": inputs * _FACES, "processor_seconds": took}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
