"""Work side by side that keeps its order: reading, detecting and writing overlap, and memory stays bounded."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# What a stage may hold ahead of its consumer. A single larger item is let through alone.
_MOST_BYTES = 200_000_000
# How soon a request to stop is noticed while there is nothing to do but wait.
_POLL_SECONDS = 0.1


class Cancelled(Exception):  # noqa: N818  (no error: the user asked for it)
    """The user asked to stop while a result was waited for."""


class OrderedThreads:
    """Threads for the stages of one run; leaving the block ends them and drops what is unfinished.

    A stage does its work when the iterator that it returns is advanced, and some steps ahead of that.

    Args:
        stopped: Asked while waiting; when it says True, the wait ends in `Cancelled`.
    """

    def __init__(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._stopped = stopped
        self._closing = threading.Event()
        self._pools: list[ThreadPoolExecutor] = []

    def __enter__(self) -> "OrderedThreads":
        """Nothing is started before the first stage."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the threads: without waiting for what they are at, which may be a file that does not answer."""
        self._closing.set()
        for pool in self._pools:
            pool.shutdown(wait=False, cancel_futures=True)

    def is_closing(self) -> bool:
        """Whether the block has been left or should be: long work should end."""
        return self._closing.is_set() or self._stopped()

    def read_ahead(self, items: Iterator[Item], depth: int) -> Iterator[Item]:
        """Advance an iterator in a thread of its own.

        Args:
            items: Advanced in that thread only, and closed there.
            depth: At most so many items wait to be fetched.

        Yields:
            Its items, in order; at the end what it raised, if it did.
        """
        ready: queue.Queue[tuple[Item | None, BaseException | None, bool]] = queue.Queue(depth)

        def put(item: Item | None, error: BaseException | None, last: bool) -> None:
            while not self._closing.is_set():
                with suppress(queue.Full):
                    ready.put((item, error, last), timeout=_POLL_SECONDS)
                    return

        def run() -> None:
            try:
                for item in items:
                    put(item, None, False)
                    if self._closing.is_set():
                        break
                put(None, None, True)
            except BaseException as error:
                put(None, error, True)
            finally:
                if close := getattr(items, "close", None):
                    close()

        threading.Thread(target=run, name="read-ahead", daemon=True).start()
        while True:
            try:
                item, error, last = ready.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if self._stopped():
                    raise Cancelled from None
                continue
            if error is not None:
                raise error
            if last:
                return
            yield item  # type: ignore[misc]

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        workers: int,
        *,
        size: Callable[[Item], int] = lambda item: 0,
    ) -> Iterator[Result]:
        """Call a function for each item, several at once.

        Args:
            function: Called in threads.
            items: Advanced in the caller's thread, so far that all workers are busy.
            workers: How many calls run at once.
            size: The memory that an item stands for, in bytes.

        Yields:
            What the calls return, in the order of the items; what a call raises is raised in its place.
        """
        pool = ThreadPoolExecutor(workers, thread_name_prefix=getattr(function, "__name__", "stage"))
        self._pools.append(pool)
        source = iter(items)
        pending: deque[tuple[Future[Result], int]] = deque()
        held = 0
        for item in source:
            weight = size(item)
            # Room is made before the item is handed over, and one result is always given out before the queue is long.
            while pending and (len(pending) > workers or held + weight > _MOST_BYTES):
                future, freed = pending.popleft()
                held -= freed
                yield self._result(future)
            pending.append((pool.submit(function, item), weight))
            held += weight
        while pending:
            yield self._result(pending.popleft()[0])
        pool.shutdown(wait=False)

    def _result(self, future: "Future[Any]") -> Any:
        while not future.done():
            if self._stopped():
                raise Cancelled
            wait((future,), timeout=_POLL_SECONDS)
        return future.result()
