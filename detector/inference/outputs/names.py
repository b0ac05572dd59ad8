"""Names for the files of a run, each used once."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePath

IMAGES, LABELS, CROPS, PEOPLE = "images", "labels", "crops", "people"
RESULT_FOLDERS = frozenset({IMAGES, LABELS, CROPS, PEOPLE})
"""Folders of results other than annotated copies."""

_LONGEST_NAME = 240  # bytes; file systems take 255, and a number may have to be added


class OutputNames:
    """Gives every file a name of its own below the output folder, even where a file system ignores case.

    A file that is there already is never replaced: it is not of this run.

    Args:
        folder: The output folder.
        reserved: Names of files that are written at the end.
        note: Called with each name before the file is made.
    """

    def __init__(
        self, folder: Path, reserved: Iterable[str] = (), note: Callable[[str], None] = lambda name: None
    ) -> None:
        self.folder = folder
        self._used = {name.casefold() for name in reserved}
        self._note = note
        self._claimed: list[str] = []

    def claim(self, wanted: PurePath) -> PurePath:
        """A name as near as possible to the wanted one; `x-2.jpg` where `x.jpg` is taken."""
        return self.claim_all([wanted])[0]

    def claim_all(self, wanted: Sequence[PurePath]) -> list[PurePath]:
        """Names for files that belong together: all of them get the same number."""
        if any(len(os.fsencode(name.name)) > _LONGEST_NAME for name in wanted):
            wanted = [name.with_name(name.stem[-50:] + name.suffix) for name in wanted]
        names, number = list(wanted), 1
        while any(map(self._is_taken, names)):
            number += 1
            names = [name.with_name(f"{name.stem}-{number}{name.suffix}") for name in wanted]
        for name in names:
            self._used.add(str(name).casefold())
            self._note(name.as_posix())
            self._claimed.append(name.as_posix())
        return names

    def _is_taken(self, name: PurePath) -> bool:
        return str(name).casefold() in self._used or os.path.lexists(self.folder / name)

    def take_claimed(self) -> list[str]:
        """The names that were given since the last call."""
        claimed, self._claimed = self._claimed, []
        return claimed
