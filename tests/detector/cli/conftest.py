"""Running commands in this process."""

from collections.abc import Callable
from functools import partial

import pytest

from support.commands import Ran


@pytest.fixture
def convert(run_command: Callable[..., Ran]) -> Callable[..., Ran]:
    """Runs `detector convert` in this process."""
    return partial(run_command, "convert")
