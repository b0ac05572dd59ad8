"""The plan of a run: every input with its number, written before the work, so that a resumed run has the same."""

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from detector.cluster.inputs import PlannedInput
from detector.cluster.storage import Folder
from detector.errors import OutputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

# Spark, DuckDB and pyarrow pass over names that begin with an underscore.
PLAN = "_plan"
_HEAD = f"{PLAN}/run.json"
# Inputs of one file of the plan: 10 MB of paths or so.
_PART = 100_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        folder: That of the results.
        asked: The inputs and the settings as given; a resumed run must have the same.
        names: Class names by class id.
        inputs: How many there are.
        left_out: Files by suffix that are neither pictures nor videos.
    """

    folder: Folder
    asked: dict[str, Any]
    names: tuple[str, ...]
    inputs: int
    left_out: dict[str, int]

    def parts(self, at_least: int = 1) -> "Iterator[pa.Table]":
        """The inputs with their numbers, a file of the plan at a time, or several.

        Args:
            at_least: So many inputs at a time, except for the last ones.

        Raises:
            OutputError: The plan cannot be read.
        """
        import pyarrow as pa

        waiting: list[pa.Table] = []
        for start in range(0, self.inputs, _PART):
            waiting.append(self._read(start))
            if start + _PART >= self.inputs or sum(map(len, waiting)) >= at_least:
                yield pa.concat_tables(waiting)
                waiting.clear()

    def _read(self, start: int) -> "pa.Table":
        import pyarrow.parquet as pq

        content = self.folder.read(_part(start))
        if content is None:
            raise OutputError(self.folder.at(_part(start)), "no such file", "the plan of the run; start it anew")
        return pq.read_table(io.BytesIO(content))


def _part(start: int) -> str:
    return f"{PLAN}/{start // _PART:05}.parquet"


def write_plan(
    folder: Folder, found: Iterable[PlannedInput], left_out: Counter[str], asked: dict[str, Any], names: tuple[str, ...]
) -> Plan:
    """Write the plan of a new run.

    Args:
        folder: That of the results.
        found: The inputs.
        left_out: Is filled while they are found.
        asked: The inputs and the settings as given.
        names: Class names by class id.

    Raises:
        OutputError: It cannot be written.
    """
    inputs, number = iter(found), 0
    while part := list(islice(inputs, _PART)):
        folder.write(_part(number), _parquet(part, number))
        number += len(part)
    plan = Plan(folder, json.loads(json.dumps(asked)), names, number, dict(left_out))
    head = {key: value for key, value in asdict(plan).items() if key != "folder"}
    folder.write(_HEAD, json.dumps(head).encode())  # last: where it is, the plan is whole
    return plan


def read_plan(folder: Folder, asked: dict[str, Any]) -> Plan | None:
    """The plan of a run that was stopped; None if it was stopped before its plan was whole.

    Raises:
        UsageError: That run had other inputs or settings.
    """
    content = folder.read(_HEAD)
    if content is None:
        return None
    head = json.loads(content)
    asked = json.loads(json.dumps(asked))
    if changed := sorted(key for key in asked | head["asked"] if asked.get(key) != head["asked"].get(key)):
        name = changed[0]
        raise UsageError(
            folder.address, f"results with {name} {head['asked'].get(name)!r}, and not {asked.get(name)!r}", "the same"
        )
    return Plan(folder, head["asked"], tuple(head["names"]), head["inputs"], head["left_out"])


def _parquet(part: list[PlannedInput], first: int) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "input": pa.array(range(first, first + len(part)), pa.int64()),
        "source": pa.array([each.source for each in part], pa.string()),
        "path": pa.array([each.path for each in part], pa.string()),
        "kind": pa.array([each.kind for each in part], pa.string()),
        "reason": pa.array([each.reason for each in part], pa.string()),
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd")
    return file.getvalue()
