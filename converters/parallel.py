"""Work on many small things at once, with the results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_WINDOW = 64  # items under way at a time: bounds memory, and what an interruption has to wait for


def in_threads(function: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """Apply a function that spends its time outside Python's lock.

    Args:
        function: What to apply.
        items: To each of these.

    Yields:
        The results, in the order of the items.
    """
    pending: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor() as pool:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) == _WINDOW:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
