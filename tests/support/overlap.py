"""Context managers that are used by two threads at overlapping times."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager


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
