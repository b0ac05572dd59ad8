import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector import Detections
from detector.inference.batching import Detect, detect_all
from detector.inference.cancellation import Cancellation
from detector.inference.ordered_threads import OrderedThreads
from detector.media.sources import Ended, Frame, Source, find_sources
from support.overlap import AtOnce
from support.sample_pictures import picture, save, save_video
from support.waiting import MANY_SECONDS, wait_until


def slow_for_some(images: list[np.ndarray], cancellation: Cancellation) -> list[Detections]:
    """Takes longest for the first pictures; the box says which picture it is about."""
    time.sleep(0.05 if images[0].shape[1] % 3 == 0 else 0)
    return [Detections([[0, 0, image.shape[1], 1]], [0.9], [0]) for image in images]


def detect_in(
    sources: Iterator[Source | Ended], detect: Detect, workers: int, batch_size: int = 1
) -> Iterator[tuple[Frame, Detections] | Ended]:
    with OrderedThreads() as threads:
        yield from detect_all(
            sources, threads, detect_frame=detect, detect_batch=detect, workers=lambda: workers, batch_size=batch_size
        )


def names(steps: Iterator[object]) -> list[str]:
    found = []
    for step in steps:
        if isinstance(step, Ended):
            found.append(f"end {Path(step.name).name}" + (" failed" if step.error else ""))
        else:
            frame, faces = step  # type: ignore[misc]
            assert faces.xyxy[0, 2] == frame.image.shape[1]  # the answer belongs to this picture
            found.append(f"{Path(frame.source.name).name} {frame.index}")
    return found


@pytest.mark.parametrize("batch_size", [1, 3])
def test_order_and_count_hold_with_threads_and_errors(tmp_path: Path, batch_size: int) -> None:
    expected = []
    for number in range(40):
        name = f"{number:02}.png"
        if number % 7 == 3:
            (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n broken")
            expected += [f"end {name} failed"]
        else:
            save(tmp_path / name, picture(20, 30 + number))
            expected += [f"{name} 0", f"end {name}"]
    save_video(tmp_path / "zz.mp4", [picture(48, 64)] * 9)
    expected += [*(f"zz.mp4 {index}" for index in range(9)), "end zz.mp4"]
    steps = detect_in(find_sources([tmp_path]), slow_for_some, 4, batch_size)
    assert names(steps) == expected


def test_pictures_are_detected_side_by_side(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / f"{number}.png", picture())
    together = threading.Barrier(3, timeout=MANY_SECONDS)

    def detect(images: list[np.ndarray], cancellation: Cancellation) -> list[Detections]:
        together.wait()  # one alone would wait in vain
        return [Detections.empty() for _ in images]

    assert len(list(detect_in(find_sources([tmp_path]), detect, 3))) == 6


def test_leaving_a_stream_early_leaves_no_threads(tmp_path: Path) -> None:
    video = save_video(tmp_path / "a.mp4", [picture(48, 64)] * 200)
    before = threading.active_count()
    steps = detect_in(find_sources([video]), slow_for_some, 3)
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    wait_until(lambda: threading.active_count() <= before)


@pytest.mark.slow
def test_large_pictures_are_not_piled_up(tmp_path: Path) -> None:
    for number in range(6):  # 108 megabytes of pixels each, in small files
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((6000, 6000, 3), np.uint8))
    at_once = AtOnce()

    def detect(images: list[np.ndarray], cancellation: Cancellation) -> list[Detections]:
        with at_once:
            time.sleep(0.05)
        return [Detections.empty() for _ in images]

    assert len(list(detect_in(find_sources([tmp_path]), detect, 8))) == 12
    assert at_once.most == 1  # two together would be more than a stage may hold
