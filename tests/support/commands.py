"""Commands as the tests of this folder run them."""

from typing import NamedTuple


class Ran(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str
