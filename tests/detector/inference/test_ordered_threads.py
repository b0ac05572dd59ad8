import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from detector.inference.cancellation import Cancellation, Cancelled
from detector.inference.ordered_threads import OrderedThreads
from support.waiting import HANGS, MANY_SECONDS


def no_bytes(item: object) -> int:
    return 0


def numbers(taken: list[int]) -> Iterator[int]:
    """The numbers to 99; those that were taken so far are in the list."""
    for number in range(100):
        taken.append(number)
        yield number


def test_results_come_in_the_order_of_the_items_whatever_takes_longest() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number * number

    with OrderedThreads() as threads:
        assert list(threads.map(work, range(50), 4, size=no_bytes)) == [n * n for n in range(50)]


def test_items_are_worked_on_side_by_side() -> None:
    together = threading.Barrier(3, timeout=MANY_SECONDS)
    with OrderedThreads() as threads:
        # None could pass the barrier alone.
        assert len(list(threads.map(lambda _: together.wait(), range(3), 3, size=no_bytes))) == 3


def test_no_more_items_are_taken_than_workers_need() -> None:
    taken: list[int] = []
    with OrderedThreads() as threads:
        results = threads.map(lambda n: n, numbers(taken), 3, size=no_bytes)
        for done in range(20):
            assert next(results) == done
            assert len(taken) <= done + 1 + 3 + 1


def test_large_items_are_held_one_at_a_time() -> None:
    held: set[int] = set()
    most = []

    def items() -> Iterator[int]:
        for number in range(6):
            held.add(number)
            most.append(len(held))
            yield number

    with OrderedThreads() as threads:
        for number in threads.map(lambda n: n, items(), 4, size=lambda _: 150_000_000):
            held.discard(number)
    assert max(most) <= 2  # the one that is worked on, and the next that waits for its turn


def test_an_error_comes_in_its_place() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    seen = []
    with OrderedThreads() as threads, pytest.raises(ValueError, match="three"):
        for number in threads.map(work, range(10), 2, size=no_bytes):
            seen.append(number)
    assert seen == [0, 1, 2]


def test_reading_ahead_keeps_order_and_passes_errors_on() -> None:
    def items() -> Iterator[int]:
        yield from range(5)
        raise OSError("gone")

    seen = []
    with OrderedThreads() as threads, pytest.raises(OSError, match="gone"):
        for number in threads.read_ahead(items(), 2):
            seen.append(number)
    assert seen == [0, 1, 2, 3, 4]


def test_reading_ahead_stays_within_its_depth() -> None:
    taken: list[int] = []
    with OrderedThreads() as threads:
        ahead = threads.read_ahead(numbers(taken), 3)
        assert next(ahead) == 0
        time.sleep(0.3)
        assert len(taken) <= 1 + 3 + 1


def test_leaving_ends_the_reader_and_closes_its_items() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1_000_000)
        finally:
            closed.set()

    with OrderedThreads() as threads:
        assert next(threads.read_ahead(items(), 2)) == 0
    assert closed.wait(MANY_SECONDS)


def test_a_request_to_stop_ends_the_wait_for_a_slow_result() -> None:
    release = threading.Event()
    cancellation = Cancellation()
    threading.Timer(0.2, cancellation.cancel).start()
    try:
        with OrderedThreads(cancellation) as threads, pytest.raises(Cancelled):
            list(threads.map(lambda _: release.wait(60), range(3), 1, size=no_bytes))
    finally:
        release.set()


def test_a_request_to_stop_ends_the_wait_for_a_slow_reader() -> None:
    release = threading.Event()
    cancellation = Cancellation()

    def items() -> Iterator[bool]:
        yield release.wait(60)

    threading.Timer(0.2, cancellation.cancel).start()
    try:
        with OrderedThreads(cancellation) as threads, pytest.raises(Cancelled):
            list(threads.read_ahead(items(), 2))
    finally:
        release.set()


_HANGING = """
import threading
from detector.inference.ordered_threads import OrderedThreads
with OrderedThreads() as threads:
    results = threads.map(lambda n: threading.Event().wait() if n else n, range(9), 2, size=lambda n: 0)
    print(next(results), flush=True)
"""


def test_work_that_hangs_keeps_no_program_from_ending() -> None:
    ended = subprocess.run([sys.executable, "-c", _HANGING], capture_output=True, text=True, timeout=HANGS, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0\n", "")


def test_what_waits_is_dropped_when_the_block_is_left() -> None:
    done, release = [], threading.Event()

    def work(number: int) -> int:
        release.wait(60 if number == 1 else 0)
        done.append(number)
        return number

    with OrderedThreads() as threads:
        assert next(threads.map(work, range(9), 1, size=no_bytes)) == 0
    assert threads.cancellation.is_cancelled()
    release.set()
    time.sleep(0.2)
    assert done in ([0], [0, 1])
