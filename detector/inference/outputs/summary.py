"""`summary.json`: what became of every input, and the totals."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from detector.detections import Detections
from detector.files import writing
from detector.inference.outputs import Outcome, ResultWriter, Totals
from detector.inference.outputs.tables import open_text
from detector.media.sources import INFER_COMMAND, Frame

_HEAD = {"command": INFER_COMMAND}


class SummaryWriter(ResultWriter):
    """One entry for every input, then the totals.

    Until it is closed the file says `"state": "running"`. The file also marks its folder as a folder of results.

    Args:
        path: The file to write.
        settings: What the results are made with.
        totals: The counts of the run, read when the file is closed.
        files: What is written beside this file for the whole run, below the output folder.
    """

    def __init__(self, path: Path, settings: dict[str, Any], totals: Totals, files: Sequence[str] = ()) -> None:
        self._files = {"files": list(files)}
        with writing(path) as temporary:
            temporary.write_text(json.dumps(_HEAD | self._files | {"state": "running"}) + "\n", encoding="utf-8")
        self._stack = ExitStack()
        self._file = self._stack.enter_context(open_text(self._stack.enter_context(writing(path))))
        self._file.write(json.dumps(_HEAD | {"settings": settings} | self._files)[:-1] + ',\n"inputs": [')
        self._totals = totals
        self._separator = "\n"

    def write(self, frame: Frame, faces: Detections, prepared: None = None) -> None:
        """Nothing to do."""

    def end(self, outcome: Outcome) -> None:
        """Write the entry of an input."""
        self._file.write(self._separator + json.dumps(asdict(outcome)))
        self._separator = ",\n"

    def close(self) -> None:
        """Write the totals and finish the file."""
        totals = {
            "inputs": self._totals.outcomes.total(),
            **self._totals.outcomes,
            "frames": self._totals.frames,
            "faces": self._totals.faces,
            **({"people": self._totals.people} if self._totals.people else {}),
            "left_out": dict(sorted(self._totals.left_out.items())),
        }
        state = "interrupted" if self._totals.interrupted else "finished"
        with self._stack:
            self._file.write(f'\n],\n"totals": {json.dumps(totals)},\n"state": "{state}"}}\n')
