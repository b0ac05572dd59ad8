"""Rows of numbers, divided into parts of which only one is in memory at a time; the others lie on the disk."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint64]


class DividedRows:
    """Rows of whole numbers, in one file for each part. A single part stays in memory.

    Args:
        folder: A folder for the files. They are removed when they have been read.
        name: The beginning of their names.
        parts: The number of parts, below 65,536.
        columns: Numbers in a row.
    """

    def __init__(self, folder: Path, name: str, parts: int, columns: int) -> None:
        self._paths = [folder / f"{name}-{part}" for part in range(parts)]
        self._columns = columns
        self._only: list[Rows] = []  # of a single part

    def add(self, parts: NDArray[np.integer], rows: Rows) -> None:
        """Add rows.

        Args:
            parts: (N,) the part of each row.
            rows: (N, columns) the rows.

        Raises:
            OSError: The disk is full.
        """
        if len(self._paths) == 1:
            self._only.append(rows)
            return
        order = np.argsort(parts.astype(np.uint16), kind="stable")  # of 16 bits: sorted in linear time
        rows = rows[order]
        present, starts = np.unique(parts[order], return_index=True)
        for part, start, stop in zip(present, starts, np.append(starts[1:], len(rows)), strict=False):
            with self._paths[part].open("ab") as file:
                file.write(rows[start:stop].data)

    def read(self) -> Iterator[Rows]:
        """Read and remove the parts.

        Yields:
            (N, columns) the rows of each part that has any, in the order in which they were added.
        """
        if self._only:
            yield np.concatenate(self._only)
        for path in self._paths:
            if path.exists():
                yield np.fromfile(path, np.uint64).reshape(-1, self._columns)
                path.unlink()
