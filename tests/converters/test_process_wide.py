import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import cv2
import pytest

from converters.process_wide import one_opencv_thread, shared_by_threads, silent_warnings
from support.overlap import leave_in_order_of_entry


@pytest.fixture
def opencv_threads() -> Iterator[int]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    yield 2
    cv2.setNumThreads(before)


def counted(log: list[str]) -> Callable[[], AbstractContextManager[None]]:
    @shared_by_threads
    @contextmanager
    def change() -> Iterator[None]:
        log.append("made")
        yield
        log.append("undone")

    return change


def test_overlapping_users_make_a_change_once_and_the_last_undoes_it() -> None:
    log: list[str] = []
    leave_in_order_of_entry(counted(log), while_one_is_left=lambda: log.append("still there"))
    assert log == ["made", "still there", "undone"]


def test_a_change_inside_itself_lasts_until_the_outer_block_ends() -> None:
    log: list[str] = []
    change = counted(log)
    with change():
        with change():
            pass
        assert log == ["made"]
    assert log == ["made", "undone"]


def test_a_block_that_fails_undoes_the_change_and_it_can_be_made_again() -> None:
    log: list[str] = []
    change = counted(log)
    with pytest.raises(ZeroDivisionError), change():
        raise ZeroDivisionError
    with change():
        pass
    assert log == ["made", "undone"] * 2


def test_a_change_that_cannot_be_made_leaves_nobody_counted() -> None:
    tries: list[int] = []

    @shared_by_threads
    @contextmanager
    def change() -> Iterator[None]:
        tries.append(1)
        if len(tries) == 1:
            raise OSError
        yield

    with pytest.raises(OSError), change():
        pass
    with change():
        pass
    assert len(tries) == 2


def test_many_threads_leave_a_setting_as_it_was() -> None:
    log: list[str] = []
    change = counted(log)

    def enter_often() -> None:
        for _ in range(200):
            with change():
                pass

    threads = [threading.Thread(target=enter_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log == ["made", "undone"] * (len(log) // 2)


def test_opencv_has_its_threads_back_after_two_runs_that_overlapped(opencv_threads: int) -> None:
    leave_in_order_of_entry(one_opencv_thread, while_one_is_left=lambda: None)
    assert cv2.getNumThreads() == opencv_threads


def test_opencv_keeps_to_one_thread_while_one_of_two_runs_goes_on(opencv_threads: int) -> None:
    seen: list[int] = []
    leave_in_order_of_entry(one_opencv_thread, while_one_is_left=lambda: seen.append(cv2.getNumThreads()))
    assert seen == [1]


def test_warnings_are_shown_again_after_blocks_that_overlapped() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        leave_in_order_of_entry(silent_warnings, while_one_is_left=lambda: warnings.warn("not shown", stacklevel=1))
        with pytest.raises(UserWarning):
            warnings.warn("shown", stacklevel=1)
