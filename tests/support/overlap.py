"""Several threads at overlapping times."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager


class AtOnce:
    """Counts the threads that are inside its `with` block at once.

    Attributes:
        most: The highest number so far.
    """

    def __init__(self) -> None:
        self.most = self._inside = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1


def leave_in_order_of_entry(
    context: Callable[[], AbstractContextManager[None]], while_one_is_left: Callable[[], object]
) -> None:
    """Enter in two threads, leave in the first, call a function, and leave in the second.

    That is the order in which a setting stays changed if each thread saves and restores it by itself.
    """
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        blocks = context(), context()
        first.submit(blocks[0].__enter__).result()
        second.submit(blocks[1].__enter__).result()
        first.submit(blocks[0].__exit__, None, None, None).result()
        second.submit(while_one_is_left).result()
        second.submit(blocks[1].__exit__, None, None, None).result()
