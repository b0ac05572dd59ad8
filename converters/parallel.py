"""Work on many things at once, with the results in order."""

import atexit
import os
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
_AHEAD = 64
_MOST_WORKERS = 32
_LAST_SECONDS = 10.0  # at the end of the program, for calls that are at work

_Calls: TypeAlias = "queue.SimpleQueue[tuple[Future[Any], Callable[[Any], Any], Any] | None]"


def in_threads(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    workers: int | None = None,
    ahead: int = _AHEAD,
    size: Callable[[_Item], int] = lambda item: 0,
    most_bytes: float = float("inf"),
    wait: Callable[["Future[_Result]"], _Result] = Future.result,
) -> Generator[_Result, None, None]:
    """Call a function for each item, several at once: one that spends its time outside Python's lock.

    Closing the generator drops what is unfinished. It does not wait for calls that are at work.

    Args:
        function: Called in threads.
        items: Advanced in the caller's thread.
        workers: How many calls run at once. None: as suits the machine.
        ahead: How many items may be under way when the next is taken; one result is given out before more are.
        size: The memory in bytes that an item takes until its result is given out.
        most_bytes: The most memory of items under way. A single larger item is let through alone.
        wait: Waits for a result.

    Yields:
        What the calls return, in the order of the items; what a call raises is raised in its place.
    """
    threads = _DaemonThreads(workers or min(_MOST_WORKERS, (os.cpu_count() or 1) + 4))
    pending: deque[tuple[Future[_Result], int]] = deque()
    held = 0
    try:
        for item in items:
            weight = size(item)
            # Room is made before the item is handed over, so that the limit holds while its memory is taken.
            while pending and (len(pending) > ahead or held + weight > most_bytes):
                future, freed = pending.popleft()
                held -= freed
                yield wait(future)
            pending.append((threads.submit(function, item), weight))
            held += weight
        while pending:
            yield wait(pending.popleft()[0])
    finally:
        threads.close()


class _DaemonThreads:
    """Threads that work off calls.

    Unlike those of a `ThreadPoolExecutor`, they do not keep the program from ending when a call hangs, as in reading a
    file that does not answer. Other calls are waited for: a library in C++ ends the program with an error when its
    thread is ended by force.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._started = 0
        _pools.add(self)
        self._calls: _Calls = queue.SimpleQueue()

    def submit(self, function: Callable[[_Item], _Result], item: _Item) -> "Future[_Result]":
        """Have a function called for an item."""
        future: Future[_Result] = Future()
        self._calls.put((future, function, item))
        if self._started < self._most:
            self._started += 1
            name = f"{getattr(function, '__name__', 'call')}-{self._started}"
            thread = threading.Thread(target=_work, args=(self._calls,), name=name, daemon=True)
            _threads.add(thread)
            thread.start()
        return future

    def close(self) -> None:
        """End the threads after the calls that they are at; drop the others."""
        with suppress(queue.Empty):
            while True:
                self._calls.get_nowait()
        for _ in range(self._started):
            self._calls.put(None)


def _work(calls: _Calls) -> None:
    while _call_next(calls):
        pass


def _call_next(calls: _Calls) -> bool:
    """Do the next call; False at the end. A function of its own, so that an idle thread holds no item in memory."""
    call = calls.get()
    if call is None:
        return False
    future, function, item = call
    try:
        future.set_result(function(item))
    except BaseException as error:
        future.set_exception(error)
    return True


_pools: "weakref.WeakSet[_DaemonThreads]" = weakref.WeakSet()
_threads: "weakref.WeakSet[threading.Thread]" = weakref.WeakSet()


@atexit.register
def _end_threads() -> None:
    for pool in list(_pools):
        pool.close()
    deadline = time.monotonic() + _LAST_SECONDS
    for thread in list(_threads):
        thread.join(max(0.0, deadline - time.monotonic()))
