import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector import Detector, UsageError
from detector.model.backends.forks import PerProcess
from support.tiny_weights import save_tiny
from support.waiting import HANGS

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

IMAGE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from detector.export.run import export
    from detector.export.settings import ExportSettings

    weights = save_tiny(tmp_path_factory.mktemp("exports") / "tiny.pt")
    for name in ("openvino", "onnx"):
        export(weights, ExportSettings(name))
    return weights


def in_a_fork(function: Callable[[], object]) -> Any:
    """What a function returns, or raises, in a forked process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def run() -> None:
        try:
            sender.send(function())
        except Exception as error:
            sender.send(error)

    process = context.Process(target=run)
    process.start()
    try:
        assert receiver.poll(HANGS), "it hangs"
        answer = receiver.recv()
    finally:
        process.kill()
        process.join()
    if isinstance(answer, Exception):
        raise answer
    return answer


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["openvino", "onnx"])
def test_a_detector_that_was_used_finds_the_same_in_a_forked_process(exported: Path, backend: str) -> None:
    detector = Detector(exported, backend=backend, device="cpu", conf=0.01)
    expected = detector.predict([IMAGE, np.ascontiguousarray(IMAGE[::-1])])
    assert len(expected[0])
    assert detector.predict(IMAGE) == expected[0]
    assert in_a_fork(lambda: detector.predict(IMAGE)) == expected[0]
    assert in_a_fork(lambda: detector.predict([IMAGE, IMAGE[::-1]])) == expected
    assert in_a_fork(lambda: Detector.from_settings(detector.settings).predict(IMAGE)) == expected[0]
    assert in_a_fork(lambda: in_a_fork(lambda: detector.predict(IMAGE))) == expected[0]
    assert detector.predict(IMAGE) == expected[0]


@pytest.mark.slow
@pytest.mark.parametrize("used", [False, True])
def test_torch_says_why_it_does_not_run_in_a_forked_process(exported: Path, used: bool) -> None:
    detector = Detector(exported, backend="torch", device="cpu")
    if used:
        detector.predict(IMAGE)
    for call in (
        lambda: detector.predict(IMAGE),
        lambda: detector.predict([IMAGE, IMAGE]),
        lambda: Detector.from_settings(detector.settings),
    ):
        with pytest.raises(UsageError, match=r"^torch: used before this process was forked.*spawn"):
            in_a_fork(call)
    assert detector.predict(IMAGE) is not None


def test_each_process_loads_once_for_itself() -> None:
    loads: list[int] = []
    mine = PerProcess(lambda: loads.append(os.getpid()) or len(loads))  # type: ignore[func-returns-value]
    assert (mine.get(), mine.get()) == (1, 1)
    assert in_a_fork(lambda: (mine.get(), mine.get())) == (2, 2)
    assert mine.get() == 1
