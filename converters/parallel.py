"""Calls a function for many items in threads, and gives the results in order."""

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
_LAST_SECONDS = 10.0  # at the end of the program, to wait for running calls

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
    """Call a function for each item, several at once.

    This is faster only for a function that releases Python's global lock (GIL) most of the time. Closing the generator
    drops unfinished calls. It does not wait for calls that are running.

    Args:
        function: Called in threads.
        items: Advanced in the caller's thread.
        workers: How many calls run at once. None: four more than there are cores, at most 32.
        ahead: While more items than this are unfinished or wait for their turn, no new item is started.
        size: The memory in bytes that an item takes until its result is yielded.
        most_bytes: The limit of this memory for all started items. An item that is larger runs alone.
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
    """Threads that run calls from a queue.

    Unlike those of a `ThreadPoolExecutor`, they do not keep the program from ending when a call hangs, for example in
    reading from a network drive. At the end of the program, calls are waited for during `_LAST_SECONDS`: a library in
    C++ ends the program with an error when its thread is ended by force.
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
        """End each thread after its running call; drop the calls that wait."""
        with suppress(queue.Empty):
            while True:
                self._calls.get_nowait()
        for _ in range(self._started):
            self._calls.put(None)


def _work(calls: _Calls) -> None:
    while _call_next(calls):
        pass


def _call_next(calls: _Calls) -> bool:
    """Run the next call; False at the end. It is a function so that an idle thread keeps no item in memory."""
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
