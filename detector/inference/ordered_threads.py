"""The threads of a run: reading, detecting and writing overlap, results keep their order, memory stays bounded."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, wait
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

from converters.parallel import in_threads
from detector.inference.cancellation import Cancellation, Cancelled

Item = TypeVar("Item")
Result = TypeVar("Result")

# What a stage may hold ahead of its consumer. A single larger item is let through alone.
_MOST_BYTES = 200_000_000
# How soon a cancellation is noticed while there is nothing to do but wait.
_POLL_SECONDS = 0.1


class OrderedThreads:
    """The threads of one run, all its stages included.

    A stage works while its iterator is advanced, and some steps ahead. Leaving the `with` block drops unfinished work.
    It does not wait for running threads: a file or a camera may not answer.

    Args:
        cancellation: When it is cancelled, all stages that wait raise `Cancelled`.

    Attributes:
        cancellation: For the functions in the threads. It is also cancelled when the `with` block is left.
    """

    def __init__(self, cancellation: Cancellation | None = None) -> None:
        self.cancellation = Cancellation(cancellation)
        self._stages: list[Generator[Any, None, None]] = []

    def __enter__(self) -> "OrderedThreads":
        """Nothing is started before the first stage."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask the threads to end after their running calls."""
        self.cancellation.cancel()
        for stage in self._stages:
            stage.close()

    def read_ahead(self, items: Iterator[Item], depth: int) -> Iterator[Item]:
        """Advance an iterator in a thread of its own.

        Args:
            items: Advanced in that thread only, and closed there.
            depth: At most so many items wait to be fetched.

        Yields:
            Its items, in order. An exception that it raises is raised after the last item.

        Raises:
            Cancelled: The run was cancelled.
        """
        ready: queue.Queue[tuple[Item | None, BaseException | None, bool]] = queue.Queue(depth)

        def put(item: Item | None, error: BaseException | None, last: bool) -> None:
            while not self.cancellation.is_cancelled():
                with suppress(queue.Full):
                    ready.put((item, error, last), timeout=_POLL_SECONDS)
                    return

        def run() -> None:
            try:
                for item in items:
                    put(item, None, False)
                    if self.cancellation.is_cancelled():
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
                if self.cancellation.is_cancelled():
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
        size: Callable[[Item], int],
    ) -> Iterator[Result]:
        """Call a function for each item, several at once.

        Args:
            function: Called in threads.
            items: Advanced in the caller's thread, just enough to keep all workers busy.
            workers: How many calls run at once.
            size: The memory in bytes that an item takes until its result is yielded.

        Yields:
            What the calls return, in the order of the items; what a call raises is raised in its place.
        """
        stage = in_threads(
            function, items, workers=workers, ahead=workers, size=size, most_bytes=_MOST_BYTES, wait=self._wait
        )
        self._stages.append(stage)
        return stage

    def _wait(self, future: "Future[Result]") -> Result:
        while not future.done():
            self.cancellation.check()
            wait((future,), timeout=_POLL_SECONDS)
        return future.result()
