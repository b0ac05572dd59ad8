import threading

import pytest

from converters.parallel import in_threads


def test_results_keep_the_order_of_their_items() -> None:
    assert list(in_threads(lambda n: n * n, range(200), workers=3)) == [n * n for n in range(200)]


def test_an_error_is_raised_in_the_place_of_its_result() -> None:
    results = in_threads(lambda n: 6 // n, (3, 2, 0, 1))
    assert [next(results), next(results)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_closing_drops_what_waits_and_does_not_wait_for_what_is_at_work() -> None:
    started, release = [], threading.Event()

    def work(number: int) -> None:
        started.append(number)
        release.wait(60 if number else 0)

    results = in_threads(work, range(20), workers=1)
    next(results)
    results.close()
    release.set()
    assert started in ([0], [0, 1])
