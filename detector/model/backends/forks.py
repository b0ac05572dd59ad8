"""Networks in processes that were forked from the one that loaded them.

A fork does not copy the threads of a library. Whatever waits for these threads waits for ever, the release of what they
belong to included. So a child loads its own, and never releases that of its parent.
"""

import os
from collections.abc import Callable
from typing import Generic, TypeVar

Loaded = TypeVar("Loaded")

_of_parents: list[object] = []  # never released


class PerProcess(Generic[Loaded]):
    """Something that each process loads for itself, when it first needs it.

    Args:
        load: Loads it.
    """

    def __init__(self, load: Callable[[], Loaded]) -> None:
        self._load = load
        self._loaded: Loaded | None = None
        self._process = os.getpid()

    def get(self) -> Loaded:
        """What this process has loaded; one thread at a time may call this."""
        if self._process != os.getpid():
            _of_parents.append(self._loaded)
            self._loaded, self._process = None, os.getpid()
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded
