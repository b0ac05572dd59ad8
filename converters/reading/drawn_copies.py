"""The annotated copies that `detector infer` writes: faces are drawn on them, so that nobody should learn from them."""

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from converters.errors import AnnotationError
from converters.files import read_limited

_SUMMARY = "summary.json"
_COMMAND = "detector infer"
_MAX_BYTES = 2**30


def drawn_copies(pictures: Iterable[Path], roots: Collection[Path]) -> set[Path]:
    """Find out which pictures are annotated copies, as the `summary.json` of their run says.

    Args:
        pictures: The pictures.
        roots: Folders that hold them; what lies above is not looked at.

    Returns:
        Those that are copies.
    """
    folders = {picture.parent for picture in pictures}
    above = {above for folder in folders for above in folder.parents if _is_below(above, roots)}
    return {copy for folder in folders | above for copy in _copies_in(folder)}


def _is_below(folder: Path, roots: Collection[Path]) -> bool:
    return any(folder.is_relative_to(root) for root in roots)


def _copies_in(folder: Path) -> Iterator[Path]:
    path = folder / _SUMMARY
    if not path.is_file():
        return
    try:
        summary = json.loads(read_limited(path, _MAX_BYTES))
    except (AnnotationError, ValueError, RecursionError):
        return  # of another program
    inputs = summary.get("inputs") if isinstance(summary, dict) and summary.get("command") == _COMMAND else None
    for entry in inputs if isinstance(inputs, list) else ():
        output = entry.get("output") if isinstance(entry, dict) else None
        if isinstance(output, str):
            yield folder / output
