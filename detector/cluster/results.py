"""The results of a run on a cluster: Parquet files of inputs and faces, each input once, and the totals."""

import io
import json
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.cluster.plan import Plan
from detector.cluster.storage import Folder
from detector.cluster.tables import face_table, input_table
from detector.inference.outputs import Totals
from detector.media.sources import INFER_COMMAND, SUMMARY_FILE

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS, FACES = "inputs", "faces"
# What a driver that is killed loses is at most what came in since the last files.
_FILE_INPUTS = 20_000
_FILE_FACES = 200_000
_FILE_SECONDS = 30.0


class Results:
    """Takes rows in any order, and writes each input once.

    A file of faces is written before the file of its inputs: what the latter names is done. A file of faces that has no
    partner is from a driver that was killed between the two, and is replaced by the next one.

    Args:
        plan: What is to be done.
        totals: Filled with the counts, those of an earlier driver of this run included.
        on_rows: Called after rows were taken.
    """

    def __init__(self, plan: Plan, totals: Totals, on_rows: Callable[[], None] = lambda: None) -> None:
        self._plan, self._totals, self._on_rows = plan, totals, on_rows
        self._folder = plan.folder
        self._done = np.zeros(plan.inputs, bool)
        self._rows: list[dict[str, Any]] = []
        self._faces, self._written_at = 0, time.monotonic()
        self._next = 0
        totals.faces.update(dict.fromkeys(plan.names, 0))
        totals.left_out.update(plan.left_out)
        for name in self._folder.names(INPUTS):
            if name.endswith(".parquet"):
                self._take_written(name)

    def missing(self, part: "pa.Table") -> "pa.Table":
        """The rows of a part of the plan that are not done."""
        return part.filter(~self._done[part.column("input").to_numpy()])

    def take(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take rows of `detect`; those whose input is done already are from a task that ran twice.

        Raises:
            OutputError: They cannot be written.
        """
        for row in rows:
            if self._done[row["input"]]:
                continue
            self._done[row["input"]] = True
            self._rows.append(row)
            self._faces += len(row["faces"])
            self._totals.outcomes[row["outcome"]] += 1
            self._totals.frames += row["frames"]
            self._totals.faces.update(face["label"] for face in row["faces"])
        waited = time.monotonic() - self._written_at
        if len(self._rows) >= _FILE_INPUTS or self._faces >= _FILE_FACES or waited >= _FILE_SECONDS:
            self.flush()
        self._on_rows()

    def flush(self) -> None:
        """Write what was taken.

        Raises:
            OutputError: It cannot be written.
        """
        self._written_at = time.monotonic()
        if not self._rows:
            return
        rows = sorted(self._rows, key=lambda row: row["input"])
        name = f"{self._next:05}.parquet"
        self._folder.write(f"{FACES}/{name}", _parquet(face_table(rows)))
        self._folder.write(f"{INPUTS}/{name}", _parquet(input_table(rows, self._plan.names)))
        self._next, self._rows, self._faces = self._next + 1, [], 0

    def close(self, *, interrupted: bool) -> None:
        """Write what is left, and `summary.json`.

        Raises:
            OutputError: It cannot be written.
        """
        self._totals.interrupted = interrupted
        self.flush()
        write_summary(self._folder, self._plan, self._totals)

    def _take_written(self, name: str) -> None:
        """Count what an earlier driver of this run has written."""
        import pyarrow.parquet as pq

        content = self._folder.read(f"{INPUTS}/{name}")
        if content is None:
            return
        table = pq.read_table(io.BytesIO(content))
        self._done[table.column("input").to_numpy()] = True
        self._totals.outcomes.update(table.column("outcome").to_pylist())
        self._totals.frames += int(table.column("frames").to_numpy().sum())
        for label in self._plan.names:
            self._totals.faces[label] += int(table.column(label).to_numpy().sum())
        self._next = max(self._next, int(name.partition(".")[0]) + 1)


def write_running(folder: Folder) -> None:
    """Mark a folder as one of results, of a run that goes on.

    Raises:
        OutputError: It cannot be written.
    """
    folder.write(SUMMARY_FILE, (json.dumps({"command": INFER_COMMAND, "state": "running"}) + "\n").encode())


def write_summary(folder: Folder, plan: Plan, totals: Totals) -> None:
    """Write `summary.json`: the settings and the totals; the outcome of each input is in the table of inputs.

    Raises:
        OutputError: It cannot be written.
    """
    counts = {
        "inputs": totals.outcomes.total(),
        **totals.outcomes,
        "frames": totals.frames,
        "faces": totals.faces,
        "left_out": dict(sorted(totals.left_out.items())),
    }
    summary = {
        "command": INFER_COMMAND,
        "settings": plan.asked,
        "files": [f"{INPUTS}/", f"{FACES}/"],
        "totals": counts,
        "state": "interrupted" if totals.interrupted else "finished",
    }
    folder.write(SUMMARY_FILE, (json.dumps(summary, indent=1) + "\n").encode())


def _parquet(table: "pa.Table") -> bytes:
    import pyarrow.parquet as pq

    file = io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    return file.getvalue()
