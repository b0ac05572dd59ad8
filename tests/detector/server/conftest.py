"""Servers for the tests of this folder."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.serving import FakeDetector, Served, serving


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts a server with a detector, a fake one by default, and with options of `ServerSettings`."""
    with ExitStack() as stack:

        def start(detector: Any = None, **settings: Any) -> Served:
            folder = tmp_path / "server"
            folder.mkdir()
            return stack.enter_context(serving(detector or FakeDetector(), folder, **settings))

        yield start
