"""Waiting for what is to happen, on a machine that may be busy."""

import time
from collections.abc import Callable

MANY_SECONDS = 120
"""A busy machine is no failure; what takes longer than this inside one process has failed."""

BUSY = 5.0
"""What a machine may be busy with something else, where a test measures that nothing waited."""

HANGS = 600
"""A program of its own imports torch and OpenVINO, which takes minutes on a busy machine; after this it hangs."""


def wait_until(condition: Callable[[], object], seconds: float = MANY_SECONDS) -> None:
    """Return as soon as the condition holds; fail when it does not hold within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"it did not happen within {seconds:g} s"
        time.sleep(0.02)
