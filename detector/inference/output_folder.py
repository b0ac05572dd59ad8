"""The output folder of a run: new, empty, or with the results of an earlier run that are replaced or gone on with."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeAlias

from detector.errors import UsageError
from detector.files import make_folder
from detector.inference.earlier_run import EarlierRun
from detector.media.addresses import camera_number
from detector.media.sources import is_output

Existing: TypeAlias = Literal["refuse", "overwrite", "resume"]
"""What becomes of the results of an earlier run."""


def prepare_output_folder(
    out: Path, inputs: Iterable[str | Path | int], existing: Existing = "refuse"
) -> EarlierRun | None:
    """Make the output folder, so that a folder that cannot be used is known before anything is computed.

    Args:
        out: A folder that is new, empty, or holds the results of an earlier run.
        inputs: The inputs of the run; none of them may lie in it.
        existing: "refuse" an earlier run, "overwrite" it (what it wrote is removed), or "resume" it.

    Returns:
        The earlier run, if it is to be resumed.

    Raises:
        UsageError: It holds other files or an earlier run, holds an input, or cannot be written to; or the earlier run
            is finished, or still going on.
        OutputError: The results of the earlier run cannot be removed.
    """
    make_folder(out)
    is_empty = not any(out.iterdir())
    if not is_empty and not is_output(out):
        raise UsageError(out, "a folder with other files in it", "a new or empty folder for the results")
    for given in inputs:
        if camera_number(str(given)) is None and Path(str(given)).resolve().is_relative_to(out.resolve()):
            raise UsageError(str(given), f"inside the output folder {out}", "an output folder apart from the input")
    if is_empty:
        return None
    if existing == "refuse":
        choice = "a new or empty folder; or `overwrite` to replace them, `resume` to go on with a run that was stopped"
        raise UsageError(out, "a folder with the results of an earlier run", choice)
    earlier = EarlierRun(out)
    if existing == "resume":
        if not earlier.is_unfinished:
            raise UsageError(out, "results of a run that is finished", "one that was stopped; or `overwrite`")
        return earlier
    try:
        earlier.remove()
    finally:
        earlier.close()
    return None
