"""Changes to settings that a whole process shares, such as the number of OpenCV threads.

Threads may need the same change at overlapping times. If each of them saved and restored the setting by itself, the
last to leave would restore what another had set, and the change would stay for good.
"""

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager


def shared_by_threads(change: Callable[[], AbstractContextManager[None]]) -> Callable[[], AbstractContextManager[None]]:
    """Make a context manager that any number of threads may be in at once, also one inside another.

    The first to enter makes the change, and the last to leave undoes it.

    Args:
        change: Returns a context manager that makes the change and undoes it.
    """
    lock = threading.Lock()
    users = 0
    undo = contextlib.ExitStack()

    @contextlib.contextmanager
    @functools.wraps(change)
    def enter() -> Iterator[None]:
        nonlocal users
        with lock:
            if not users:
                undo.enter_context(change())
            users += 1
        try:
            yield
        finally:
            with lock:
                users -= 1
                if not users:
                    undo.close()

    return enter


@shared_by_threads
@contextlib.contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Keep OpenCV from dividing one image among threads, where each thread has an image of its own."""
    import cv2

    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


@shared_by_threads
@contextlib.contextmanager
def silent_warnings() -> Iterator[None]:
    """Print no warnings of Python."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
